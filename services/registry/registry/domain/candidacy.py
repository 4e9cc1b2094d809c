"""Whether a person may be appointed to a post on a day: each refusal has its own name and sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from chassis.errors import RuleBroken
from registry.domain import admission
from registry.domain.appointment import Appointment, Capacity, DayOutOfOrder
from registry.domain.bilingual import Bilingual
from registry.domain.certificates import valid_on
from registry.domain.departments import Department, Directed, directed, named
from registry.domain.eligibility import Dossier, assess
from registry.domain.enterprise import Enterprise
from registry.domain.filing import filing_due
from registry.domain.leader import FormerLeader, LeaderRole, leader_on
from registry.domain.person import Person
from registry.domain.post import Post
from registry.domain.rules import Rules
from registry.events import AppointmentMade


class NotAppointable(RuleBroken):
    """This member of the talent pool can't be appointed on that day; the bureau that they belong to knows why."""

    zh = "该人才库人员当日不能聘任，原因由其所属市场监管部门掌握。"


class AlreadyCqoElsewhere(RuleBroken):
    """The person already is the CQO of another enterprise; by the rule set that appointment must end first."""

    zh = "该人员已担任其他企业的首席质量官；依规则集，须先终止该聘任。"


class AlreadyCqoHere(RuleBroken):
    """The person already holds another CQO post in this enterprise; by the rule set that appointment must end first."""

    zh = "该人员已在本企业另一岗位担任首席质量官；依规则集，须先终止该聘任。"


class BeforeTheEnterprise(RuleBroken):
    """The day of the appointment lies before the day on which the enterprise was registered."""

    zh = "聘任日期早于企业登记成立日期。"


class PostTaken(RuleBroken):
    """The post is taken; the appointment of its holder must end first (R22)."""

    rule = "R22"
    zh = "该岗位已有任职人员，须先终止其聘任（R22）。"


# What an appointment may stand with, but should not, by its code: a rule of the source, or what only the rule set asks.
WARNINGS = {
    **admission.WARNINGS,
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
    "another_post": Bilingual(
        "该人员同时在其他岗位担任首席质量官。", "The person holds another post as CQO at the same time."
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
    """What the enterprise states of the appointment; without `departments` the CQO directs those of the post.

    `department_keys` says which department is which, where a name doesn't (R27).
    """

    appointed_on: date
    appointed_by: AppointedBy
    document: Document
    authorisation: str
    position: str
    decision_level: bool
    departments: list[str] | None = None
    department_keys: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidacy:
    """All that decides an appointment, read under locks on the person and the post."""

    person: Person
    post: Post
    enterprise: Enterprise
    dossier: Dossier
    # Appointments of the person and appointments to the post, ended ones included.
    appointments: list[Appointment] = field(default_factory=list)
    former_leaders: list[FormerLeader] = field(default_factory=list)

    def appoint(
        self, appointment_id: str, terms: Terms, rules: Rules, today: date
    ) -> tuple[Appointment, AppointmentMade]:
        """Appoints the person to the post, or raises the rule that forbids it."""
        on, by = terms.appointed_on, terms.appointed_by
        if on > today:
            raise DayOutOfOrder()
        if on < self.enterprise.registered_on:
            raise BeforeTheEnterprise(registered_on=self.enterprise.registered_on.isoformat())
        provisional_until, warned_of = self.admit(on, rules)
        departments = terms.departments or list(self.post.departments)
        of_post = {} if terms.departments else self.post.department_keys
        by_key = directed(departments, {**of_post, **terms.department_keys})
        appointment = Appointment(
            id=appointment_id,
            enterprise_id=self.enterprise.id,
            person_id=self.person.id,
            post_id=self.post.id,
            division=self.enterprise.division,
            position=terms.position,
            decision_level=terms.decision_level,
            departments=named(departments, terms.department_keys),
            department_keys=by_key,
            appointed_on=on,
            appointed_by_name=by.name,
            appointed_by_capacity=by.capacity,
            document_number=terms.document.number,
            document_date=terms.document.date,
            authorisation=terms.authorisation,
            filing_due_on=filing_due(on, rules),
            ruleset=rules.version,
            warnings=[
                *warnings(self._recorded(by.capacity, on), by.name, terms.decision_level, by_key),
                *warned_of,
            ],
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

    def admit(self, on: date, rules: Rules) -> tuple[date | None, list[str]]:
        """Raises the rule that forbids the appointment.

        Returns the deadline if it may only be provisional, and the codes of what is warned of. All is decided as of the
        day of the appointment, whatever has become of the person's certificates since.
        """
        decided = assess(self.person.id, self.dossier, on, rules)
        warned_of = admission.warnings_or_refusal(decided, self.dossier.certificates, rules)
        warned_of += self._other_post(on, rules)
        self._require_vacancy(on)
        uncertified = valid_on(self.dossier.certificates, on) is None
        return on + timedelta(days=rules.provisional_days) if uncertified else None, warned_of

    def _recorded(self, capacity: Capacity, on: date) -> str | None:
        """Who could appoint on that day in that capacity; without a responsible person, the representative is it."""
        representative, responsible = (
            leader_on(self.enterprise, self.former_leaders, role, on)
            for role in (LeaderRole.LEGAL_REPRESENTATIVE, LeaderRole.RESPONSIBLE_PERSON)
        )
        return responsible or representative if capacity is Capacity.RESPONSIBLE_PERSON else representative

    def _other_post(self, on: date, rules: Rules) -> list[str]:
        """What is warned of, where the rule set lets somebody hold several posts: the source says nothing of that."""
        held = [held for held in self.appointments if held.person_id == self.person.id and held.occupies(on)]
        # The very same post is refused as taken.
        others = [appointment for appointment in held if appointment.post_id != self.post.id]
        if not others or rules.appoint_cqo_of_another == "warn":
            return ["another_post"] if others else []
        if any(appointment.enterprise_id != self.post.enterprise_id for appointment in others):
            raise AlreadyCqoElsewhere()
        raise AlreadyCqoHere()

    def _require_vacancy(self, on: date) -> None:
        if any(held.post_id == self.post.id and held.occupies(on) for held in self.appointments):
            raise PostTaken()


def warnings(recorded: str | None, name: str, decision_level: bool, departments: Directed) -> list[str]:
    """The rules of `WARNINGS` that the appointment departs from; `recorded` is who could appoint that day."""
    departs = {
        "R24": recorded != name,
        "R26": not decision_level,
        "R27": not set(Department) <= departments.keys(),
    }
    return [rule for rule, found in departs.items() if found]
