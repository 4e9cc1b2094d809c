"""Who may be nominated for a class, and for which of its places (R10, R17, R61)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chassis.errors import RuleBroken
from training.domain.parties import Enterprise, Person
from training.domain.training_class import TrainingClass
from training.events import NominationSubmitted


class ClassIsFull(RuleBroken):
    """The class has no place left."""

    zh = "该培训班名额已满。"
    rule = "R61"


class QuotaIsFull(RuleBroken):
    """The places that the class keeps for this division are all taken."""

    zh = "该地区在本期培训班的名额已用完。"
    rule = "R61"


class AlreadyNominated(RuleBroken):
    """This person has already been nominated for the class."""

    zh = "该人员已被推荐参加本期培训班。"
    rule = "R61"


class NotOfThisEnterprise(RuleBroken):
    """An enterprise nominates its own people only, and this person is not recorded as one of them."""

    zh = "企业只能推荐本单位人员，该人员不属于该企业。"
    rule = "R17"


@dataclass
class Places:
    """The places of a class: how many in all and by quota, and who has taken one.

    A division with a quota fills at most that many; the others share what the capacity leaves.
    """

    capacity: int
    quotas: Mapping[str, int]
    within: Mapping[str, frozenset[str]]  # for each division with a quota, the codes that lie in it that day
    taken: dict[str, str]  # the division of each person enrolled

    def take(self, person_id: str, division: str) -> None:
        """Gives the person a place, or says why there is none."""
        if person_id in self.taken:
            raise AlreadyNominated()
        if len(self.taken) >= self.capacity:
            raise ClassIsFull(capacity=self.capacity)
        for code, places in self.quotas.items():
            codes = self.within[code]
            if division in codes and sum(other in codes for other in self.taken.values()) >= places:
                raise QuotaIsFull(division=code, places=places)
        self.taken[person_id] = division


@dataclass
class Nomination:
    """An enterprise's recommendation of a person for a class (R17)."""

    id: str
    class_id: str
    enterprise_id: str
    person_id: str
    division: str
    submitted_on: date
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
    ) -> tuple[Nomination, NominationSubmitted]:
        """Nominates one of the enterprise's people, who takes a place of the open class."""
        training_class.require_open()
        if person.enterprise_id != enterprise.id:
            raise NotOfThisEnterprise()
        places.take(person.id, enterprise.division)
        return (
            cls(nomination_id, training_class.id, enterprise.id, person.id, enterprise.division, on),
            NominationSubmitted(nomination_id, training_class.id, training_class.name, enterprise.id, person.id, on),
        )
