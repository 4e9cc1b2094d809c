"""Deciding the province's yearly plan of training (R55, R57)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.security import audit
from programme.callers import Caller
from training import storage
from training.domain.plan import Plan


@dataclass(frozen=True)
class DecidePlan:
    """What a year's training is about, by which edition of the syllabus, on which document."""

    year: int
    focus: str
    syllabus: str
    document: str
    continuing_syllabus: str | None = None


def decide(session: Session, caller: Caller, command: DecidePlan, clock: Clock) -> Plan:
    """Decides a year's plan, or revises it: the revision before stays on record."""
    # Two revisions decided at once must not both take the next number; readers are not held up.
    session.execute(text("LOCK TABLE plan IN SHARE ROW EXCLUSIVE MODE"))
    newest = session.scalar(select(func.max(storage.plan.c.revision)).where(storage.plan.c.year == command.year))
    plan = Plan(
        year=command.year,
        revision=(newest or 0) + 1,
        focus=command.focus,
        syllabus=command.syllabus,
        document=command.document,
        decided_on=clock.today(),
        continuing_syllabus=command.continuing_syllabus,
    )
    session.add(plan)
    details = {"focus": plan.focus, "syllabus": plan.syllabus, "document": plan.document}
    audit.record(session, caller, "plan.decided", f"{plan.year}:{plan.revision}", details, clock)
    return plan


def of_year(session: Session, year: int) -> Plan | None:
    """The plan that holds for a year: its last revision."""
    wanted = select(Plan).where(storage.plan.c.year == year).order_by(storage.plan.c.revision.desc()).limit(1)
    return session.scalars(wanted).one_or_none()
