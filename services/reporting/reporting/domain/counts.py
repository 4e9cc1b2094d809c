"""What the statistics count, and as what something counts."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Figure(StrEnum):
    """What is counted in `count_change`."""

    CERTIFICATE = "certificate"
    TALENT = "talent"
    APPOINTMENT = "appointment"
    FILING = "filing"
    ENROLMENT = "enrolment"
    DELIVERY = "delivery"
    EDUCATION = "education"


class EducationState(StrEnum):
    """Whether somebody has reached the hours of continuing education that a year asks of them (R34)."""

    REACHED = "reached"
    BEHIND = "behind"


class Kind(NamedTuple):
    """As what something counts in a figure."""

    state: str
    kind: str = ""
    channel: str = ""
