"""Setting and revising targets (R15, R50)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import check_version, load
from chassis.errors import InvalidInput
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from reporting import storage
from reporting.domain.target import PROVINCE, AlreadySet, Target, TargetPopulation, TargetRecord
from reporting.events import TargetSet

column = storage.target.c
INSERT_NEW = insert(storage.target).on_conflict_do_nothing().returning(column.id)
# A goal and a target below it that are set at once must see each other.
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('reporting.targets'))")


@dataclass(frozen=True)
class SetTarget:
    """Sets what a division aims at for a year and a population; `percent` is between 0 and 100.

    `raise_lower` raises the targets below that would lie under it, by the same document.
    """

    division: str
    year: int
    population: TargetPopulation
    percent: float
    document: str
    raise_lower: bool = False


@dataclass(frozen=True)
class ReviseTarget:
    """Changes the percentage aimed at, by another document; `raise_lower` as in SetTarget."""

    percent: float
    document: str
    raise_lower: bool = False


def set_target(session: Session, caller: Caller, command: SetTarget, clock: Clock) -> Target:
    """Sets a division's target; AlreadySet if there is one for that year and population."""
    scope.require_within(session, command.division, caller, clock.today())
    _require_known(session, command.division, clock.today())
    # Of two who set it at once the second waits here for the first one's commit, and is refused by the rule.
    session.execute(ONE_AT_A_TIME)
    fields = {name: value for name, value in vars(command).items() if name != "raise_lower"}
    target_id = session.scalar(INSERT_NEW, {"id": new_id(), "version": 0, **fields})
    if target_id is None:
        raise AlreadySet()
    target = session.get_one(Target, target_id)
    _set(session, caller, target, command, clock)
    return target


def revise_target(
    session: Session, caller: Caller, target_id: str, version: int, command: ReviseTarget, clock: Clock
) -> Target:
    """Changes the percentage aimed at; figures of earlier days keep the old one."""
    session.execute(ONE_AT_A_TIME)
    visible = scope.within(column.division, caller, clock.today())
    target = load(session, Target, target_id, visible, lock=True)
    check_version(target, version)
    _set(session, caller, target, command, clock)
    return target


def _require_known(session: Session, code: str, on: date) -> None:
    """Refuses a division that is not there on that day; the province is always there."""
    if code != PROVINCE and not scope.is_placed(session, code, on):
        reason, zh = "There is no such division today.", "当前不存在该区划。"
        raise InvalidInput.at("/division", reason, zh)


def _set(session: Session, caller: Caller, target: Target, command: SetTarget | ReviseTarget, clock: Clock) -> None:
    """Decides, and enters what is decided; with `raise_lower` also of the targets below that would lie under it."""
    above, below = _related(session, target, clock.today())
    percent, document = command.percent, command.document
    lower = [each for each in below if each.percent < percent] if command.raise_lower else []
    _enter(session, caller, target, target.set(percent, document, clock.today(), above, _without(below, lower)), clock)
    for each in lower:
        _enter(session, caller, each, each.set(percent, document, clock.today()), clock)


def _without(targets: Sequence[Target], left_out: Sequence[Target]) -> list[Target]:
    return [each for each in targets if each not in left_out]


def _related(session: Session, target: Target, on: date) -> tuple[list[Target], list[Target]]:
    """The targets for the same year and population of the divisions above today, and of those below, locked."""
    others = (
        select(Target)
        .where(column.year == target.year, column.population == target.population, column.id != target.id)
        .order_by(column.id)
        .with_for_update()
    )
    parents = scope.parents(session, on)
    found = session.scalars(others).all()
    above = _line(parents, target.division)
    return (
        [each for each in found if each.division in above],
        [each for each in found if target.division in _line(parents, each.division)],
    )


def _line(parents: Mapping[str, str | None], division: str) -> set[str]:
    """The divisions above this one; the province is above all others."""
    line = set() if division == PROVINCE else {PROVINCE}
    parent = parents.get(division)
    while parent is not None:
        line.add(parent)
        parent = parents.get(parent)
    return line


def _enter(session: Session, caller: Caller, target: Target, event: TargetSet, clock: Clock) -> None:
    """Announces, and enters the target's history and the audit log."""
    outbox.add(session, target, event, clock)
    session.add(TargetRecord(target.id, target.version, clock.today(), target.percent))
    audit.record(session, caller, "target.set", target.id, {"percent": target.percent}, clock)
