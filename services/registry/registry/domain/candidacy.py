"""Whether a person may be appointed to a post on a day: each refusal has its own name and sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from chassis.errors import RuleBroken
from registry.domain.appointment import ENDED, Appointment
from registry.domain.certificates import CertificateFact, valid_on
from registry.domain.enterprise import Enterprise
from registry.domain.person import Exclusion
from registry.domain.post import DEPARTMENTS
from registry.domain.ruleset import RuleSet
from registry.domain.talent import LAPSED, Talent

LEGAL_REPRESENTATIVE, RESPONSIBLE_PERSON = "法定代表人", "主要负责人"


class NotInPool(RuleBroken):
    """The person is not in the provincial talent pool, and a CQO is appointed from the pool only (R23)."""

    rule = "R23"
    zh = "该人员不在全省首席质量官人才库中；首席质量官只能从人才库中聘任（R23）。"


class NoValidCertificate(RuleBroken):
    """The person holds no qualification certificate that is valid on the day of the appointment (R23, R28)."""

    rule = "R28"
    zh = "该人员在任命当日没有有效的首席质量官任职资格证书（R23、R28）。"


class AlreadyCqoElsewhere(RuleBroken):
    """The person already is the CQO of another enterprise; that appointment must end first (R8)."""

    rule = "R8"
    zh = "该人员已担任其他企业的首席质量官，须先终止该任命（R8）。"


class AlreadyCqoHere(RuleBroken):
    """The person already holds another CQO post in this enterprise; that appointment must end first (R8)."""

    rule = "R8"
    zh = "该人员已在本企业另一岗位担任首席质量官，须先终止该任命（R8）。"


class PostTaken(RuleBroken):
    """The post is taken; the appointment of its holder must end first (R22)."""

    rule = "R22"
    zh = "该岗位已有任职人员，须先终止其任命（R22）。"


class Excluded(RuleBroken):
    """The person is on the exclusion list on the day of the appointment (R30)."""

    rule = "R30"
    zh = "该人员在任命当日处于限制任职名单中（R30）。"


# What an appointment may stand with, but should not: rule → sentence in Chinese and English.
WARNINGS = {
    "R24": (
        "聘任人姓名与登记的法定代表人或主要负责人不一致（R24）。",
        "The appointing person is not the recorded legal representative or responsible person (R24).",
    ),
    "R26": (
        "首席质量官一般应设在企业决策层（R26）。",
        "A CQO's post is normally at decision level; this one is not (R26).",
    ),
    "R27": (
        "质量管理、质量检验、质量安全部门应由首席质量官直接指导（R27）。",
        "Quality management, inspection and safety should all be directed by the CQO (R27).",
    ),
}


@dataclass(frozen=True)
class Candidacy:
    """All that decides an appointment, read under locks on the person and the post."""

    person_id: str
    post_id: str
    enterprise_id: str
    talent: Talent | None
    certificates: list[CertificateFact] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    # Appointments of the person and appointments to the post, ended ones included.
    appointments: list[Appointment] = field(default_factory=list)

    def admit(self, on: date, rules: RuleSet) -> date | None:
        """Raises the rule that forbids the appointment; returns the deadline if it may only be provisional."""
        if any(exclusion.holds_on(on) for exclusion in self.exclusions):
            raise Excluded()
        provisional_until = self._certificate(on, rules)
        self._elsewhere(on)
        self._post(on)
        return provisional_until

    def _certificate(self, on: date, rules: RuleSet) -> date | None:
        # Enterprises often appoint first and train later; the rule set says whether that is accepted for a while.
        provisional = rules.parameters.get("appoint_without_certificate", "refuse") == "provisional"
        if self.talent is None and provisional:
            return on + timedelta(days=rules.parameters.get("provisional_days", 180))
        if self.talent is None:
            raise NotInPool()
        if valid_on(self.certificates, on) is None:
            raise NoValidCertificate()
        if self.talent.status == LAPSED:
            raise NotInPool()
        return None

    def _elsewhere(self, on: date) -> None:
        held = [a for a in self.appointments if a.person_id == self.person_id and _occupies(a, on)]
        if any(a.enterprise_id != self.enterprise_id for a in held):
            raise AlreadyCqoElsewhere()
        # A second post in the same enterprise; the very same post is told as taken.
        if any(a.post_id != self.post_id for a in held):
            raise AlreadyCqoHere()

    def _post(self, on: date) -> None:
        if any(a.post_id == self.post_id and _occupies(a, on) for a in self.appointments):
            raise PostTaken()


def _occupies(appointment: Appointment, day: date) -> bool:
    # A new appointment runs on without an end, so an older one that ended on or after its first day is in its way too.
    return appointment.status != ENDED or (appointment.ended_on is not None and appointment.ended_on >= day)


def warnings(
    enterprise: Enterprise, name: str, capacity: str, decision_level: bool, departments: list[str]
) -> list[str]:
    """The rules of `WARNINGS` that the appointment departs from."""
    recorded = {
        LEGAL_REPRESENTATIVE: enterprise.legal_representative,
        RESPONSIBLE_PERSON: enterprise.responsible_person or enterprise.legal_representative,
    }
    departs = {
        "R24": recorded[capacity] != name,
        "R26": not decision_level,
        "R27": not set(DEPARTMENTS) <= set(departments),
    }
    return [rule for rule, found in departs.items() if found]
