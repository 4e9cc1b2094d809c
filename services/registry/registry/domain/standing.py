"""What certificates give a person from day to day: a place in the pool, and the right to be in office.

It is worked out from all that is known of them, whatever the order in which it became known: the events of one
certificate come in its order, those of two certificates in any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar

from registry.domain.appointment import AppointmentStatus, SuspensionReason
from registry.domain.certificates import CertificateFact, CertificateStatus, latest_facts, rested_on, valid_on
from registry.domain.rules import Rules
from registry.domain.talent import TalentStatus

RulesOn = Callable[[date], Rules]
CAUSES = {
    CertificateStatus.EXPIRED: SuspensionReason.CERTIFICATE_EXPIRED,
    CertificateStatus.REVOKED: SuspensionReason.CERTIFICATE_REVOKED,
}


@dataclass(frozen=True)
class PoolStep:
    """From `on` the person is in the pool, or is not, on the strength of `certificate`."""

    on: date
    status: TalentStatus
    certificate: CertificateFact
    reason: str | None = None


@dataclass(frozen=True)
class OfficeStep:
    """From `on` the appointment has this status, for this reason; `causes` are those that keep it suspended."""

    on: date
    status: AppointmentStatus
    reason: str | None = None
    causes: tuple[str, ...] = ()


StepT = TypeVar("StepT", bound="PoolStep | OfficeStep")


def pool_steps(facts: Sequence[CertificateFact]) -> list[PoolStep]:
    """A person's place in the pool, from the first certificate on; a step for each change of it."""
    steps: list[PoolStep] = []
    for day in sorted({fact.on for fact in facts}):
        valid, known = valid_on(facts, day), rested_on(facts, day)
        if valid is not None:
            step = PoolStep(day, TalentStatus.IN_POOL, valid)
        elif steps and known is not None:
            step = PoolStep(day, TalentStatus.LAPSED, known, _ending(facts, day))
        else:
            continue
        if not steps or steps[-1].status != step.status:
            steps.append(step)
    return steps


def _ending(facts: Sequence[CertificateFact], day: date) -> str | None:
    """As what a certificate ended last by `day`."""
    ended = [fact for fact in latest_facts(facts, day) if fact.status != CertificateStatus.VALID]
    return str(max(ended, key=lambda fact: fact.on).status) if ended else None


def office_steps(appointed_on: date, facts: Sequence[CertificateFact], rules_on: RulesOn) -> list[OfficeStep]:
    """The status of an appointment that has not ended, from its first day on; a step for each change of it.

    A certificate's end suspends it where no other entitles the holder that day, if the rule set of that day says so.
    It is restored as soon as one does.
    """
    steps = [OfficeStep(appointed_on, AppointmentStatus.ACTIVE)]
    for day in sorted({fact.on for fact in facts if fact.on >= appointed_on}):
        if valid_on(facts, day) is not None:
            if steps[-1].causes:
                steps.append(OfficeStep(day, AppointmentStatus.ACTIVE, _beginning(facts, day)))
            continue
        new = [cause for cause in _causes(facts, day, rules_on) if cause not in steps[-1].causes]
        if new:
            causes = (*steps[-1].causes, *new)
            steps.append(OfficeStep(day, AppointmentStatus.SUSPENDED, new[0].partition(":")[0], causes))
    return steps


def _causes(facts: Sequence[CertificateFact], day: date, rules_on: RulesOn) -> Iterable[str]:
    for fact in latest_facts(facts, day):
        if fact.on != day or fact.status == CertificateStatus.VALID:
            continue
        rules, expired = rules_on(day), fact.status == CertificateStatus.EXPIRED
        if (rules.on_certificate_expired if expired else rules.on_certificate_revoked) == "suspend":
            yield f"{CAUSES[fact.status]}:{fact.certificate_id}"


def _beginning(facts: Sequence[CertificateFact], day: date) -> str:
    """What entitled the holder again on that day."""
    valid = valid_on(facts, day)
    earlier = (fact for fact in facts if valid and fact.certificate_id == valid.certificate_id and fact.on < day)
    return "certificate_renewed" if any(earlier) else "certificate_issued"


def unsaid(said: Sequence[tuple[date, StrEnum]], steps: Sequence[StepT]) -> list[StepT]:
    """The steps that must be said, so that what was said last of each day is what holds on it.

    `said` is in the order of saying; what is said of a day holds from that day on, whatever was said of later ones.
    """
    held: Mapping[date, StrEnum | None] = {
        day: next((status for on, status in reversed(said) if on <= day), None)
        for day in {on for on, _ in said} | {step.on for step in steps}
    }
    for day in sorted(held):
        step = next((step for step in reversed(steps) if step.on <= day), None)
        if step is not None and held[day] != step.status:
            return _changes([replace(step, on=day), *(each for each in steps if each.on > day)])
    return []


def _changes(steps: Sequence[StepT]) -> list[StepT]:
    """Those that differ in their status from the one before."""
    return [step for place, step in enumerate(steps) if place == 0 or steps[place - 1].status != step.status]
