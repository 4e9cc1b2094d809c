"""What the rules have sent on a later day becomes a due row, in the transaction of the event that says so.

A due row of kind DUE is one threshold of one date, as 30 days before a certificate's end. Of those of a
series that have come together, as after an outage, the sweep sends the tightest. Rows of kind ESCALATED are the stages
of one matter; each has a series of its own, for each tells somebody else. What is planned is looked at again on its
day (`sending`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import day_of
from chassis.messaging import Envelope
from notifications.adapters.working_days import WorkingDays
from notifications.domain.conditions import about_of
from notifications.domain.recipients import Mentions
from notifications.domain.rules import NoticeRule
from notifications.domain.timing import working_day_after
from notifications.handlers.writing import plain

Fact: TypeAlias = Envelope[Any]  # Any: the record of an event that rules can name

DUE, ESCALATED = "notice.due", "notice.escalated"  # the kinds of due row
UNSAID = asdict(Mentions())


def plan(session: Session, events: Sequence[Fact], by_type: Mapping[str, Sequence[NoticeRule]]) -> None:
    """Plans what the rules for these events have sent later; what a rule planned for the same thing before is off."""
    # Of several events about one thing the last holds.
    planned = {
        (rule.key, about_of(event.type, event.subject, vars(event.data))): (event, rule)
        for event in events
        for rule in by_type[event.type]
        if (rule.due or rule.escalations) and rule.applies(event.type, vars(event.data))
    }
    if not planned:
        return
    cancel(
        session,
        [
            each
            for (_, about), (event, rule) in planned.items()
            if event.sequence > 1
            for each in series_of(rule, about)
        ],
    )
    calendar = WorkingDays(session)
    rows = (row for (_, about), (event, rule) in planned.items() for row in _rows(event, rule, about, calendar))
    due.plan_all(session, rows)


def cancel(session: Session, some: Iterable[str]) -> None:
    """Cancels what is still planned of each of these series."""
    wanted = sorted(set(some))
    if wanted:
        due.cancel(session, *wanted)


def series(rule: str, about: str, stage: int | None = None) -> str:
    """The series of what a rule has sent by the date of one thing; of each stage another, for each tells others."""
    return f"{rule}:{about}" if stage is None else f"{rule}:{about}:{stage}"


def series_of(rule: NoticeRule, about: str) -> list[str]:
    """All that a rule has sent later about one thing."""
    return [series(rule.key, about), *(series(rule.key, about, stage.number) for stage in rule.escalations)]


def thresholds(
    rule: NoticeRule,
    about: str,
    anchor: date,
    after: date,
    payload: Mapping[str, Any],  # Any: JSON's values
) -> Iterator[due.Planned]:
    """The rows of a rule's thresholds before or after the day `anchor`, of those that come after the day `after`."""
    assert rule.due is not None
    for days in rule.due.days:
        day = anchor + timedelta(days=days)
        # A term that is shorter than a threshold has no such threshold.
        if day > after:
            key = f"{rule.key}:{about}:{anchor}:{days}"
            yield due.Planned(DUE, series(rule.key, about), key, day, {**payload, "rule": rule.key, "days": days})


def stages(
    rule: NoticeRule,
    about: str,
    opened_on: date,
    calendar: WorkingDays,
    payload: Mapping[str, Any],  # Any: JSON's values
) -> Iterator[due.Planned]:
    """The rows of a rule's stages, for a matter that was opened on that day."""
    for stage in rule.escalations:
        key = f"{rule.key}:{about}:{opened_on}:{stage.number}"
        day = working_day_after(opened_on, stage.working_days, calendar.is_working)
        content = {**payload, "rule": rule.key, "stage": stage.number, "opened_on": opened_on.isoformat()}
        yield due.Planned(ESCALATED, series(rule.key, about, stage.number), key, day, content)


def payload_of(event: Fact, about: str) -> dict[str, Any]:  # Any: JSON's values
    """What is kept of an event until its day: whom it mentions, and what it says."""
    mentions = {name: value for name, value in asdict(event.data.mentions).items() if value != UNSAID[name]}
    return {
        "about": about,
        "subject": event.subject,
        "event": event.id,
        "division": event.division,
        "mentions": mentions,
        "data": plain(vars(event.data)),
    }


def _rows(event: Fact, rule: NoticeRule, about: str, calendar: WorkingDays) -> Iterator[due.Planned]:
    payload, happened_on = payload_of(event, about), day_of(event.time)
    if rule.due is not None:
        anchor = getattr(event.data, rule.due.field)
        if anchor is not None:
            yield from thresholds(rule, about, anchor, happened_on, payload)
    yield from stages(rule, about, happened_on, calendar, payload)
