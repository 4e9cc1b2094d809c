"""The one-shot jobs of a start, as a deployment runs them: each a process that is waited for."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from subprocess import PIPE, STDOUT

from cqolocal import paths
from cqolocal.language import tr
from cqolocal.supervisor import environment
from servers import CannotRun
from servers.paths import require_space


class Jobs:
    """Runs jobs until it is cancelled."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self.report = report
        self._running: set[subprocess.Popen[str]] = set()
        self._is_cancelled = threading.Event()

    def run(self, what: str, module: str, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
        """Runs `module` to its end; CannotRun, with what it said last, if that is not a good one."""
        self.require_going_on()
        self.report(tr("preparing {what}", what=what))
        command = [sys.executable, "-m", module, *arguments]
        with subprocess.Popen(
            command, env=environment(environ), stdout=PIPE, stderr=STDOUT, text=True, cwd=paths.PROJECT
        ) as job:
            self._running.add(job)
            said = job.communicate()[0].strip()
            self._running.discard(job)
        if job.returncode:
            self.require_going_on()
            require_space()
            raise CannotRun(
                "preparing {what} failed ({command}): {said}",
                what=what,
                command=" ".join(command[1:]),
                said=said[-1500:],
            )

    def cancel(self) -> None:
        """Ends the jobs that run; no other begins."""
        self._is_cancelled.set()
        for job in list(self._running):
            job.kill()

    def require_going_on(self) -> None:
        """CannotRun once it is cancelled."""
        if self._is_cancelled.is_set():
            raise CannotRun("it was stopped before it was ready")
