"""Setting and revising targets (R15, R50)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit, outbox, scope
from chassis.auth import Caller
from chassis.clock import Clock
from chassis.errors import NotFound, StaleVersion
from chassis.ids import new_id
from reporting import storage
from reporting.domain.target import PROVINCE, AlreadySet, Target, TargetLine

column = storage.target.c


def set_target(session: Session, caller: Caller, content: dict[str, Any], clock: Clock) -> Target:
    """Sets a division's target for a year and population."""
    scope.require_within(session, content["division"], caller, clock.today())
    same = select(Target).where(*(column[name] == content[name] for name in ("division", "year", "population")))
    if session.scalars(same).one_or_none() is not None:
        raise AlreadySet()
    target = Target(id=new_id(), **content)
    session.add(target)
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
