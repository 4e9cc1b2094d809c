"""Services as processes of their own, which a test may stop, kill and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

from servers.process import free_port
from testkit.client import Client, Json
from testkit.waiting import wait_for

Credentials = Callable[[dict[str, Any]], dict[str, Any]]  # Any: URLs, paths, numbers, as a test writes them
READY_WITHIN = 30  # seconds
STOP_WITHIN = 30


class RunningService:
    """A service as a process of its own; after `kill` or `stop` it can be started again on the same ports."""

    def __init__(
        self,
        service: str,
        process: str | None,
        settings: Mapping[str, object],
        log: Path,
        credentials: Credentials = lambda settings: {},
    ) -> None:
        """`credentials` gives, from the settings, those that the process gets in place of the test's own."""
        self.service, self.process, self.log, self.credentials = service, process, log, credentials
        self.http_port, self.worker_port = free_port(), free_port()
        self.settings: dict[str, Any] = {  # Any: URLs, paths, numbers, as a test writes them
            "env": "local",
            "http_host": "127.0.0.1",
            "http_port": self.http_port,
            "worker_port": self.worker_port,
            "drain_seconds": 0,
            **settings,
        }
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def worker_url(self) -> str:
        return f"http://127.0.0.1:{self.worker_port}"

    @property
    def environ(self) -> dict[str, str]:
        """The environment of the process, and of commands that are run where the service is."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CQO_")}
        settings = self.settings | self.credentials(self.settings)
        environ |= {f"CQO_{name.upper()}": str(value) for name, value in settings.items() if value is not None}
        return environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.poll() is None

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    def start(self, ready: bool = True) -> RunningService:
        """Starts the process, and waits until it is ready unless told not to."""
        command = [sys.executable, "-m", "chassis.main", self.service, *([self.process] if self.process else [])]
        with self.log.open("ab") as output:
            self.child = subprocess.Popen(
                command, env=self.environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        if ready:
            self.wait_until_ready()
        return self

    def wait_until_ready(self, timeout: float = READY_WITHIN) -> None:
        """Waits until every process of the service says that it is ready; names the log if it never does."""
        urls = {"api": [self.url], "worker": [self.worker_url]}.get(self.process or "", [self.url, self.worker_url])
        try:
            wait_for(lambda: not self.alive or all(self.is_ready(url) for url in urls), timeout)
        except AssertionError as late:
            raise AssertionError(f"{self.service} was not ready within {timeout} s; {self.end_of_log()}") from late
        if not self.alive:
            raise AssertionError(f"{self.service} ended at its start; {self.end_of_log()}")

    def is_ready(self, url: str) -> bool:
        """Whether the process at `url` says that it is ready."""
        return self.get(f"{url}/health/ready")[0] == 200

    def get(self, url: str) -> tuple[int, Json]:
        """Status and JSON of an answer to GET; status 0 where nobody answers."""
        try:
            answer = Client(url, timeout=5).send("GET", "")
        except requests.RequestException:
            return 0, None
        return answer.status_code, answer.json()

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        assert self.child is not None
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(STOP_WITHIN)

    def kill(self) -> None:
        """SIGKILL."""
        if self.child is not None:
            self.child.kill()
            self.child.wait()

    def end_of_log(self) -> str:
        """Where the log is, and how it ends."""
        lines = self.log.read_text(errors="replace").splitlines()[-20:] if self.log.exists() else []
        return "\n".join([f"its log is {self.log} and ends:", *(line[:500] for line in lines)])
