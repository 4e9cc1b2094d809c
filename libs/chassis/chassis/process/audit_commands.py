"""`python -m chassis.process.cli <service> audit …`: verifies the audit log, and prints checkpoints that are kept."""

from __future__ import annotations

from typing import TextIO

import click

from chassis.process.operating import Service, plain
from chassis.security import audit


@click.group("audit")
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
            anchored = f"as in the checkpoints up to entry {found.anchored_to} of {plain(found.anchored_at)}"
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
