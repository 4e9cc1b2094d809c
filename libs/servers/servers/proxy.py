"""A private HAProxy on loopback, as it is installed or unpacked from the distribution's packages; for tests."""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from servers import paths
from servers.debian import Package, library_path
from servers.paths import CannotRun
from servers.process import Child, becomes_true, free_port

PACKAGE = Package("haproxy", "HAProxy", "install it (sudo apt-get install haproxy)")
# Loopback is never reached through a proxy of the machine's.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class HaproxyProgram:
    """Where HAProxy is, and what the environment must say for it to find its libraries."""

    path: Path
    environ: dict[str, str] = field(default_factory=dict)


def find_haproxy() -> HaproxyProgram:
    """The HAProxy to run: installed, else fetched before, else fetched now."""
    for installed in (shutil.which("haproxy"), "/usr/sbin/haproxy"):
        if installed and Path(installed).exists():
            return HaproxyProgram(Path(installed))
    root = paths.CACHE / "haproxy"
    with paths.locked(paths.CACHE / "haproxy.lock"):
        if not root.exists():
            making = root.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)
            PACKAGE.unpack(making)
            making.rename(root)
    return HaproxyProgram(root / "usr/sbin/haproxy", library_path(root))


class ProxyServer:
    """One HAProxy on a port of its own, with the configuration files that it is given."""

    def __init__(self, folder: Path, configuration: Sequence[Path]) -> None:
        self.program, self.configuration = find_haproxy(), configuration
        self.log, self.port = folder / "proxy.log", free_port()
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it and waits until it answers, whatever it says."""
        command = [str(self.program.path), *(word for file in self.configuration for word in ("-f", str(file)))]
        environ = {**os.environ, **self.program.environ, "CQO_PROXY_BIND": f"127.0.0.1:{self.port}"}
        child = self.child = Child(command, self.log, environ)
        if not becomes_true(lambda: self.status("/health") != 0 or not child.alive, 20) or not child.alive:
            said = child.end_of_log(3)
            self.stop()
            raise CannotRun("HAProxy did not start: {said}; see {log}", said=said, log=self.log)

    def stop(self) -> None:
        """Ends it."""
        if self.child:
            self.child.end()
            self.child = None

    def status(self, path: str) -> int:
        """The status of the answer to a GET of `path`; 0 where there is none."""
        try:
            with DIRECT.open(self.url + path, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code
        except OSError:
            return 0


def start_proxy(folder: Path, configuration: Sequence[Path]) -> ProxyServer:
    """A running proxy that keeps its log in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    server = ProxyServer(folder, configuration)
    server.start()
    return server
