"""The system that runs in the background: started, stopped, and a service of it restarted."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil

from cqolocal import paths
from cqolocal.probing import answers_ok
from cqolocal.state import STATE, UP, State, state_of_a_running_system
from cqolocal.system import READY_WITHIN
from servers import CannotRun
from servers.process import becomes_true, owners_log

STOPPED_WITHIN = 60  # seconds


def start() -> None:
    """Starts `./cqo up` as a process of its own, and returns when everything is ready; CannotRun if it ends."""
    UP.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = UP / "up.log"
    STATE.unlink(missing_ok=True)  # of a system that was killed: the new one's is waited for below
    with owners_log(log) as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "cqolocal", "up"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=paths.PROJECT,
        )
    told = log.stat().st_size
    while not is_up():
        has_ended = child.poll() is not None
        told += _pass_on(log.read_bytes()[told:])
        if has_ended:
            raise CannotRun("it did not start, as is said above; its log is {log}", log=log)
        time.sleep(0.1)


def is_up() -> bool:
    """Whether a system of this project runs and everything in it has been ready."""
    state = state_of_a_running_system()
    return state is not None and not state.starting


def _pass_on(said: bytes) -> int:
    """Shows what the starting process has said since; how many bytes that was."""
    sys.stderr.write(said.decode(errors="replace"))
    sys.stderr.flush()
    return len(said)


def stop(state: State) -> None:
    """Stops the system, or its start, and waits until it has ended; CannotRun if it does not."""
    process = psutil.Process(state.pid)
    process.terminate()
    if not becomes_true(lambda: _has_ended(process), STOPPED_WITHIN, 0.1):
        raise CannotRun(
            "process {pid} did not stop within {seconds} s; end it: kill -9 {pid}",
            pid=process.pid,
            seconds=STOPPED_WITHIN,
        )


def _has_ended(process: psutil.Process) -> bool:
    # The one that nobody waits for stays in the table as a zombie.
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def restart(state: State, service: str) -> float:
    """Ends the processes of `service` in order, and waits until they run anew and are ready; the seconds it took.

    The system that keeps them running starts them again by itself.
    """
    begun = time.monotonic()
    old = _process_of(state, service)
    if old is not None:
        old.terminate()
    address = state.services[service]
    urls = (address.url, f"http://127.0.0.1:{address.worker_port}")

    def runs_anew() -> bool:
        new = _process_of(state, service)
        return new is not None and new != old and all(answers_ok(f"{url}/health/ready") for url in urls)

    if not becomes_true(runs_anew, READY_WITHIN, 0.1):
        raise CannotRun(
            "{service} was not ready again within {seconds} s: ./cqo logs {service}",
            service=service,
            seconds=READY_WITHIN,
        )
    return time.monotonic() - begun


def _process_of(state: State, service: str) -> psutil.Process | None:
    """The process of a service, a child of the one that keeps it running; None while there is none."""
    for child in psutil.Process(state.pid).children():
        try:
            if child.cmdline()[-2:] == ["chassis.main", service]:
                return child
        except psutil.Error:
            continue  # it ended meanwhile
    return None
