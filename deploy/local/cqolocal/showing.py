"""What a running system looks like, as a table that renews itself on a terminal."""

from __future__ import annotations

import threading

from rich.console import Console
from rich.live import Live
from rich.table import Table

from cqolocal.language import tr
from cqolocal.probing import answers_ok
from cqolocal.state import State


def show_until_interrupted(state: State) -> None:
    """Shows the state on a terminal until KeyboardInterrupt is raised; elsewhere it only waits for that."""
    console, never = Console(stderr=True), threading.Event()
    if not console.is_terminal:
        never.wait()
        return
    with Live(table_of(state), console=console, refresh_per_second=1) as live:
        while not never.wait(1):
            live.update(table_of(state))


def table_of(state: State) -> Table:
    """The services, where each answers, and whether it is ready."""
    table = Table(tr("service"), tr("API"), tr("ready"), tr("read on"))
    for service, address in state.services.items():
        worker = f"http://127.0.0.1:{address.worker_port}"
        is_ready = all(answers_ok(f"{url}/health/ready") for url in (address.url, worker))
        table.add_row(service, address.url, tr("yes") if is_ready else tr("no"), f"{address.url}/docs")
    table.caption = tr("logs in {logs}, letters in {letters}", logs=state.logs, letters=state.mail_folder)
    if state.starting:
        table.title = tr("it is starting: ./cqo status shows it, ./cqo down stops it")
    return table
