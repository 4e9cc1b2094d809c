"""Recommending a person as CQO, completing that and taking it back: the enterprise's part (R9, R17, R30)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import RuleBroken
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import rulesets
from programme.callers import Caller
from registry.domain.person import FactKind, Person, PersonFact
from registry.domain.recommendation import OPEN, AlreadyRecommended, Recommendation, StatedEvidence
from registry.domain.rules import Rules
from registry.storage import recommendation as recommendations
from registry.usecases.access import facts_of, load_person, load_recommendation

UNDER_WAY = select(recommendations.c.id).where(
    recommendations.c.person_id == bindparam("person_id"),
    recommendations.c.enterprise_id == bindparam("enterprise_id"),
    recommendations.c.status.in_(OPEN),
)


class NoEnterprise(RuleBroken):
    """It is an enterprise that recommends, and this person belongs to none (R17)."""

    rule = "R17"
    zh = "推荐由企业提出，而该人员没有所在企业（R17）。"


class DeclaredAhead(RuleBroken):
    """A declaration can't have been made in the future."""

    zh = "诚信承诺的作出日期不得晚于今天。"


@dataclass(frozen=True)
class Declaration:
    """The person's declaration of integrity: on which day, and the document that has it (R30)."""

    made_on: date
    document: str


@dataclass(frozen=True)
class EvidenceStated:
    """What the enterprise states for a criterion, and the document that shows it, if there is one."""

    rule: str
    statement: str
    document: str | None = None


@dataclass(frozen=True)
class Recommend:
    """Recommend a person, by a document of the enterprise, with what shows that each criterion is met."""

    document: str
    declaration: Declaration | None = None
    evidence: list[EvidenceStated] = field(default_factory=list)


@dataclass(frozen=True)
class WithdrawRecommendation:
    """Take a recommendation back, for a reason."""

    reason: str


def recommend(session: Session, caller: Caller, person_id: str, command: Recommend, clock: Clock) -> Recommendation:
    """An enterprise recommends one of its people; the lock on the person keeps two recommendations apart."""
    today = clock.today()
    person = load_person(session, caller, person_id, today, lock=True)
    if person.enterprise_id is None:
        raise NoEnterprise()
    if session.scalar(UNDER_WAY, {"person_id": person.id, "enterprise_id": person.enterprise_id}):
        raise AlreadyRecommended()
    rules = rulesets.rules_on(session, today, Rules)
    made, announced = Recommendation.make(new_id(), person.enterprise_id, person, command.document, today, rules)
    session.add(made)
    outbox.add(session, made, announced, clock)
    session.flush()  # The evidence refers to it.
    _state(session, person, made, command, clock)
    audit.record(session, caller, "recommendation.made", made.id, {"person_id": person.id}, clock)
    return made


def complete(
    session: Session, caller: Caller, recommendation_id: str, command: Recommend, clock: Clock
) -> Recommendation:
    """The enterprise completes what was returned, and sends it again."""
    today = clock.today()
    person, found = locked(session, caller, recommendation_id, today)
    announced = found.complete(command.document, today, rulesets.rules_on(session, today, Rules))
    outbox.add(session, found, announced, clock)
    _state(session, person, found, command, clock)
    audit.record(session, caller, "recommendation.completed", found.id, {}, clock)
    return found


def withdraw(
    session: Session, caller: Caller, recommendation_id: str, command: WithdrawRecommendation, clock: Clock
) -> Recommendation:
    """The enterprise takes its recommendation back."""
    _, found = locked(session, caller, recommendation_id, clock.today())
    outbox.add(session, found, found.withdraw(command.reason, clock.today()), clock)
    audit.record(session, caller, "recommendation.withdrawn", found.id, {"reason": command.reason}, clock)
    return found


def locked(session: Session, caller: Caller, recommendation_id: str, on: date) -> tuple[Person, Recommendation]:
    """A recommendation that the caller may see, and its person; both locked, the person first as everywhere."""
    seen = load_recommendation(session, caller, recommendation_id, on)
    person = load_person(session, caller, seen.person_id, on, lock=True)
    return person, load_recommendation(session, caller, recommendation_id, on, lock=True)


def _state(session: Session, person: Person, made: Recommendation, command: Recommend, clock: Clock) -> None:
    """Keeps the evidence, and the declaration as a fact about the person, from the day on which it was made."""
    stated: Sequence[EvidenceStated] = command.evidence
    if command.declaration is not None:
        _declare(session, person, command.declaration, clock)
        of_it = EvidenceStated("R30", f"诚信承诺，{command.declaration.made_on}", command.declaration.document)
        stated = [of_it, *stated]
    session.add_all(StatedEvidence(made.id, each.rule, each.statement, each.document, clock.today()) for each in stated)


def _declare(session: Session, person: Person, declaration: Declaration, clock: Clock) -> None:
    today = clock.today()
    if declaration.made_on > today:
        raise DeclaredAhead()
    if any(fact.kind == FactKind.DECLARATION and fact.holds_on(today) for fact in facts_of(session, person.id)):
        return
    session.add(PersonFact(person.id, FactKind.DECLARATION, "是", declaration.made_on, today))
    changed = person.change({}, True, today)
    if changed:
        outbox.add(session, person, changed, clock)
