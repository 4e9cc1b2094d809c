"""An operator's commands, in the service's environment: `python -m chassis.process.cli <service> parked list`.

They do what the routes under `/ops` and `/audit` do, without a token; what they change is entered in the audit log
under the name of the operating system's user.
"""

from __future__ import annotations

import getpass
import importlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TextIO

import click
from sqlalchemy import Engine, Select, create_engine, select
from sqlalchemy import exc as database
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import clock_of
from chassis.due import due, overdue
from chassis.errors import CqoError
from chassis.json_types import JsonObject
from chassis.messaging import feed_client
from chassis.messaging.inbox import parking, rebuilding
from chassis.messaging.inbox.tables import ParkedState, inbox_parked
from chassis.process.reconciling import reconcile
from chassis.security import Caller, audit
from chassis.settings import ConfigurationError, Settings, load

LISTED = ("id", "state", "aggregate", "version", "type", "attempts", "parked_at", "reason")
WIDEST = 60


@dataclass
class Service:
    """The service that the commands are about."""

    settings: Settings
    engine: Engine
    clock: Clock
    caller: Caller

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A session in one transaction; what can't be done ends the command with the reason."""
        try:
            with Session(self.engine) as session, session.begin():
                yield session
        except CqoError as refused:
            raise click.ClickException(str(refused)) from refused
        except database.OperationalError as fault:
            raise click.ClickException(f"the database of {self.settings.service}: {fault.orig}") from fault

    def record(self, session: Session, action: str, subject: str, details: JsonObject) -> None:
        """Enters a change in the audit log."""
        audit.record(session, self.caller, action, subject, details, self.clock)


@click.group()
@click.argument("service")
@click.pass_context
def main(context: click.Context, service: str) -> None:
    """Commands for those who run SERVICE."""
    try:
        settings = load(importlib.import_module(f"{service}.config").Settings, service)
    except (ModuleNotFoundError, ConfigurationError) as fault:
        raise click.ClickException(str(fault)) from fault
    engine = create_engine(
        make_url(settings.database_url).set(drivername="postgresql+psycopg"),
        connect_args={"connect_timeout": 5, "application_name": f"{service}-cli", "options": "-c lock_timeout=10s"},
        hide_parameters=True,
    )
    context.obj = Service(settings, engine, clock_of(settings), Caller(f"os:{getpass.getuser()}", "ops"))


@main.group()
def parked() -> None:
    """Events that could not be applied."""


@parked.command("list")
@click.option("--state", type=click.Choice([state.value for state in ParkedState]), help="Those in this state only.")
@click.option("--limit", default=100, show_default=True, help="At most so many.")
@click.pass_obj
def list_parked(service: Service, state: str | None, limit: int) -> None:
    """List the parked events, the oldest first."""
    wanted = select(*(inbox_parked.c[name] for name in LISTED)).order_by(inbox_parked.c.id).limit(limit)
    if state:
        wanted = wanted.where(inbox_parked.c.state == state)
    _print_rows(service, wanted, LISTED)


@parked.command()
@click.argument("parked_id", type=int)
@click.pass_obj
def show(service: Service, parked_id: int) -> None:
    """Show a parked event with all that is known of it."""
    with service.begin() as session:
        row = parking.find(session, parked_id)._asdict()
    detail = row.pop("detail")
    click.echo(json.dumps(row, ensure_ascii=False, indent=2, default=_plain))
    if detail:
        click.echo(detail)


@parked.command()
@click.argument("parked_id", type=int)
@click.pass_obj
def replay(service: Service, parked_id: int) -> None:
    """Try a parked event again now."""
    with service.begin() as session:
        parking.replay(session, parked_id)
        service.record(session, "parked.replayed", str(parked_id), {})
    click.echo(f"{parked_id} will be tried again at once")


@parked.command()
@click.pass_obj
def replay_all(service: Service) -> None:
    """Try all parked events again now."""
    with service.begin() as session:
        changed = parking.replay_all(session)
        service.record(session, "parked.replayed", "all", {"changed": changed})
    click.echo(f"{changed} will be tried again at once")


@parked.command()
@click.argument("parked_id", type=int)
@click.option("--reason", required=True, help="Why it is given up; kept in the audit log.")
@click.option("--past-missing", is_flag=True, help="Also give up the events before it that never came.")
@click.pass_obj
def skip(service: Service, parked_id: int, reason: str, past_missing: bool) -> None:
    """Give a parked event up, so that later ones of its aggregate can go on."""
    if len(reason.strip()) < 3:
        raise click.UsageError("say why: --reason takes at least three characters")
    with service.begin() as session:
        row, missing = parking.skip(session, parked_id, past_missing)
        what = {"aggregate": row.aggregate, "version": row.version, "type": row.type, "reason": reason}
        if missing:
            what["given_up_from_version"] = missing.start
        service.record(session, "parked.skipped", str(parked_id), what)
    click.echo(f"{parked_id} is given up")


