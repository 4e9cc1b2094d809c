"""The exclusion list (R30): people who may not be appointed, from a day on, by a document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from chassis.errors import RuleBroken
from registry.events import PersonExcluded

EXCLUDED = "excluded"  # why somebody has left the pool, and why an appointment is suspended


class AlreadyLifted(RuleBroken):
    """The exclusion was lifted before, or ends by that day anyhow."""

    zh = "该限制已经解除，或在该日之前已经届满。"


class LiftedTooEarly(RuleBroken):
    """An exclusion can't end before its first day."""

    zh = "限制的截止日期不得早于起始日期。"


@dataclass
class Exclusion:
    """An entry of the list, kept by the blind index of the ID number: it also hits whoever is registered later."""

    id: str
    id_number_index: str
    reason: str
    document: str
    valid_from: date
    recorded_on: date
    valid_to: date | None = None
    lifted_by: str | None = None  # the document by which it ended early

    def holds_on(self, day: date) -> bool:
        """Whether the person may not be appointed on `day`; the last day counts."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def turns(self) -> list[date]:
        """The days on which it begins to hold and on which it holds no longer."""
        return [self.valid_from, *([self.valid_to + timedelta(days=1)] if self.valid_to else [])]

    def begin(self, person_id: str, in_office: bool, on: date) -> PersonExcluded:
        """Says of a person that it holds of them from now on."""
        return PersonExcluded(person_id, self.document, self.valid_from, self.valid_to, in_office, on)

    def lift(self, on: date, document: str) -> None:
        """Ends the exclusion with the day `on`, before its term if it has one, by a document."""
        if self.lifted_by is not None or (self.valid_to is not None and self.valid_to <= on):
            raise AlreadyLifted()
        if on < self.valid_from:
            raise LiftedTooEarly()
        self.valid_to, self.lifted_by = on, document
