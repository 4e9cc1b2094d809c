"""Whether a person may be appointed to a post on a day: each refusal has its own name and sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from chassis.errors import RuleBroken
from registry.domain.appointment import Appointment, Capacity, DayOutOfOrder
from registry.domain.bilingual import Bilingual
from registry.domain.certificates import CertificateFact, valid_on
from registry.domain.enterprise import Enterprise
from registry.domain.exclusion import Exclusion
from registry.domain.filing import filing_due
from registry.domain.person import Person
from registry.domain.post import DEPARTMENTS, Post
from registry.domain.rules import Rules
from registry.domain.talent import Talent, TalentStatus
from registry.events import AppointmentMade


class NotInPool(RuleBroken):
    """The person is not in the provincial talent pool, and a CQO is appointed from the pool only (R23)."""

    rule = "R23"
    zh = "该人员不在全省首席质量官人才库中；首席质量官只能从人才库中聘任（R23）。"


class NoValidCertificate(RuleBroken):
    """The person holds no qualification certificate that is valid on the day of the appointment (R23, R28)."""

    rule = "R28"
    zh = "该人员在聘任当日没有有效的首席质量官任职资格证书（R23、R28）。"


class NotAppointable(RuleBroken):
    """This member of the talent pool can't be appointed on that day; the bureau that they belong to knows why."""

    zh = "该人才库人员当日不能聘任，原因由其所属市场监管部门掌握。"


class AlreadyCqoElsewhere(RuleBroken):
    """The person already is the CQO of another enterprise; that appointment must end first (R8)."""

    rule = "R8"
    zh = "该人员已担任其他企业的首席质量官，须先终止该聘任（R8）。"


class AlreadyCqoHere(RuleBroken):
    """The person already holds another CQO post in this enterprise; that appointment must end first (R8)."""

    rule = "R8"
    zh = "该人员已在本企业另一岗位担任首席质量官，须先终止该聘任（R8）。"


class PostTaken(RuleBroken):
    """The post is taken; the appointment of its holder must end first (R22)."""

    rule = "R22"
    zh = "该岗位已有任职人员，须先终止其聘任（R22）。"


class Excluded(RuleBroken):
    """The person is on the exclusion list on the day of the appointment (R30)."""

    rule = "R30"
    zh = "该人员在聘任当日处于限制任职名单中（R30）。"


# What an appointment may stand with, but should not, by rule.
WARNINGS = {
    "R24": Bilingual(
        "聘任人姓名与登记的法定代表人或主要负责人不一致（R24）。",
        "The appointing person is not the recorded legal representative or responsible person (R24).",
    ),
    "R26": Bilingual(
        "首席质量官一般应设在企业决策层（R26）。",
        "A CQO's post is normally at decision level; this one is not (R26).",
    ),
    "R27": Bilingual(
        "质量管理、质量检验、质量安全部门应由首席质量官直接指导（R27）。",
        "Quality management, inspection and safety should all be directed by the CQO (R27).",
    ),
}


@dataclass(frozen=True)
class AppointedBy:
    """Who appoints, and as what."""

    name: str
    capacity: Capacity


@dataclass(frozen=True)
class Document:
    """The document of the appointment."""

    number: str
    date: date


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the enterprise states of the appointment; without `departments` the CQO directs those of the post."""

    appointed_on: date
    appointed_by: AppointedBy
    document: Document
    authorisation: str
    position: str
    decision_level: bool
    departments: list[str] | None = None


@dataclass(frozen=True)
class Candidacy:
    """All that decides an appointment, read under locks on the person and the post."""

    person: Person
    post: Post
    enterprise: Enterprise
    talent: Talent | None
    certificates: list[CertificateFact] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    # Appointments of the person and appointments to the post, ended ones included.
    appointments: list[Appointment] = field(default_factory=list)

    def appoint(
        self, appointment_id: str, terms: Terms, rules: Rules, today: date
    ) -> tuple[Appointment, AppointmentMade]:
        """Appoints the person to the post, or raises the rule that forbids it."""
        on, by = terms.appointed_on, terms.appointed_by
        if on > today:
            raise DayOutOfOrder()
        provisional_until = self.admit(on, rules)
        departments = terms.departments or list(self.post.departments)
        appointment = Appointment(
            id=appointment_id,
            enterprise_id=self.enterprise.id,
            person_id=self.person.id,
            post_id=self.post.id,
            division=self.enterprise.division,
            position=terms.position,
            decision_level=terms.decision_level,
            departments=departments,
            appointed_on=on,
            appointed_by_name=by.name,
            appointed_by_capacity=by.capacity,
            document_number=terms.document.number,
            document_date=terms.document.date,
            authorisation=terms.authorisation,
            filing_due_on=filing_due(on, rules),
            ruleset=rules.version,
            warnings=warnings(self.enterprise, by.name, by.capacity, terms.decision_level, departments),
            provisional_until=provisional_until,
        )
        return appointment, self._made(appointment)

    def _made(self, appointment: Appointment) -> AppointmentMade:
        return AppointmentMade(
            appointment_id=appointment.id,
            enterprise_id=appointment.enterprise_id,
            enterprise_name=self.enterprise.name,
            person_id=appointment.person_id,
            person_name=self.person.name,
            post_id=appointment.post_id,
            position=appointment.position,
            decision_level=appointment.decision_level,
            on=appointment.appointed_on,
            filing_due_on=appointment.filing_due_on,
            document=appointment.document_number,
            ruleset=appointment.ruleset,
            provisional_until=appointment.provisional_until,
        )

    def admit(self, on: date, rules: Rules) -> date | None:
        """Raises the rule that forbids the appointment; returns the deadline if it may only be provisional."""
        if any(exclusion.holds_on(on) for exclusion in self.exclusions):
            raise Excluded()
        provisional_until = self._certified(on, rules)
        self._require_no_other_post(on)
        self._require_vacancy(on)
        return provisional_until

    def _certified(self, on: date, rules: Rules) -> date | None:
        # Enterprises often appoint first and train later; the rule set says whether that is accepted for a while.
        if self.talent is None and rules.appoint_without_certificate == "provisional":
            return on + timedelta(days=rules.provisional_days)
        if self.talent is None:
            raise NotInPool()
        if valid_on(self.certificates, on) is None:
            raise NoValidCertificate()
        if self.talent.status == TalentStatus.LAPSED:
            raise NotInPool()
        return None

    def _require_no_other_post(self, on: date) -> None:
        held = [held for held in self.appointments if held.person_id == self.person.id and held.occupies(on)]
        if any(appointment.enterprise_id != self.post.enterprise_id for appointment in held):
            raise AlreadyCqoElsewhere()
        # The very same post is refused as taken.
        if any(appointment.post_id != self.post.id for appointment in held):
            raise AlreadyCqoHere()

    def _require_vacancy(self, on: date) -> None:
        if any(held.post_id == self.post.id and held.occupies(on) for held in self.appointments):
            raise PostTaken()


def warnings(
    enterprise: Enterprise, name: str, capacity: Capacity, decision_level: bool, departments: list[str]
) -> list[str]:
    """The rules of `WARNINGS` that the appointment departs from."""
    recorded = {
        Capacity.LEGAL_REPRESENTATIVE: enterprise.legal_representative,
        Capacity.RESPONSIBLE_PERSON: enterprise.responsible_person or enterprise.legal_representative,
    }
    departs = {
        "R24": recorded[capacity] != name,
        "R26": not decision_level,
        "R27": not set(DEPARTMENTS) <= set(departments),
    }
    return [rule for rule, found in departs.items() if found]
