"""Who may be nominated for a class, and for which of its places (R10, R17, R61)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from chassis.errors import RuleBroken
from training.domain.certificate_refusals import HoldsCertificate
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


class PlacesAreKept(RuleBroken):
    """The places that are left are kept for divisions with a quota; what they don't use is free after that day."""

    zh = "剩余名额均为有分配名额的地区保留，保留期满后仍未使用的名额方可使用。"
    rule = "R61"


class QuotasBeyondCapacity(RuleBroken):
    """The quotas keep more places than there are."""

    zh = "各地区分配名额之和超过可用名额。"
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

    A division with a quota fills at most that many, and they are kept for it; all others share what is left.
    A county's quota is part of its prefecture's, if both have one. `quotas` is empty once they are no longer kept.
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
        others = self._outermost(code for code in self.quotas if division not in self.within[code])
        for code, places in self.quotas.items():
            if division in self.within[code] and self._taken_in(code) + self._kept(others, code) >= places:
                raise QuotaIsFull(division=code, places=places)
        kept = self._kept(others)
        if len(self.taken) + kept >= self.capacity:
            raise PlacesAreKept(kept=kept)
        self.taken[person_id] = division

    def require_enough(self) -> None:
        """Refuses quotas that keep more places than there are, in the class or in a quota that others are part of."""
        kept = self._kept(self._outermost(self.quotas))
        if kept > self.capacity:
            raise QuotasBeyondCapacity(capacity=self.capacity, kept=kept)
        for code, places in self.quotas.items():
            parts = self._outermost(part for part in self.quotas if self.within[part] < self.within[code])
            if self._kept(parts) > places:
                raise QuotasBeyondCapacity(division=code, capacity=places, kept=self._kept(parts))

    def _outermost(self, codes: Iterable[str]) -> set[str]:
        """Those of the codes that lie in no other of them."""
        among = set(codes)
        return {code for code in among if not any(self.within[code] < self.within[other] for other in among)}

    def _kept(self, codes: Iterable[str], of: str | None = None) -> int:
        """How many places are still kept for these divisions, if they lie in `of`."""
        inside = (code for code in codes if of is None or self.within[code] <= self.within[of])
        return sum(max(self.quotas[code] - self._taken_in(code), 0) for code in inside)

    def _taken_in(self, code: str) -> int:
        return sum(division in self.within[code] for division in self.taken.values())


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
        is_certified: bool = False,
    ) -> tuple[Nomination, NominationSubmitted]:
        """Nominates one of the enterprise's people, who takes a place of the open class.

        Who `is_certified` holds a certificate, and the rule set gives nobody a second one.
        """
        training_class.require_open()
        if is_certified:
            raise HoldsCertificate()
        if person.enterprise_id != enterprise.id:
            raise NotOfThisEnterprise()
        places.take(person.id, enterprise.division)
        return (
            cls(nomination_id, training_class.id, enterprise.id, person.id, enterprise.division, on),
            NominationSubmitted(nomination_id, training_class.id, training_class.name, enterprise.id, person.id, on),
        )
