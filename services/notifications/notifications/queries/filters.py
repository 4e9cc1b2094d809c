"""What lists, counts and the proof can be narrowed to; None where a filter was not given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement

from chassis.clock import SHANGHAI
from notifications.domain.notice import Channel, State
from notifications.domain.recipients import RecipientKind


@dataclass(frozen=True)
class Period:
    """The days from `since` to `until`, both included, as days in Asia/Shanghai."""

    since: date | None = None
    until: date | None = None

    def contains(self, instant: ColumnElement[datetime]) -> list[ColumnElement[bool]]:
        """The conditions under which `instant`, a column, falls on one of these days."""
        conditions: list[ColumnElement[bool]] = []
        if self.since is not None:
            conditions.append(instant >= _start_of(self.since))
        if self.until is not None:
            conditions.append(instant < _start_of(self.until + timedelta(days=1)))
        return conditions

    def holds(self, day: ColumnElement[date]) -> list[ColumnElement[bool]]:
        """The conditions under which `day`, a column of days, is one of these."""
        conditions: list[ColumnElement[bool]] = []
        if self.since is not None:
            conditions.append(day >= self.since)
        if self.until is not None:
            conditions.append(day <= self.until)
        return conditions


@dataclass(frozen=True)
class NoticeFilters(Period):
    kind: str | None = None
    channel: Channel | None = None
    state: State | None = None
    recipient_kind: RecipientKind | None = None
    recipient_id: str | None = None
    cause_id: str | None = None


@dataclass(frozen=True)
class InboxFilters(Period):
    kind: str | None = None
    unread: bool | None = None


@dataclass(frozen=True)
class SummaryFilters(Period):
    pass


@dataclass(frozen=True)
class ProofFilters(Period):
    kind: str | None = None
    each: bool = False  # each delivery looked up by itself, and nothing taken from the counts


@dataclass(frozen=True)
class PreviewFilters:
    recipient_kind: RecipientKind | None = None
    ruleset: int | None = None  # by which it is signed; that of today


@dataclass(frozen=True)
class PlanFilters:
    on: date
    ruleset: int | None = None  # its version; that of the day where none is given


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI)
