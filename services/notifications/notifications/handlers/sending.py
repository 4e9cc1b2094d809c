"""What was planned is sent on its day: to those whom it then concerns, if it still holds, with the text of that day.

The due rows come from the sweep, which settles them in the same transaction. By the rules of the day: what they have
dropped since is not sent, and a stage whose working days have changed, since a year's holidays became known, waits for
its day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.ids import new_id
from chassis.turns import in_parts
from notifications.adapters.working_days import WorkingDays
from notifications.domain.recipients import Mentions
from notifications.domain.rules import NoticeRule, Rules, escalated_type, planned_type
from notifications.domain.timing import working_day_after
from notifications.handlers.directory import Directory
from notifications.handlers.followed import typed
from notifications.handlers.planning import ESCALATED
from notifications.handlers.standing import Claim, reasons_against
from notifications.handlers.writing import TOGETHER, Cause, said_on, write
from programme import rulesets


@dataclass(frozen=True)
class Planned:
    """A due row that is to be sent: with its rule as it is today, and what was kept of the event."""

    row: due.DueRow
    rule: NoticeRule
    type: str  # of the cause
    mentions: Mentions
    data: dict[str, object]


def send(session: Session, rows: Sequence[due.DueRow], clock: Clock) -> None:
    """Due rows of kind DUE and ESCALATED."""
    today = clock.today()
    rules = rulesets.rules_on(session, today, Rules)
    calendar = WorkingDays(session)
    planned = [each for row in rows if (each := _planned(session, row, rules, calendar, today)) is not None]
    for part in in_parts(planned, TOGETHER):
        _send(session, part, rules, clock)


def _send(session: Session, planned: Sequence[Planned], rules: Rules, clock: Clock) -> None:
    today = clock.today()
    directory = Directory.read(session, [each.mentions for each in planned], today)
    claims = [Claim(each.rule.stands_while, each.row.payload["subject"], each.data) for each in planned]
    reasons = reasons_against(session, claims, today)
    causes = [
        Cause(
            new_id(),
            each.type,
            each.row.payload["subject"],
            each.row.payload["about"],
            each.row.due_on,
            clock.now(),
            each.data,
            *directory.resolve(each.mentions, each.row.payload["division"], today),
            rules=[each.rule],
            more=said_on(each.rule, each.type, each.data, today),
            withdrawn=reason,
        )
        for each, reason in zip(planned, reasons, strict=True)
    ]
    write(session, causes, rules, directory, clock)


def _planned(session: Session, row: due.DueRow, rules: Rules, calendar: WorkingDays, today: date) -> Planned | None:
    """What a row is by the rules of today; None where they ask for it no more, or not yet."""
    payload = row.payload
    rule = rules.rule(payload["rule"])
    if rule is None:
        return None
    if row.kind == ESCALATED:
        stage = next((each for each in rule.escalations if each.number == payload["stage"]), None)
        if stage is None:
            return None
        opened_on = date.fromisoformat(payload["opened_on"])
        day = working_day_after(opened_on, stage.working_days, calendar.is_working)
        if day > today:
            # A key of its own, for this row is settled: its day has come by what was known of the year.
            due.plan(session, row.kind, row.series, f"{row.key}:{day}", day, payload)
            return None
        kind = escalated_type(rule.key, stage.number)
    else:
        if rule.due is None or payload["days"] not in rule.due.days:
            return None
        kind = planned_type(rule.key)
    return Planned(row, rule, kind, _mentions(payload), typed(payload["data"]))


def _mentions(payload: dict[str, Any]) -> Mentions:  # Any: JSON's values
    return Mentions(**payload["mentions"])