@main.group("audit")
def audit_log() -> None:
    """The audit log."""


@audit_log.command()
@click.option("--after", default=0, show_default=True, help="Begin after this place of the chain.")
@click.option("--checkpoints", type=click.File(), help="Compare with those in this file, and ask no other service.")
@click.option("--local", is_flag=True, help="Compare with no checkpoints: only the chain itself is followed.")
@click.pass_obj
def verify(service: Service, after: int, checkpoints: TextIO | None, local: bool) -> None:
    """Follow the whole chain of the audit log and compare it with the checkpoints that another service keeps.

    Exit status 1 if anything does not hold or can't be compared. A file of checkpoints has one signed checkpoint in
    each line, as `audit checkpoints` prints them.
    """
    given = audit.Kept() if local else None
    if checkpoints is not None:
        try:
            given = audit.opened(service.settings, checkpoints.read().split())
        except ValueError as fault:
            raise click.ClickException(str(fault)) from fault
    checked, anchored = 0, "no checkpoint to compare with"
    while True:
        kept = given or audit.kept_checkpoints(service.settings, after, after + audit.LARGEST_PART)
        with service.begin() as session:
            found = audit.verify(session, after, kept=kept)
        checked += found.checked
        if found.anchored_at:
            anchored = f"as in the checkpoints up to entry {found.anchored_to} of {_plain(found.anchored_at)}"
        if not found.ok:
            raise click.ClickException(f"the audit log does not verify: {found.problem} ({checked} entries hold)")
        if found.next is None:
            break
        after = found.next
    waiting = f"; {found.unsealed} are not sealed yet and were not verified" if found.unsealed else ""
    click.echo(f"{checked} entries, unbroken; {anchored}{waiting}")


@audit_log.command("checkpoints")
@click.argument("of")
@click.pass_obj
def print_checkpoints(service: Service, of: str) -> None:
    """Print the signed checkpoints that SERVICE keeps of the service OF, one in each line."""
    after = 0
    while True:
        with service.begin() as session:
            found = audit.checkpoints_of(session, of, after)
        for each in found:
            click.echo(each.signed)
        if not found:
            return
        after = found[-1].seal


@main.group("due")
def due_rows() -> None:
    """What is planned for a day."""


@due_rows.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are settled as well.")
@click.option("--limit", default=100, show_default=True, help="At most so many.")
@click.pass_obj
def list_due(service: Service, everything: bool, limit: int) -> None:
    """List what is planned, the next first, and how much of it is overdue."""
    names = ("id", "kind", "key", "due_on", "state", "attempts", "not_before", "last_error")
    wanted = select(*(due.c[name] for name in names)).order_by(due.c.due_on, due.c.id).limit(limit)
    _print_rows(service, wanted if everything else wanted.where(due.c.state == "planned"), names)
    with service.begin() as session:
        for kind, (count, age) in overdue(session, service.clock).items():
            click.echo(f"{kind}: {count} overdue, the oldest for {age / 3600:.1f} h")


@main.command()
@click.pass_obj
def rebuild(service: Service) -> None:
    """Empty the read models and fill them again from the publishers' feeds, while the worker is stopped."""
    name = service.settings.service
    tables = getattr(importlib.import_module(f"{name}.storage"), "READ_MODELS", None)
    if tables is None:
        raise click.ClickException(f"{name} has no tables that can be filled from its publishers' feeds alone")
    worker = importlib.import_module(f"{name}.worker").Worker()
    with service.begin() as session:
        try:
            applied, parked = rebuilding.rebuild(session, service.settings, worker, tables, service.clock)
        except feed_client.UNREADABLE as fault:
            raise click.ClickException(f"nothing was changed, as a feed could not be read: {fault}") from fault
        service.record(session, "readmodels.rebuilt", name, {"applied": applied, "parked": parked})
    click.echo(f"{applied} events applied, {parked} parked; start the worker again")


main.add_command(reconcile)


def _print_rows(service: Service, wanted: Select[*tuple[object, ...]], names: Sequence[str]) -> None:
    with service.begin() as session:
        rows = session.execute(wanted).all()
    lines = [names, *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    written = "" if value is None else " ".join(_plain(value).split())
    return written if len(written) <= WIDEST else written[: WIDEST - 1] + "…"


def _plain(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


if __name__ == "__main__":
    main(prog_name="python -m chassis.process.cli")
