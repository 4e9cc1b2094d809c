"""Entering a change of the tree of divisions: its placements are announced, and the change itself stays on record."""

from __future__ import annotations

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import RuleBroken
from chassis.ids import new_id
from chassis.security import audit
from programme.callers import Caller
from registry.domain.division_changes import DivisionChange, EnteredChange, placements_after
from registry.domain.divisions import Placement
from registry.usecases import divisions
from registry.usecases.access import one_at_a_time

YEARS_AHEAD = 5


class TooFarAhead(RuleBroken):
    """A change is entered for a day within five years."""

    zh = "变更的生效日期须在五年以内。"


def change(session: Session, caller: Caller, command: DivisionChange, clock: Clock) -> EnteredChange:
    """Enters a change of the tree, for a day to come or one gone by, but not before the division's last change."""
    today = clock.today()
    if (command.effective_on - today).days > 366 * YEARS_AHEAD:
        raise TooFarAhead(years_ahead=YEARS_AHEAD)
    one_at_a_time(session, "divisions")  # of two changes the second sees the tree of the first
    placements = placements_after(divisions.stored(session), command)
    divisions.place(session, placements, clock, command.document)
    entered = EnteredChange(
        new_id(),
        command.kind,
        command.code,
        command.effective_on,
        command.document,
        today,
        [_as_json(placement) for placement in placements],
    )
    session.add(entered)
    details = {"kind": command.kind, "on": command.effective_on.isoformat(), "document": command.document}
    audit.record(session, caller, "division.changed", command.code, details, clock)
    return entered


def _as_json(placement: Placement) -> dict[str, object]:
    days = {"valid_from": placement.valid_from, "valid_to": placement.valid_to}
    return {**vars(placement), **{name: day and day.isoformat() for name, day in days.items()}}
