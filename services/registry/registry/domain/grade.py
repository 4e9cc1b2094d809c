"""What the enterprise finds of its CQO's performance in a year, and the allowance of the post by it (R29)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chassis.errors import RuleBroken
from registry.domain.appointment import Appointment
from registry.events import AppointmentGraded


class PerformanceGrade(StrEnum):
    """优秀、良好、合格、不合格."""

    EXCELLENT = "excellent"
    GOOD = "good"
    QUALIFIED = "qualified"
    UNQUALIFIED = "unqualified"


class NotGradedYet(RuleBroken):
    """A year is graded when it has begun, and the holder was in office in it."""

    zh = "只能对已经开始且任职所在的年度评定绩效等次。"


@dataclass(frozen=True, kw_only=True)
class Graded:
    """A grade of a year; `allowance_fen` is that of the whole year, in fen (0.01 yuan)."""

    year: int
    grade: PerformanceGrade
    document: str
    allowance_fen: int | None = None


@dataclass
class Performance:
    """A grade as it was recorded: of a year, from when it was recorded until another one is. None is ever changed."""

    appointment_id: str
    division: str
    enterprise_id: str
    person_id: str
    year: int
    grade: PerformanceGrade
    document: str
    allowance_fen: int | None
    recorded_by: str
    recorded_at: datetime
    corrects: bool
    id: int | None = None

    @classmethod
    def record(
        cls, appointment: Appointment, graded: Graded, by: str, now: datetime, today: date, *, corrects: bool
    ) -> tuple[Performance, AppointmentGraded]:
        """Records a grade; `corrects` one that was recorded of that year before."""
        last = min(today.year, appointment.ended_on.year if appointment.ended_on else today.year)
        if not appointment.appointed_on.year <= graded.year <= last:
            raise NotGradedYet()
        made = cls(
            appointment_id=appointment.id,
            division=appointment.division,
            enterprise_id=appointment.enterprise_id,
            person_id=appointment.person_id,
            year=graded.year,
            grade=graded.grade,
            document=graded.document,
            allowance_fen=graded.allowance_fen,
            recorded_by=by,
            recorded_at=now,
            corrects=corrects,
        )
        event = AppointmentGraded(
            appointment.id,
            appointment.enterprise_id,
            appointment.person_id,
            graded.year,
            str(graded.grade),
            graded.document,
            corrects,
            today,
        )
        return made, event
