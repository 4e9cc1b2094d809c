"""Campaigns: what CQOs do together, from tackling a problem of quality to a visit on site (R51, R54)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.errors import RuleBroken
from reporting.events import CampaignAnnounced, CampaignCancelled, CampaignClosed


class CampaignKind(StrEnum):
    """质量攻关, 管理改进, 质量创新; 经验交流, 现场观摩."""

    BREAKTHROUGH = "breakthrough"
    IMPROVEMENT = "improvement"
    INNOVATION = "innovation"
    EXCHANGE = "exchange"
    SITE_VISIT = "site_visit"


class CampaignStatus(StrEnum):
    """What has become of a campaign."""

    ANNOUNCED = "announced"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class CampaignOver(RuleBroken):
    """The campaign is closed or cancelled."""

    zh = "该活动已经结束或者取消。"
    rule = "R51"


class NotYetBegun(RuleBroken):
    """The campaign has not begun yet, so nothing has come of it; cancel it if it is not to take place."""

    zh = "该活动尚未开始，不能结束；不再举办的，请予取消。"
    rule = "R51"


class NotACqo(RuleBroken):
    """This person was not the CQO of that enterprise when the campaign began, or is not known so yet."""

    zh = "该人员在活动开始之日不是该企业的首席质量官。"
    rule = "R51"


@dataclass(frozen=True, kw_only=True)
class CampaignFacts:
    """What is said of a campaign when it is announced; it lasts from a day to a day, both included."""

    kind: CampaignKind
    title: str
    starts_on: date
    ends_on: date
    document: str


@dataclass
class Participant:
    """A CQO who takes part for an enterprise, and what came of it; None is nothing yet."""

    campaign_id: str
    enterprise_id: str
    person_id: str
    result: str | None = None


@dataclass
class Campaign:
    """A campaign of a division's bureau, or of the province."""

    id: str
    division: str
    kind: CampaignKind
    title: str
    starts_on: date
    ends_on: date
    document: str
    status: CampaignStatus = CampaignStatus.ANNOUNCED
    version: int = 0

    @classmethod
    def announce(
        cls, campaign_id: str, division: str, facts: CampaignFacts, on: date
    ) -> tuple[Campaign, CampaignAnnounced]:
        """A new campaign."""
        campaign = cls(campaign_id, division, **vars(facts))
        return campaign, CampaignAnnounced(
            campaign_id, division, facts.kind, facts.title, facts.starts_on, facts.ends_on, facts.document, on
        )

    def require_open(self) -> None:
        """Refuses what comes too late."""
        if self.status is not CampaignStatus.ANNOUNCED:
            raise CampaignOver(status=self.status)

    def close(self, participants: int, results: int, on: date) -> CampaignClosed:
        """It is over: so many took part, and of so many something came."""
        self.require_open()
        if on < self.starts_on:
            raise NotYetBegun(starts_on=self.starts_on.isoformat())
        self.status = CampaignStatus.CLOSED
        return CampaignClosed(self.id, self.division, self.kind, participants, results, on)

    def cancel(self, reason: str, on: date) -> CampaignCancelled:
        """It does not take place."""
        self.require_open()
        self.status = CampaignStatus.CANCELLED
        return CampaignCancelled(self.id, self.division, reason, on)
