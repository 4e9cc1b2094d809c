"""Enterprises: in which division each lies, and to which populations it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting import storage
from reporting.domain.coverage import counts_above_threshold
from reporting.handlers import totals
from reporting.handlers.rows import Row, enter, history_row, insert_new

ONE_DAY = timedelta(days=1)
INSERT_NEW = insert_new(storage.enterprise_history)


@dataclass(frozen=True)
class EnterpriseChanged:
    """What an enterprise is from the day `on`: registered, or changed."""

    enterprise_id: str
    on: date
    name: str
    division: str
    industry: str
    above_threshold: bool
    award_contender: bool
    brand_contender: bool


@dataclass(frozen=True)
class EnterpriseDeregistered:
    """The day `on` was the last of an enterprise."""

    enterprise_id: str
    on: date
    name: str
    division: str


def record_changes(session: Session, events: Sequence[Envelope[EnterpriseChanged]]) -> None:
    """A record of history for each event."""
    _record(session, [_row(event) for event in events])


def record_ends(session: Session, events: Sequence[Envelope[EnterpriseDeregistered]]) -> None:
    """It counts on its last day, and from the next on it does not."""
    gone = {**dict.fromkeys(totals.FLAGS, False), "gone": True}
    _record(session, [{**history_row(event), **gone, "on": event.data.on + ONE_DAY} for event in events])


def _record(session: Session, rows: Sequence[Row]) -> None:
    totals.one_at_a_time(session)
    enter(session, INSERT_NEW, rows)
    totals.cover(session, (str(row["enterprise_id"]) for row in rows))


def forget(session: Session, enterprise_id: str) -> None:
    """It is no longer there, nor counted."""
    totals.one_at_a_time(session)
    history = storage.enterprise_history
    session.execute(delete(history).where(history.c.enterprise_id == enterprise_id))
    totals.cover(session, [enterprise_id])


def _row(event: Envelope[EnterpriseChanged]) -> Row:
    row = history_row(event)
    industry = str(row.pop("industry"))
    counts = counts_above_threshold(event.data.above_threshold, industry)
    return row | {"above_threshold": counts, "gone": False}
