"""What certificates give a person from day to day, and exclusions take: a place in the pool, the right to be in office.

It is worked out from all that is known of them, whatever the order in which it became known: the events of one
certificate come in its order, those of two certificates in any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple, Self, TypeVar

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


class Said(NamedTuple):
    """What was announced: the status from the day `on`, and why."""

    on: date
    status: StrEnum
    reason: str | None = None


# Nobody is told of those who have never been in the pool that they are not.
NEVER_IN_POOL = Said(date.min, TalentStatus.LAPSED)


@dataclass(frozen=True)
class Step:
    """What holds from a day on."""

    on: date
    status: StrEnum

    def said_of(self, day: date, instead_of: Said | None) -> Self:
        """The same, said of a later day, of which something else was said."""
        return replace(self, on=day)


@dataclass(frozen=True)
class PoolStep(Step):
    """From `on` the person is in the pool, or is not, on the strength of `certificate`."""

    status: TalentStatus
    certificate: CertificateFact
    reason: str | None = None


@dataclass(frozen=True)
class OfficeStep(Step):
    """From `on` the appointment has this status, for this reason; `causes` are those that keep it suspended."""

    status: AppointmentStatus
    reason: str | None = None
    causes: tuple[str, ...] = ()

    def said_of(self, day: date, instead_of: Said | None) -> Self:
        """The same; what something else was said for is over."""
        is_over = OVER.get(instead_of.reason or "") if instead_of and not self.causes else None
        return replace(self, on=day, reason=is_over or self.reason)


StepT = TypeVar("StepT", bound=Step)


def pool_steps(
    facts: Sequence[CertificateFact], exclusions: Sequence[Exclusion] = (), today: date = date.max
) -> list[PoolStep]:
    """A person's place in the pool on each day until today on which it may have changed, from the first certificate on.

    The first step may be out of the pool, of somebody who was excluded when they earned the certificate.
    """
    steps = []
    for day in _days(facts, exclusions, today):
        valid, known = valid_on(facts, day), rested_on(facts, day)
        is_excluded = any(entry.holds_on(day) for entry in exclusions)
        if valid is not None and not is_excluded:
            steps.append(PoolStep(day, TalentStatus.IN_POOL, valid))
        elif known is not None:  # also on the very day of the first certificate
            reason = EXCLUDED if valid is not None else _ending(facts, day)
            steps.append(PoolStep(day, TalentStatus.LAPSED, known, reason))
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
    """The status of an appointment that has not ended, on its first day and each until today on which it may change.

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
        steps.append(_office_step(day, causes, steps[-1], facts))
    return steps


def _office_step(
    day: date, causes: tuple[str, ...], before: OfficeStep, facts: Sequence[CertificateFact]
) -> OfficeStep:
    """What `causes`, or that there are none, make of an appointment on a day."""
    if not causes:
        over = OVER.get(before.causes[-1].partition(":")[0]) if before.causes else None
        return OfficeStep(day, AppointmentStatus.ACTIVE, over or _beginning(facts, day))
    added = [cause for cause in causes if cause not in before.causes] or causes
    return OfficeStep(day, AppointmentStatus.SUSPENDED, added[0].partition(":")[0], causes)


def _causes(facts: Sequence[CertificateFact], day: date, rules_on: RulesOn) -> Iterable[str]:
    for fact in latest_facts(facts, day):
        if fact.on == day and fact.status in CAUSES and rules_on(day).on_end(fact.status) == "suspend":
            yield f"{CAUSES[fact.status]}:{fact.certificate_id}"


def _beginning(facts: Sequence[CertificateFact], day: date) -> RestorationReason | None:
    """What entitled the holder again on that day, if anything did."""
    valid = valid_on(facts, day)
    if valid is None:
        return None
    earlier = [fact for fact in facts if fact.certificate_id == valid.certificate_id and fact.on < day]
    if not earlier:
        return RestorationReason.CERTIFICATE_ISSUED
    was_suspended = latest_facts(earlier, day)[-1].status == CertificateStatus.SUSPENDED
    return RestorationReason.CERTIFICATE_REINSTATED if was_suspended else RestorationReason.CERTIFICATE_RENEWED


def unsaid(said: Sequence[Said], steps: Sequence[StepT], since: date = date.min) -> list[StepT]:
    """The steps that must be said, so that what was said last of each day from `since` on is what holds on it.

    `said` is in the order of saying; what is said of a day holds from that day on, whatever was said of later ones.
    """
    days = {each.on for each in said} | {step.on for step in steps}
    for day in sorted(day for day in days if day >= since):
        held = next((each for each in reversed(said) if each.on <= day), None)
        step = next((step for step in reversed(steps) if step.on <= day), None)
        if step is not None and (held is None or held.status != step.status):
            return changes([step.said_of(day, instead_of=held), *(each for each in steps if each.on > day)])
    return []


def changes(steps: Sequence[StepT]) -> list[StepT]:
    """Those that differ in their status from the one before."""
    return [step for place, step in enumerate(steps) if place == 0 or steps[place - 1].status != step.status]
