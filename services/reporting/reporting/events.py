"""The facts this service announces; their fields become the event's `data` (see `contracts/`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True)
class TargetSet:
    """A target was set (version 1) or revised (a later version)."""

    type: ClassVar[str] = "target.set.v1"
    target_id: str
    division: str
    year: int
    population: str
    percent: float
    document: str
    on: date


@dataclass(frozen=True)
class TargetOfMoreSet(TargetSet):
    """The same, of a population that the first version of the event can't name."""

    type: ClassVar[str] = "target.set.v2"


@dataclass(frozen=True)
class PlanSet:
    """A roll-out plan was made (version 1) or revised: so many measures, and of these so many done."""

    type: ClassVar[str] = "rollout_plan.set.v1"
    plan_id: str
    division: str
    year: int
    document: str
    measures: int
    done: int
    on: date


@dataclass(frozen=True)
class CampaignAnnounced:
    type: ClassVar[str] = "campaign.announced.v1"
    campaign_id: str
    division: str
    kind: str
    title: str
    starts_on: date
    ends_on: date
    document: str
    on: date


@dataclass(frozen=True)
class CampaignClosed:
    """So many took part, and of so many something came."""

    type: ClassVar[str] = "campaign.closed.v1"
    campaign_id: str
    division: str
    kind: str
    participants: int
    results: int
    on: date


@dataclass(frozen=True)
class CampaignCancelled:
    type: ClassVar[str] = "campaign.cancelled.v1"
    campaign_id: str
    division: str
    reason: str
    on: date


@dataclass(frozen=True)
class HonourGiven:
    type: ClassVar[str] = "honour.given.v1"
    honour_id: str
    division: str
    kind: str
    enterprise_id: str
    person_id: str | None
    industry: str | None
    title: str
    document: str
    valid_from: date
    valid_until: date | None
    on: date


@dataclass(frozen=True)
class HonourWithdrawn:
    type: ClassVar[str] = "honour.withdrawn.v1"
    honour_id: str
    division: str
    enterprise_id: str
    person_id: str | None
    reason: str
    document: str
    on: date


@dataclass(frozen=True)
class PracticePublished:
    type: ClassVar[str] = "practice.published.v1"
    practice_id: str
    division: str
    enterprise_id: str
    industry: str
    title: str
    on: date


@dataclass(frozen=True)
class PracticeWithdrawn:
    type: ClassVar[str] = "practice.withdrawn.v1"
    practice_id: str
    division: str
    reason: str
    on: date


@dataclass(frozen=True)
class AuditSealed:
    """The chain of this service's audit log has come to the entry `seal`: a signed checkpoint of it."""

    type: ClassVar[str] = "reporting_audit.sealed.v1"
    seal: int
    hash: str
    signed: str
