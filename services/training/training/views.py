"""How answers show what was found or done: masked, in the caller's language, without what does not apply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from training.domain.certificate import CertificateStatus
from training.queries import CertificateAsOf
from training.usecases.nominations import NominationResult, Refused, Waiting


@dataclass(frozen=True)
class AcceptedView:
    """A nominee who took a place."""

    enterprise_id: str
    person_id: str
    nomination_id: str
    warning: str | None
    accepted: bool = True


@dataclass(frozen=True)
class RefusedView:
    """A nominee who took none: the rule's sentence in the caller's language, and its number if it has one."""

    enterprise_id: str
    person_id: str
    reason: str
    rule: str | None
    accepted: bool = False


@dataclass(frozen=True)
class WaitingView:
    """A nominee who waits for a place."""

    enterprise_id: str
    person_id: str
    nomination_id: str
    place: int
    warning: str | None
    accepted: bool = False
    waiting: bool = True


@dataclass(frozen=True)
class NominationsView:
    """How many nominees were accepted, wait or were refused, and each of them in the order of the request."""

    accepted: int
    waiting: int
    refused: int
    items: Sequence[AcceptedView | WaitingView | RefusedView]


@dataclass(frozen=True)
class GenuineView:
    """What anybody may know of a certificate whose number and holder they know."""

    number: str
    status: CertificateStatus
    valid_until: date
    genuine: bool = True


@dataclass(frozen=True)
class NotGenuineView:
    """There is no certificate of that number and name; which of the two is wrong is not said."""

    number: str
    genuine: bool = False


def nominations(results: Sequence[NominationResult], language: str) -> NominationsView:
    """What became of each nominee."""
    items = [_nomination(result, language) for result in results]
    accepted = sum(item.accepted for item in items)
    waiting = sum(isinstance(item, WaitingView) for item in items)
    return NominationsView(accepted, waiting, len(items) - accepted - waiting, items)


def _nomination(result: NominationResult, language: str) -> AcceptedView | WaitingView | RefusedView:
    nominee = result.nominee
    if isinstance(result, Refused):
        refusal = result.refusal
        return RefusedView(nominee.enterprise_id, nominee.person_id, refusal.sentence(language), refusal.rule)
    warning = result.warning.sentence(language) if result.warning else None
    if isinstance(result, Waiting):
        return WaitingView(nominee.enterprise_id, nominee.person_id, result.nomination_id, result.place, warning)
    return AcceptedView(nominee.enterprise_id, nominee.person_id, result.nomination_id, warning)


def verification(number: str, found: CertificateAsOf | None) -> GenuineView | NotGenuineView:
    """Whether there is such a certificate, and what anybody may know of it."""
    if found is None:
        return NotGenuineView(number)
    return GenuineView(number, found.status, found.valid_until)
