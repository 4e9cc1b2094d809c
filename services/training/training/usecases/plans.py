"""The province's yearly plan of training (R55, R57)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.security import audit
from programme.callers import Caller
from training import storage
from training.domain.course import Plan


def decide(session: Session, caller: Caller, content: dict[str, Any], clock: Clock) -> Plan:
    """Decides a year's plan, or revises it: the revision before stays on record."""
    # Two revisions decided at once must not both take the next number; readers are not held up.
    session.execute(text("LOCK TABLE plan IN SHARE ROW EXCLUSIVE MODE"))
    of_year = select(func.max(storage.plan.c.revision)).where(storage.plan.c.year == content["year"])
    plan = Plan(revision=(session.scalar(of_year) or 0) + 1, decided_on=clock.today(), **content)
    session.add(plan)
    details = {"focus": plan.focus, "syllabus": plan.syllabus, "document": plan.document}
    audit.record(session, caller, "plan.decided", f"plan:{plan.year}:{plan.revision}", details, clock)
    return plan


def of_year(session: Session, year: int) -> Plan | None:
    """The plan that holds for a year: its last revision."""
    wanted = select(Plan).where(storage.plan.c.year == year).order_by(storage.plan.c.revision.desc()).limit(1)
    return session.scalars(wanted).one_or_none()
