"""An operator's commands, in the service's environment: `python -m chassis.process.cli <service> parked list`.

They do what the routes under `/ops` and `/audit` do, without a token; what they change is entered in the audit log
under the name of the operating system's user.
"""

from __future__ import annotations

import getpass
import importlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import Select, create_engine, select
from sqlalchemy.engine import make_url

from chassis.data import clock_of
from chassis.due import due, overdue
from chassis.json_types import JsonObject
from chassis.messaging import archives, feed_client
from chassis.messaging.inbox import parking, rebuilding
from chassis.messaging.inbox.tables import ParkedState, inbox_parked
from chassis.messaging.outbox import months
from chassis.messaging.outbox.heads import digest_more
from chassis.messaging.outbox.keeping import holds, kept
from chassis.messaging.outbox.months import Month
from chassis.process.audit_commands import audit_log
from chassis.process.operating import Service, plain
from chassis.process.reconciling import reconcile
from chassis.security import Caller
from chassis.settings import ConfigurationError, load

LISTED = ("id", "state", "aggregate", "version", "type", "attempts", "parked_at", "reason")
WIDEST = 60
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
@click.argument("service")
@click.pass_context
def main(context: click.Context, service: str) -> None:
    """Commands for those who run SERVICE."""
    try:
        config = importlib.import_module(f"{service}.config")
        settings = load(config.Settings, service)
    except (ModuleNotFoundError, ConfigurationError) as fault:
        raise click.ClickException(str(fault)) from fault
    engine = create_engine(
        make_url(settings.database_url).set(drivername="postgresql+psycopg"),
        connect_args={"connect_timeout": 5, "application_name": f"{service}-cli", "options": "-c lock_timeout=10s"},
        hide_parameters=True,
    )
    caller = Caller(f"os:{getpass.getuser()}", "ops")
    context.obj = Service(settings, engine, clock_of(settings), caller, config.ACCESS)


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
    click.echo(json.dumps(row, ensure_ascii=False, indent=2, default=plain))
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
@click.option("--before", required=True, type=click.DateTime(["%Y-%m"]), help="Months before this one, as 2027-01.")
@click.option("--to", "folder", required=True, type=FOLDER, help="The folder that the files are written to.")
@click.pass_obj
def archive(service: Service, before: datetime, folder: Path) -> None:
    """Write months of the outbox to files, and take them out of the database."""
    for month in _to_archive(service, before.replace(tzinfo=UTC)):
        with service.begin() as session:
            manifest = archives.write(session, service.settings.service, month, service.access.private, folder)
        with service.begin() as session:
            archives.take_out(session, month, manifest, folder)
            details: JsonObject = {"last_position": month.last_position, "files": dict(manifest.files)}
            service.record(session, "outbox.archived", manifest.name, details)
        click.echo(f"{manifest.name}: {manifest.events} events, up to position {month.last_position}")


def _to_archive(service: Service, before: datetime) -> Iterator[Month]:
    """The months that are over and whose events are all facts; what is known of them by aggregate is taken in first."""
    with service.begin() as session:
        found = [month for month in months.closed(session) if month.ends <= before and month.name != months.DEFAULT]
        kinds = [kind for kind, begins in kept(session).items() if begins is not None]
    for month in found:
        with service.begin() as session:
            passing = bool(kinds) and holds(session, month, kinds)
        if passing:
            click.echo(f"{month.name} is left: events of {', '.join(kinds)} in it pass by themselves")
            continue
        digested = 1
        while digested:
            with service.begin() as session:
                digested = digest_more(session)
        yield month


@main.command()
@click.option("--archive", "folder", type=FOLDER, help="The folder of what the publishers have archived.")
@click.pass_obj
def rebuild(service: Service, folder: Path | None) -> None:
    """Empty the read models and fill them again from the publishers' feeds, while the worker is stopped."""
    name = service.settings.service
    tables = getattr(importlib.import_module(f"{name}.storage"), "READ_MODELS", None)
    if tables is None:
        raise click.ClickException(f"{name} has no tables that can be filled from its publishers' feeds alone")
    worker = importlib.import_module(f"{name}.worker").Worker()
    with service.begin() as session:
        try:
            forgetting = getattr(getattr(worker, "upkeep", None), "when_forgotten", None)
            found = rebuilding.rebuild(session, service.settings, worker, tables, folder, forgetting)
        except feed_client.UNREADABLE as fault:
            raise click.ClickException(f"nothing was changed, as a feed could not be read: {fault}") from fault
        service.record(session, "readmodels.rebuilt", name, asdict(found))
    if found.late:
        click.echo(f"{found.late} aggregates begin at a later version: what was before has passed at their publishers")
    click.echo(f"{found.applied} events applied, {found.parked} parked; start the worker again")


main.add_command(audit_log)
main.add_command(reconcile)


def _print_rows(service: Service, wanted: Select[*tuple[object, ...]], names: Sequence[str]) -> None:
    with service.begin() as session:
        rows = session.execute(wanted).all()
    lines = [names, *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    written = "" if value is None else " ".join(plain(value).split())
    return written if len(written) <= WIDEST else written[: WIDEST - 1] + "…"


if __name__ == "__main__":
    main(prog_name="python -m chassis.process.cli")
