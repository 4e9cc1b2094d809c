"""Setting and revising targets (R15, R50)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import InvalidInput, NotFound, StaleVersion
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from reporting import storage
from reporting.domain.target import PROVINCE, AlreadySet, Target, TargetLine

column = storage.target.c


def set_target(session: Session, caller: Caller, content: dict[str, Any], clock: Clock) -> Target:
    """Sets a division's target for a year and population."""
    scope.require_within(session, content["division"], caller, clock.today())
    _require_known(session, content["division"], clock.today())
    # Of two who set it at once the second waits here for the first one's commit, and is told of the rule.
    row = {"id": new_id(), "version": 0, **content}
    target_id = session.scalar(insert(storage.target).values(row).on_conflict_do_nothing().returning(column.id))
    if target_id is None:
        raise AlreadySet()
    target = session.get_one(Target, target_id)
    _announce(session, caller, target, clock)
    return target


def revise(
    session: Session, caller: Caller, target_id: str, version: int, content: dict[str, Any], clock: Clock
) -> Target:
    """Changes the percentage aimed at; figures of earlier days keep the old one."""
    visible = scope.within(column.division, caller, clock.today())
    wanted = select(Target).where(column.id == target_id, visible).with_for_update()
    target = session.scalars(wanted).one_or_none()
    if target is None:
        raise NotFound()
    if target.version != version:
        raise StaleVersion()
    target.percent, target.document = content["percent"], content["document"]
    _announce(session, caller, target, clock)
    return target


def _require_known(session: Session, code: str, on: date) -> None:
    """Refuses a division that is not there on that day; the province is always there."""
    if code != PROVINCE and not scope.is_placed(session, code, on):
        reason, zh = "There is no such division today.", "当前不存在该区划。"
        raise InvalidInput([{"pointer": "/division", "reason": reason, "reason_zh": zh}])


def _announce(session: Session, caller: Caller, target: Target, clock: Clock) -> None:
    today = clock.today()
    goal = select(column.percent).where(
        column.division == PROVINCE, column.year == target.year, column.population == target.population
    )
    with session.no_autoflush:
        provincial = session.scalar(goal)
    outbox.add(session, target, target.set(today, provincial), clock)
    session.add(TargetLine(target.id, target.version, today, target.percent))
    audit.record(session, caller, "target.set", target.id, {"percent": target.percent}, clock)
