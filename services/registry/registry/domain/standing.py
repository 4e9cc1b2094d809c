"""What certificates give a person from day to day, and exclusions take: a place in the pool, the right to be in office.

It is worked out from all that is known of them, whatever the order in which it became known: the events of one
certificate come in its order, those of two certificates in any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeVar

from registry.domain.appointment import BREACH, AppointmentStatus, RestorationReason, SuspensionReason
from registry.domain.breach import Breach
from registry.domain.certificates import CertificateFact, CertificateStatus, latest_facts, rested_on, valid_on
from registry.domain.exclusion import EXCLUDED, Exclusion
from registry.domain.rules import Rules
from registry.domain.talent import TalentStatus

# Why an appointment is restored, by what stood in its way last.
OVER = {EXCLUDED: RestorationReason.EXCLUSION_OVER, BREACH: RestorationReason.BREACH_LIFTED}
RulesOn = Callable[[date], Rules]
CAUSES = {
    CertificateStatus.EXPIRED: SuspensionReason.CERTIFICATE_EXPIRED,
    CertificateStatus.REVOKED: SuspensionReason.CERTIFICATE_REVOKED,
    CertificateStatus.SUSPENDED: SuspensionReason.CERTIFICATE_SUSPENDED,
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


def pool_steps(
    facts: Sequence[CertificateFact], exclusions: Sequence[Exclusion] = (), today: date = date.max
) -> list[PoolStep]:
    """A person's place in the pool, from the first certificate on; a step for each change of it until today.

    The first step may be out of the pool, of somebody who was excluded when they earned the certificate.
    """
    steps: list[PoolStep] = []
    for day in _days(facts, exclusions, today):
        valid, known = valid_on(facts, day), rested_on(facts, day)
        is_excluded = any(entry.holds_on(day) for entry in exclusions)
        if valid is not None and not is_excluded:
            step = PoolStep(day, TalentStatus.IN_POOL, valid)
        elif known is not None:  # also on the very day of the first certificate
            reason = EXCLUDED if valid is not None else _ending(facts, day)
            step = PoolStep(day, TalentStatus.LAPSED, known, reason)
        else:
            continue
        if not steps or steps[-1].status != step.status:
            steps.append(step)
    return steps


def _days(facts: Sequence[CertificateFact], against: Sequence[Exclusion | Breach], today: date) -> list[date]:
    """The days on which something may change. What an exclusion does on a later day, is done when that has come."""
    turns = {day for entry in against for day in entry.turns() if day <= today}
    return sorted({fact.on for fact in facts} | turns)


def _ending(facts: Sequence[CertificateFact], day: date) -> str | None:
    """As what a certificate ended last by `day`."""
    ended = [fact for fact in latest_facts(facts, day) if fact.status != CertificateStatus.VALID]
    return str(max(ended, key=lambda fact: fact.on).status) if ended else None


def office_steps(
    appointed_on: date,
    facts: Sequence[CertificateFact],
    rules_on: RulesOn,
    exclusions: Sequence[Exclusion] = (),
    today: date = date.max,
    breaches: Sequence[Breach] = (),
) -> list[OfficeStep]:
    """The status of an appointment that has not ended, from its first day on; a step for each change until today.

    A certificate's end suspends it where no other entitles the holder that day, and an exclusion while it holds, if the
    rule set of the day on which that began says so; and a breach whose consequence that is, until it is lifted. It is
    restored as soon as nothing is in the way.
    """
    steps = [OfficeStep(appointed_on, AppointmentStatus.ACTIVE)]
    certificates: tuple[str, ...] = ()
    for day in sorted({max(day, appointed_on) for day in _days(facts, [*exclusions, *breaches], today)}):
        if valid_on(facts, day) is not None:
            certificates = ()
        else:
            new = (cause for cause in _causes(facts, day, rules_on) if cause not in certificates)
            certificates = (*certificates, *new)
        excluding = (
            f"{EXCLUDED}:{entry.id}"
            for entry in exclusions
            if entry.holds_on(day) and rules_on(max(entry.valid_from, appointed_on)).on_excluded == "suspend"
        )
        breaching = (f"{BREACH}:{breach.id}" for breach in breaches if breach.suspends_on(day))
        causes = (*certificates, *excluding, *breaching)
        before = steps[-1].causes
        if set(causes) == set(before):
            continue
        if not causes:
            reason = OVER.get(before[-1].partition(":")[0]) or _beginning(facts, day)
            steps.append(OfficeStep(day, AppointmentStatus.ACTIVE, reason))
            continue
        added = [cause for cause in causes if cause not in before] or causes
        steps.append(OfficeStep(day, AppointmentStatus.SUSPENDED, added[0].partition(":")[0], causes))
    return steps


def _causes(facts: Sequence[CertificateFact], day: date, rules_on: RulesOn) -> Iterable[str]:
    for fact in latest_facts(facts, day):
        if fact.on == day and fact.status in CAUSES and rules_on(day).on_end(fact.status) == "suspend":
            yield f"{CAUSES[fact.status]}:{fact.certificate_id}"


def _beginning(facts: Sequence[CertificateFact], day: date) -> RestorationReason:
    """What entitled the holder again on that day."""
    valid = valid_on(facts, day)
    earlier = [fact for fact in facts if valid and fact.certificate_id == valid.certificate_id and fact.on < day]
    if not earlier:
        return RestorationReason.CERTIFICATE_ISSUED
    was_suspended = latest_facts(earlier, day)[-1].status == CertificateStatus.SUSPENDED
    return RestorationReason.CERTIFICATE_REINSTATED if was_suspended else RestorationReason.CERTIFICATE_RENEWED


def pool_steps_in_order(
    status: TalentStatus, steps: Sequence[PoolStep], facts: Sequence[CertificateFact], since: date
) -> list[PoolStep]:
    """What is to be said of the pool where facts come in the order of their days, the last of them for `since`.

    What was said of `since`, and was undone on that same day, is said of that day anew: an expiry by a renewal, say.
    """
    last = steps[-1]
    if last.status == status:
        return []
    if last.on >= since:
        return [last]
    reason = None if last.status == TalentStatus.IN_POOL else _ending(facts, since)
    return [PoolStep(since, last.status, rested_on(facts, since) or last.certificate, reason)]


def office_steps_in_order(
    status: AppointmentStatus, steps: Sequence[OfficeStep], facts: Sequence[CertificateFact], since: date
) -> list[OfficeStep]:
    """The same for an appointment."""
    last = steps[-1]
    if last.status == status:
        return []
    if last.on >= since:
        return [last]
    reason = _beginning(facts, since) if last.status == AppointmentStatus.ACTIVE else last.reason
    return [replace(last, on=since, reason=reason)]


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
