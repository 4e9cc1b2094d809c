"""An event that somebody must know of becomes a notice for each who must, as the rules of the day say.

All of it happens in the transaction that moves the event's cursor, so an event is announced once, whatever crashes.
What the rules have sent on later days is planned in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from chassis.clock import Clock, day_of
from chassis.messaging import Envelope
from chassis.turns import in_parts
from notifications.domain.recipients import Mentions
from notifications.domain.rules import NoticeRule, Rules
from notifications.handlers import Batch, matters, planning
from notifications.handlers.directory import Directory
from notifications.handlers.writing import TOGETHER, Cause, write
from programme import rulesets


class Announced(Protocol):
    """What is read of an event that may be announced: a frozen dataclass that says which ids it mentions."""

    @property
    def mentions(self) -> Mentions:
        """Those whom the event names, by their ids."""


AnnouncedT = TypeVar("AnnouncedT", bound=Announced)


def announce(session: Session, events: Batch[AnnouncedT], clock: Clock) -> None:
    """Records `events` as causes, writes the notices that the rules ask for, and plans those of later days."""
    today = clock.today()
    rules = rulesets.rules_on(session, today, Rules)
    by_type = {event.type: rules.rules_for(event.type) for event in events}
    added = set[str]()
    for part in in_parts(events, TOGETHER):
        directory = Directory.read(session, [event.data.mentions for event in part], today)
        causes = [_cause(event, by_type[event.type], directory) for event in part]
        added |= write(session, causes, rules, directory, clock)
    new = [event for event in events if event.id in added]
    matters.follow(session, new, clock)
    planning.plan(session, new, by_type)


def _cause(event: Envelope[AnnouncedT], rules: Sequence[NoticeRule], directory: Directory) -> Cause:
    data = vars(event.data)
    return Cause(
        event.id,
        event.type,
        event.subject,
        f"event:{event.id}",
        day_of(event.time),
        event.time,
        data,
        *directory.resolve(event.data.mentions, event.division, directory.on),
        rules=[rule for rule in rules if rule.due is None and rule.applies(event.type, data)],
        more={},
        correlation_id=event.correlationid,
    )
