"""Breaches of the rules of conduct by a CQO: of secrecy (R48), of independence (R47).

entered → confirmed by somebody else → lifted
        → dismissed

What a confirmed breach brings about is the rule set's, by kind: it is suspended, ended or excluded where that is always
decided. The breach keeps what it has caused, so that its lifting undoes that alone.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from chassis.errors import RuleBroken
from registry.domain.appointment import Appointment
from registry.domain.bilingual import Bilingual
from registry.domain.rules import Rules
from registry.events import BreachConfirmed, BreachLifted

EventT = TypeVar("EventT")


class BreachKind(StrEnum):
    """Which rule of conduct was broken."""

    SECRECY = "secrecy"
    INDEPENDENCE = "independence"


BREACHES = {
    BreachKind.SECRECY: Bilingual("违反保密义务（R48）", "Breach of secrecy (R48)"),
    BreachKind.INDEPENDENCE: Bilingual("违反独立履职要求（R47）", "Breach of independence (R47)"),
}


class BreachStatus(StrEnum):
    """How far a breach has come."""

    ENTERED = "entered"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    LIFTED = "lifted"


SHOWN_TO_ALL_CONCERNED = (BreachStatus.CONFIRMED, BreachStatus.LIFTED)


class BreachConsequence(StrEnum):
    """What a confirmed breach brings about."""

    NONE = "none"
    WARN = "warn"
    SUSPEND = "suspend"
    END = "end"
    EXCLUDE = "exclude"


class NotInOfficeThen(RuleBroken):
    """The person did not hold the appointment on the day of the breach, or that day lies in the future."""

    zh = "违规发生当日该人员不在任，或者所填日期晚于今天。"


class ReviewedAlready(RuleBroken):
    """The breach has been confirmed or dismissed already."""

    zh = "该违规事项已经审核。"


class EnteredByTheSame(RuleBroken):
    """Somebody else than who entered the breach must confirm it."""

    zh = "违规事项须由登记人以外的人员审核认定。"


class NotConfirmed(RuleBroken):
    """Only a confirmed breach can be lifted, and once."""

    zh = "只有已认定且尚未解除的违规事项才能解除。"


class LiftedBeforeConfirmed(RuleBroken):
    """A breach is lifted from a day on that lies between its confirmation and today."""

    zh = "解除日期不得早于认定日期，也不得晚于今天。"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found; `facts` may hold secrets of the enterprise, and stay in the registry."""

    kind: BreachKind
    happened_on: date
    facts: str
    document: str


@dataclass
class Breach:
    """A breach by the holder of an appointment."""

    id: str
    division: str
    enterprise_id: str
    person_id: str
    appointment_id: str
    kind: BreachKind
    happened_on: date
    facts: str
    document: str
    entered_by: str
    entered_on: date
    status: BreachStatus = BreachStatus.ENTERED
    reviewed_by: str | None = None
    reviewed_on: date | None = None
    review_document: str | None = None
    consequence: str | None = None  # a BreachConsequence
    ruleset: int | None = None
    until: date | None = None  # the last day of the exclusion
    exclusion_id: str | None = None
    lifted_on: date | None = None  # the first day on which it holds no longer
    lift_document: str | None = None
    version: int = 0

    @classmethod
    def enter(cls, breach_id: str, appointment: Appointment, found: Found, by: str, today: date) -> Breach:
        """Enters what was found, to be reviewed."""
        if not appointment.was_held_on(found.happened_on, today):
            raise NotInOfficeThen()
        return cls(
            id=breach_id,
            division=appointment.division,
            enterprise_id=appointment.enterprise_id,
            person_id=appointment.person_id,
            appointment_id=appointment.id,
            kind=found.kind,
            happened_on=found.happened_on,
            facts=found.facts,
            document=found.document,
            entered_by=by,
            entered_on=today,
        )

    def confirm(self, document: str, by: str, today: date, rules: Rules) -> BreachConfirmed:
        """Confirms it, with the consequence of the rule set of today."""
        self._review(BreachStatus.CONFIRMED, document, by, today)
        means = rules.on_breach[self.kind]
        self.consequence, self.ruleset = means["consequence"], rules.version
        if self.consequence == BreachConsequence.EXCLUDE:
            self.until = _add_months(today, means["months"]) - timedelta(days=1)
        return self._event(BreachConfirmed, today, until=self.until)

    def dismiss(self, document: str, by: str, today: date) -> None:
        """Finds that it was none."""
        self._review(BreachStatus.DISMISSED, document, by, today)

    def lift(self, on: date, document: str, today: date) -> BreachLifted:
        """From the day `on` it holds no longer."""
        if self.status != BreachStatus.CONFIRMED or self.reviewed_on is None:
            raise NotConfirmed()
        if not self.reviewed_on <= on <= today:
            raise LiftedBeforeConfirmed()
        self.status, self.lifted_on, self.lift_document = BreachStatus.LIFTED, on, document
        return self._event(BreachLifted, on)

    def suspends_on(self, day: date) -> bool:
        """Whether the appointment is suspended by it on `day`."""
        if self.consequence != BreachConsequence.SUSPEND or self.reviewed_on is None:
            return False
        return self.reviewed_on <= day and (self.lifted_on is None or day < self.lifted_on)

    def turns(self) -> list[date]:
        """The days on which it begins to suspend and on which it does no longer."""
        return [day for day in (self.reviewed_on, self.lifted_on) if day is not None]

    def _review(self, status: BreachStatus, document: str, by: str, today: date) -> None:
        if self.status != BreachStatus.ENTERED:
            raise ReviewedAlready()
        if by == self.entered_by:
            raise EnteredByTheSame()
        self.status, self.review_document, self.reviewed_by, self.reviewed_on = status, document, by, today

    def _event(self, event: Callable[..., EventT], on: date, **more: object) -> EventT:
        return event(
            breach_id=self.id,
            appointment_id=self.appointment_id,
            enterprise_id=self.enterprise_id,
            person_id=self.person_id,
            kind=str(self.kind),
            consequence=self.consequence,
            on=on,
            ruleset=self.ruleset,
            **more,
        )


def _add_months(day: date, months: int) -> date:
    """The same day `months` later; where that month is shorter, its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
