"""Appeals against an outcome of a class: made in time, and decided on a document (R59)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from chassis.errors import RuleBroken
from training.domain.enrolment import Enrolment, NotJudgedYet
from training.domain.rules import Rules
from training.events import AppealDecided, AppealSubmitted


class AppealStatus(StrEnum):
    """What has become of an appeal."""

    OPEN = "open"
    UPHELD = "upheld"  # the outcome is to be corrected
    DISMISSED = "dismissed"


class TooLateToAppeal(RuleBroken):
    """The days for an appeal are over."""

    zh = "已超过申诉期限。"
    rule = "R59"


class AppealIsOpen(RuleBroken):
    """An appeal against this outcome waits for its decision."""

    zh = "针对该结果的申诉尚在处理中。"
    rule = "R59"


class AppealIsDecided(RuleBroken):
    """This appeal has been decided."""

    zh = "该申诉已经处理完毕。"
    rule = "R59"


@dataclass
class Appeal:
    """Somebody's objection to an outcome; its events are its own."""

    id: str
    enrolment_id: str
    class_id: str
    person_id: str
    enterprise_id: str | None
    division: str
    grounds: str
    submitted_on: date
    status: AppealStatus = AppealStatus.OPEN
    decided_on: date | None = None
    decision: str | None = None
    document: str | None = None
    version: int = 0

    @classmethod
    def submit(
        cls, appeal_id: str, enrolment: Enrolment, grounds: str, rules: Rules, on: date
    ) -> tuple[Appeal, AppealSubmitted]:
        """Objects to an outcome, within the rule set's days after it."""
        if enrolment.completed_on is None:
            raise NotJudgedYet()
        last_day = enrolment.completed_on + timedelta(days=rules.appeal_days)
        if on > last_day:
            raise TooLateToAppeal(last_day=last_day.isoformat())
        of = enrolment
        appeal = cls(appeal_id, of.id, of.class_id, of.person_id, of.enterprise_id, of.division, grounds, on)
        return appeal, AppealSubmitted(appeal_id, of.id, of.class_id, of.person_id, of.enterprise_id, on)

    def decide(self, upheld: bool, decision: str, document: str, on: date) -> AppealDecided:
        """Decides the appeal; what is to be corrected of the outcome is a correction of its own."""
        if self.status != AppealStatus.OPEN:
            raise AppealIsDecided()
        self.status = AppealStatus.UPHELD if upheld else AppealStatus.DISMISSED
        self.decided_on, self.decision, self.document = on, decision, document
        return AppealDecided(
            self.id,
            self.enrolment_id,
            self.class_id,
            self.person_id,
            self.enterprise_id,
            upheld,
            decision,
            document,
            on,
        )
