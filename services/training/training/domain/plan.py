"""The province's yearly plan of training (R55, R57)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from training.domain.training_class import ClassKind


@dataclass
class Plan:
    """The province's plan for a year: what the training is about, by which edition of the syllabus.

    A plan is never overwritten: a change is a further revision, and the last one holds.
    """

    year: int
    revision: int
    focus: str
    syllabus: str
    document: str
    decided_on: date
    continuing_syllabus: str | None = None  # that of continuing classes, where it is another one

    def syllabus_of(self, kind: ClassKind) -> str:
        """The edition of the syllabus that classes of a kind follow."""
        other = self.continuing_syllabus if kind == ClassKind.CONTINUING else None
        return other or self.syllabus
