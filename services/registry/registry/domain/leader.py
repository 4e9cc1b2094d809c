"""Who leads an enterprise, by days (R7): its legal representative and its main responsible person.

The enterprise itself says who does today. What is kept here is who did before, so that nothing has to be written for
the many whose leaders never change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from chassis.errors import RuleBroken
from registry.domain.enterprise import Enterprise


class LeaderRole(StrEnum):
    """As what somebody leads an enterprise; also the name of the enterprise's field."""

    LEGAL_REPRESENTATIVE = "legal_representative"
    RESPONSIBLE_PERSON = "responsible_person"


class LeadsTooEarly(RuleBroken):
    """A leader's first day lies after that of the one before, after the enterprise's own, and not in the future."""

    zh = "任职起始日期须晚于前任的起始日期和企业成立日期，且不得晚于今天。"


@dataclass
class FormerLeader:
    """Led the enterprise until the day `until`; `name` is None where nobody was recorded."""

    enterprise_id: str
    role: LeaderRole
    name: str | None
    until: date
    recorded_on: date
    id: int | None = None


@dataclass(frozen=True)
class Leader:
    """Led the enterprise from `since` until `until`, both included; None of them: from the first day, until now."""

    role: LeaderRole
    name: str | None
    since: date | None
    until: date | None


def succeed(
    enterprise: Enterprise, former: Iterable[FormerLeader], role: LeaderRole, since: date, today: date
) -> FormerLeader:
    """Notes that who leads the enterprise now did so until the day before `since`."""
    earliest = max((each.until for each in former if each.role is role), default=enterprise.registered_on)
    if not earliest < since <= today:
        raise LeadsTooEarly()
    return FormerLeader(enterprise.id, role, getattr(enterprise, role), since - timedelta(days=1), today)


def leader_on(enterprise: Enterprise, former: Iterable[FormerLeader], role: LeaderRole, day: date) -> str | None:
    """Who led the enterprise on a day."""
    later = [each for each in former if each.role is role and each.until >= day]
    if later:
        return min(later, key=lambda each: each.until).name
    name: str | None = getattr(enterprise, role)
    return name


def leaders(enterprise: Enterprise, former: Iterable[FormerLeader]) -> Iterator[Leader]:
    """All who have led the enterprise, role by role, the first one first."""
    known = sorted(former, key=lambda each: each.until)
    for role in LeaderRole:
        since: date | None = None
        for each in known:
            if each.role is role:
                yield Leader(role, each.name, since, each.until)
                since = each.until + timedelta(days=1)
        yield Leader(role, getattr(enterprise, role), since, enterprise.deregistered_on)
