"""Who may be nominated for a class, who waits for a place in it, and who withdraws (R10, R17, R61)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chassis.errors import RuleBroken
from training.domain.certificate_refusals import HoldsCertificate
from training.domain.parties import Enterprise, Person
from training.domain.places import ClassIsFull, Places, PlacesAreKept, QuotaIsFull
from training.domain.training_class import TrainingClass
from training.events import (
    NominationCancelled,
    NominationInvited,
    NominationPromoted,
    NominationRescheduled,
    NominationSubmitted,
    NominationWaitlisted,
    NominationWithdrawn,
)

NoPlace = (ClassIsFull, QuotaIsFull, PlacesAreKept)  # why somebody waits


class NotOfThisEnterprise(RuleBroken):
    """An enterprise nominates its own people only, and this person is not recorded as one of them."""

    zh = "企业只能推荐本单位人员，该人员不属于该企业。"
    rule = "R17"


class AlreadyWithdrawn(RuleBroken):
    """This nomination has been withdrawn."""

    zh = "该推荐已经撤回。"
    rule = "R61"


class HasResults(RuleBroken):
    """Attendance or scores have been entered for this person; a nomination is withdrawn before the class."""

    zh = "该人员已有出勤或考核记录，不能撤回推荐。"
    rule = "R61"


class NominationStatus(StrEnum):
    """What has become of a nomination."""

    ENROLLED = "enrolled"
    WAITING = "waiting"  # for a place
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"  # with its class


@dataclass
class Nomination:
    """An enterprise's recommendation of a person for a class (R17)."""

    id: str
    class_id: str
    enterprise_id: str
    person_id: str
    division: str
    submitted_on: date
    status: NominationStatus = NominationStatus.ENROLLED
    waiting_since: datetime | None = None
    version: int = 0

    @classmethod
    def submit(
        cls,
        nomination_id: str,
        training_class: TrainingClass,
        enterprise: Enterprise,
        person: Person,
        places: Places,
        on: date,
        is_certified: bool = False,
    ) -> tuple[Nomination, NominationSubmitted]:
        """Nominates one of the enterprise's people, who takes a place of the open class.

        Who `is_certified` holds a certificate, and the rule set gives nobody a second one.
        """
        nominated = cls._of(nomination_id, training_class, enterprise, person, on, is_certified)
        places.take(person.id, enterprise.division)
        return nominated, NominationSubmitted(*nominated._facts(training_class), on)

    @classmethod
    def wait(
        cls,
        nomination_id: str,
        training_class: TrainingClass,
        enterprise: Enterprise,
        person: Person,
        places: Places,
        since: datetime,
        on: date,
        is_certified: bool = False,
    ) -> tuple[Nomination, NominationWaitlisted]:
        """Nominates somebody for whom there is no place, and who waits for one behind those who wait already."""
        nominated = cls._of(nomination_id, training_class, enterprise, person, on, is_certified)
        nominated.status, nominated.waiting_since = NominationStatus.WAITING, since
        places.waiting.add(person.id)
        return nominated, NominationWaitlisted(*nominated._facts(training_class), len(places.waiting), on)

    @classmethod
    def _of(
        cls,
        nomination_id: str,
        training_class: TrainingClass,
        enterprise: Enterprise,
        person: Person,
        on: date,
        is_certified: bool,
    ) -> Nomination:
        training_class.require_open()
        if is_certified:
            raise HoldsCertificate()
        if person.enterprise_id != enterprise.id:
            raise NotOfThisEnterprise()
        return cls(nomination_id, training_class.id, enterprise.id, person.id, enterprise.division, on)

    def promote(self, training_class: TrainingClass, places: Places, on: date) -> NominationPromoted:
        """Takes a place that has become free; one of NoPlace if there is none for this division."""
        places.waiting.discard(self.person_id)
        try:
            places.take(self.person_id, self.division)
        except NoPlace:
            places.waiting.add(self.person_id)
            raise
        self.status, self.waiting_since = NominationStatus.ENROLLED, None
        return NominationPromoted(*self._facts(training_class), on)

    def withdraw(self, training_class: TrainingClass, has_results: bool, reason: str, on: date) -> NominationWithdrawn:
        """Gives the place back, or leaves the waiting list."""
        training_class.require_open()
        if self.status == NominationStatus.WITHDRAWN:
            raise AlreadyWithdrawn()
        if has_results:
            raise HasResults()
        self.status, self.waiting_since = NominationStatus.WITHDRAWN, None
        return NominationWithdrawn(*self._facts(training_class), reason, on)

    def invite(self, training_class: TrainingClass, on: date) -> NominationInvited:
        """Tells somebody who is enrolled when and where the class begins."""
        return NominationInvited(*self._facts(training_class), *_when_and_where(training_class), on)

    def reschedule(self, training_class: TrainingClass, reason: str, on: date) -> NominationRescheduled:
        """Tells that the class has other days, or another venue."""
        return NominationRescheduled(*self._facts(training_class), *_when_and_where(training_class), reason, on)

    def cancel(self, training_class: TrainingClass, reason: str, on: date) -> NominationCancelled:
        """The class will not be held."""
        self.status, self.waiting_since = NominationStatus.CANCELLED, None
        return NominationCancelled(*self._facts(training_class), reason, on)

    def _facts(self, training_class: TrainingClass) -> tuple[str, str, str, str, str]:
        return self.id, self.class_id, training_class.name, self.enterprise_id, self.person_id


def _when_and_where(training_class: TrainingClass) -> tuple[date, date, str | None]:
    return training_class.starts_on, training_class.ends_on, training_class.where
