"""Setting and revising targets (R15, R50)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select
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

column = storage.target.c
INSERT_NEW = insert(storage.target).on_conflict_do_nothing().returning(column.id)
PROVINCIAL_GOAL = select(column.percent).where(
    column.division == PROVINCE, column.year == bindparam("year"), column.population == bindparam("population")
)


@dataclass(frozen=True)
class SetTarget:
    """Sets what a division aims at for a year and a population; `percent` is between 0 and 100."""

    division: str
    year: int
    population: TargetPopulation
    percent: float
    document: str


@dataclass(frozen=True)
class ReviseTarget:
    """Changes the percentage aimed at, by another document."""

    percent: float
    document: str


def set_target(session: Session, caller: Caller, command: SetTarget, clock: Clock) -> Target:
    """Sets a division's target; AlreadySet if there is one for that year and population."""
    scope.require_within(session, command.division, caller, clock.today())
    _require_known(session, command.division, clock.today())
    # Of two who set it at once the second waits here for the first one's commit, and is refused by the rule.
    target_id = session.scalar(INSERT_NEW, {"id": new_id(), "version": 0, **vars(command)})
    if target_id is None:
        raise AlreadySet()
    target = session.get_one(Target, target_id)
    _set(session, caller, target, command.percent, command.document, clock)
    return target


def revise_target(
    session: Session, caller: Caller, target_id: str, version: int, command: ReviseTarget, clock: Clock
) -> Target:
    """Changes the percentage aimed at; figures of earlier days keep the old one."""
    visible = scope.within(column.division, caller, clock.today())
    target = load(session, Target, target_id, visible, lock=True)
    check_version(target, version)
    _set(session, caller, target, command.percent, command.document, clock)
    return target


def _require_known(session: Session, code: str, on: date) -> None:
    """Refuses a division that is not there on that day; the province is always there."""
    if code != PROVINCE and not scope.is_placed(session, code, on):
        reason, zh = "There is no such division today.", "当前不存在该区划。"
        raise InvalidInput([{"pointer": "/division", "reason": reason, "reason_zh": zh}])


def _set(session: Session, caller: Caller, target: Target, percent: float, document: str, clock: Clock) -> None:
    """Decides, announces, and enters the target's history and the audit log."""
    today = clock.today()
    goal = session.scalar(PROVINCIAL_GOAL, {"year": target.year, "population": target.population})
    outbox.add(session, target, target.set(percent, document, today, goal), clock)
    session.add(TargetRecord(target.id, target.version, today, percent))
    audit.record(session, caller, "target.set", target.id, {"percent": percent}, clock)
