"""Keeps processes running: one that died is started again, after a while that grows when it keeps dying."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cqolocal.causes import cause_of
from cqolocal.language import tr
from servers import CannotRun
from servers.process import Child

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY = 20.0  # seconds after which a process counts as running well, so that its next death is its first again


# Each process is given the credentials that are its own, and does not find the others' in the launcher's environment.
WITHHELD = ("CQO_DATABASE_URL", "CQO_AMQP_URL", "CQO_TEST_")
# eventlet's own resolver of names takes a third of a process's start, and here everything has an address.
NO_RESOLVER = {"EVENTLET_NO_GREENDNS": "yes"}


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process: ours without what is WITHHELD, and `own`."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(WITHHELD)}
    return NO_RESOLVER | ours | dict(own)


def pause_after(deaths: int) -> float:
    """Seconds to wait before a process that died `deaths` times in a row is started again."""
    return 0.0 if deaths <= 1 else min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (deaths - 2))


@dataclass
class Task:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    child: Child | None = None
    started: float = 0.0
    deaths: int = 0
    due: float = 0.0


class Supervisor(Mapping[str, int]):
    """The processes that are kept running; as a mapping, name to pid, 0 while one waits to be started again."""

    def __init__(self, logs: Path, report: Callable[[str], None], cwd: Path) -> None:
        self.logs, self.report, self.cwd = logs, report, cwd
        self.tasks: dict[str, Task] = {}
        self.watched: list[Callable[[], None]] = []  # called as often as the processes are looked at
        self._lock = threading.RLock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def __getitem__(self, name: str) -> int:
        child = self.tasks[name].child
        return child.pid if child else 0

    def __iter__(self) -> Iterator[str]:
        return iter(self.tasks)

    def __len__(self) -> int:
        return len(self.tasks)

    def start(self, name: str, command: Sequence[str], environ: Mapping[str, str]) -> None:
        """Starts a process and keeps it running until `stop`."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with self._lock:
            task = self.tasks[name] = Task(name, command, environment(environ), self.logs / f"{name}.log")
            self._launch(task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
                self._thread.start()

    def kill(self, name: str) -> int:
        """SIGKILL to the process `name`, which is then started again; the pid that died."""
        with self._lock:
            pid = self[name]
            child = self.tasks[name].child
            if child:
                child.kill()
            return pid

    def stop(self) -> None:
        """Stops all processes, each in order, all at the same time."""
        self._ending.set()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()
        with self._lock:
            ending = [threading.Thread(target=task.child.end) for task in self.tasks.values() if task.child]
            for thread in ending:
                thread.start()
            for thread in ending:
                thread.join()
            self.tasks.clear()

    def _launch(self, task: Task) -> None:
        task.child = Child(task.command, task.log, task.environ, cwd=self.cwd)
        task.started = time.monotonic()

    def _watch(self) -> None:
        while not self._ending.wait(0.05):
            with self._lock:
                for task in list(self.tasks.values()):
                    self._restart_if_dead(task)
            for restart in self.watched:
                try:
                    restart()
                except (CannotRun, OSError) as fault:
                    self.report(tr("could not be done, will be tried again: {cause}", cause=cause_of(fault)))

    def _restart_if_dead(self, task: Task) -> None:
        now = time.monotonic()
        if task.child and not task.child.alive:
            code = task.child.process.returncode
            task.child.kill()
            task.child = None
            if code == 0:
                task.deaths = 0  # somebody told it to end: ./cqo restart
            else:
                task.deaths = 1 if now - task.started > STEADY else task.deaths + 1
            pause = pause_after(task.deaths)
            task.due = now + pause
            self.report(_ended(task.name, code, pause))
        if task.child is None and now >= task.due:
            self._launch(task)


def _ended(name: str, code: int, pause: float) -> str:
    reason = tr("signal {number}", number=-code) if code < 0 else tr("exit status {number}", number=code)
    if pause:
        return tr(
            "{name} ended ({reason}); it is started again in {seconds} s",
            name=name,
            reason=reason,
            seconds=f"{pause:.1f}",
        )
    return tr("{name} ended ({reason}); it is started again", name=name, reason=reason)
