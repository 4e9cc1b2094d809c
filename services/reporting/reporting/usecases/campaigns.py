"""Campaigns: announced, taken part in, closed with what came of them, or cancelled (R51, R54)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.errors import InvalidInput
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from reporting.domain.campaigns import Campaign, CampaignFacts, NotACqo, Participant
from reporting.storage import campaign, campaign_participant
from reporting.usecases.known import cqos_on, require_division, require_enterprises

OF_CAMPAIGN = select(Participant).order_by(campaign_participant.c.enterprise_id)


@dataclass(frozen=True, kw_only=True)
class AnnounceCampaign(CampaignFacts):
    """Announces a campaign of a division, or of the province."""

    division: str


@dataclass(frozen=True)
class TakingPart:
    """A CQO who takes part for an enterprise."""

    enterprise_id: str
    person_id: str


@dataclass(frozen=True)
class EnterParticipants:
    """Enters who takes part; an enterprise that is entered already sends this person from now on."""

    items: list[TakingPart]


@dataclass(frozen=True)
class Result:
    """What came of a campaign for an enterprise."""

    enterprise_id: str
    result: str


@dataclass(frozen=True)
class CloseCampaign:
    """Closes a campaign with its results."""

    results: list[Result]


@dataclass(frozen=True)
class CancelCampaign:
    """Cancels a campaign."""

    reason: str


def announce(session: Session, caller: Caller, command: AnnounceCampaign, clock: Clock) -> Campaign:
    """Announces a campaign."""
    today = clock.today()
    require_division(session, command.division, caller, today)
    if command.ends_on < command.starts_on:
        raise InvalidInput.at("/ends_on", "It lies before starts_on.", "早于 starts_on。")
    facts = CampaignFacts(**{name: value for name, value in vars(command).items() if name != "division"})
    made, event = Campaign.announce(new_id(), command.division, facts, today)
    session.add(made)
    outbox.add(session, made, event, clock)
    audit.record(session, caller, "campaign.announced", made.id, {"document": made.document}, clock)
    return made


def enter_participants(
    session: Session, caller: Caller, campaign_id: str, command: EnterParticipants, clock: Clock
) -> Sequence[Participant]:
    """Enters who takes part: CQOs of enterprises of the caller's division; all or none. Returns what was entered."""
    found = load(session, Campaign, campaign_id, lock=True)
    found.require_open()
    firms = [item.enterprise_id for item in command.items]
    if len(set(firms)) < len(firms):
        raise InvalidInput.at("/items", "An enterprise stands twice.", "企业重复。")
    require_enterprises(session, firms, caller, clock.today(), "/items")
    cqos = cqos_on(session, firms, min(found.starts_on, clock.today()))
    strangers = [item.person_id for item in command.items if (item.enterprise_id, item.person_id) not in cqos]
    if strangers:
        raise NotACqo(people=strangers[:10])
    entered = [session.merge(Participant(campaign_id, item.enterprise_id, item.person_id)) for item in command.items]
    audit.record(session, caller, "campaign.joined", campaign_id, {"enterprises": sorted(firms)}, clock)
    return entered  # who else takes part is for whoever looks after the campaign


def close(session: Session, caller: Caller, campaign_id: str, command: CloseCampaign, clock: Clock) -> Campaign:
    """Closes a campaign with what came of it for whom."""
    found = _own(session, caller, campaign_id, clock)
    participants = {each.enterprise_id: each for each in _participants(session, campaign_id)}
    strangers = sorted({each.enterprise_id for each in command.results} - participants.keys())
    if strangers:
        places = ", ".join(strangers[:10])
        raise InvalidInput.at("/results", f"These take no part: {places}.", f"未参加该活动：{places}。")
    for each in command.results:
        participants[each.enterprise_id].result = each.result
    results = sum(each.result is not None for each in participants.values())
    outbox.add(session, found, found.close(len(participants), results, clock.today()), clock)
    audit.record(session, caller, "campaign.closed", campaign_id, {"results": results}, clock)
    return found


def cancel(session: Session, caller: Caller, campaign_id: str, command: CancelCampaign, clock: Clock) -> Campaign:
    """Cancels a campaign."""
    found = _own(session, caller, campaign_id, clock)
    outbox.add(session, found, found.cancel(command.reason, clock.today()), clock)
    audit.record(session, caller, "campaign.cancelled", campaign_id, {"reason": command.reason}, clock)
    return found


def _own(session: Session, caller: Caller, campaign_id: str, clock: Clock) -> Campaign:
    """A campaign of a division that the caller looks after, locked."""
    visible = scope.within(campaign.c.division, caller, clock.today())
    return load(session, Campaign, campaign_id, visible, lock=True)


def _participants(session: Session, campaign_id: str) -> Sequence[Participant]:
    return session.scalars(OF_CAMPAIGN.where(campaign_participant.c.campaign_id == campaign_id)).all()
