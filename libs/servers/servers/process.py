"""Child processes that are gone when their parent is, however that one died, and ports to run them on."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypedDict

from servers.paths import CannotRun

LONGEST_LOG = 20_000_000  # bytes
OVERWRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_reserved: dict[int, socket.socket] = {}  # by port, as long as this process lives


def free_port(preferred: int | None = None) -> int:
    """A TCP port of loopback on which nobody listens: `preferred` if it is free, else a random one.

    Below the ephemeral range, so that no outgoing connection of the machine takes the port of a server that restarts.
    """
    candidates = [preferred] if preferred else []
    candidates += random.SystemRandom().sample(range(18000, 32000), 200)
    for port in candidates:
        if port not in _reserved and _is_free(port) and _reserve(port):
            return port
    raise CannotRun("no free TCP port between 18000 and 32000; see what holds them: ss -ltnp")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _reserve(port: int) -> bool:
    """Reserves `port` among the runs on this machine until this process ends; False if another has reserved it.

    Seconds pass between finding a port free and listening on it, and another run may look in between. The reservation
    is a socket's name without a file, which the kernel forgets with the process.
    """
    reservation = socket.socket(socket.AF_UNIX)
    try:
        reservation.bind(f"\0cqo-port-{port}")
    except OSError:
        reservation.close()
        return False
    _reserved[port] = reservation
    return True


def listens(port: int) -> bool:
    """Whether something accepts connections on `port` of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def becomes_true(condition: Callable[[], bool], seconds: float, interval: float = 0.02) -> bool:
    """Waits until `condition` holds, and returns True; False if it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


def owners_log(path: Path) -> IO[bytes]:
    """A log to add to, which nobody but its owner may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def keep_short(log: Path, most: int = LONGEST_LOG) -> None:
    """Moves what a log holds to `<name>.1` once it is longer than `most` bytes; the one before that is forgotten.

    Whoever writes to it goes on, as with logrotate's copytruncate: what is written in the instant between copying and
    cutting is lost.
    """
    if not log.exists() or log.stat().st_size <= most:
        return
    older = log.with_name(f"{log.name}.1")
    with log.open("rb") as content, os.fdopen(os.open(older, OVERWRITE, 0o600), "wb") as copy:
        shutil.copyfileobj(content, copy)
    os.truncate(log, 0)


class Child:
    """A process in a session of its own, so that Ctrl-C reaches only us; a guard ends it when we die.

    `user`, whose rights it runs with, can be named by root only.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        environ: Mapping[str, str],
        user: str | None = None,
        cwd: Path | None = None,
    ) -> None:
        with owners_log(log) as output:
            self.process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(environ),
                cwd=cwd,
                start_new_session=True,
                **identity_of(user),
            )
        self.log = log
        self._guard = _start_guard(self.pid)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def send(self, number: int) -> None:
        """Signals the process and all it started."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            self.process.poll()

    def end(self, number: int = signal.SIGTERM, seconds: float = 15) -> None:
        """Signals the process itself, waits, and kills whatever of its session is left."""
        if self.alive:
            self.process.send_signal(number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self.process.wait()
        self._dismiss_guard()
        self.send(signal.SIGKILL)

    def kill(self) -> None:
        """SIGKILL to the process and all it started."""
        self.send(signal.SIGKILL)
        self.process.wait()
        self._dismiss_guard()

    def _dismiss_guard(self) -> None:
        """Ends the guard: the process has ended."""
        if self._guard.stdin and not self._guard.stdin.closed:
            try:
                self._guard.stdin.write(b"gone\n")
                self._guard.stdin.close()
            except BrokenPipeError:
                self._guard.kill()
            self._guard.wait()

    def end_of_log(self, lines: int = 5) -> str:
        """The end of the process's log."""
        return " | ".join(self.log.read_text(errors="replace").splitlines()[-lines:])


class Identity(TypedDict, total=False):
    """The arguments of subprocess.Popen that say with whose rights a process runs."""

    user: str
    group: int
    extra_groups: list[str | int]


def identity_of(user: str | None) -> Identity:
    """The identity of `user`; ours if None."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def _start_guard(pid: int) -> subprocess.Popen[bytes]:
    """A shell that reads from a pipe of ours, and ends `pid`'s group if the pipe closes before a line came."""
    script = f"read word || {{ kill -TERM -{pid}; sleep 5; kill -KILL -{pid}; }} 2>/dev/null"
    return subprocess.Popen(
        ["sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
