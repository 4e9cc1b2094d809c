"""Rows of deliveries that are read and written many at a time, past the ORM, which would only add its bookkeeping."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ARRAY, ColumnElement, Row, Text, bindparam, literal, text
from sqlalchemy.orm import Session

from notifications.adapters import texts
from notifications.domain.notice import Delivery, Notice, State
from notifications.storage import delivery, notice, sealing

DELIVERY_FIELDS = tuple(column.name for column in delivery.columns if column.name != "notice_id")
NOTICE_FIELDS = tuple(column.name for column in notice.columns)
STORED = {
    "state": "text",
    "version": "integer",
    "attempts": "integer",
    "sender": "integer",
    "maybe_repeated": "integer",
    "address": "text",
    "answer": "text",
    "sent_at": "timestamptz",
    "delivered_at": "timestamptz",
    "message_id": "text",
    "waits_for": "text",
    "subject": "text",
    "body": "text",
    "written_on": "date",
    "seal": "text",
}
STORE = text(
    f"UPDATE delivery SET {', '.join(f'{name} = new.{name}' for name in STORED)}, "
    "next_attempt_at = now() + make_interval(secs => new.wait) FROM jsonb_to_recordset(:deliveries) AS new "
    f"(id text, {', '.join(f'{name} {kind}' for name, kind in STORED.items())}, wait float) "
    # Said twice, for the planner takes the records of JSON for a hundred, and would read a small table from end to end.
    "WHERE delivery.id = new.id AND delivery.id = ANY(:ids)"
).bindparams(bindparam("ids", type_=ARRAY(Text)))


def _as_text(value: date | datetime) -> str:
    return value.isoformat()


def in_state(state: State) -> ColumnElement[bool]:
    """Written into the statement, so that the planner sees that the state's partial index applies."""
    return delivery.c.state == literal(state, Text, literal_execute=True)


def as_delivery(row: Row[*tuple[object, ...]]) -> Delivery:
    """The delivery and its notice in a row of both."""
    values = row._mapping
    of = Notice(**{name: values[notice.c[name]] for name in NOTICE_FIELDS})
    return Delivery(notice=of, **{name: values[delivery.c[name]] for name in DELIVERY_FIELDS})


def text_of(found: Delivery) -> texts.Text:
    """What a delivery says: its own text where it was written anew on another day, else the notice's."""
    of = found.notice
    if found.subject is None or found.body is None:
        return texts.Text(of.subject, of.body, of.short, of.digest, of.language)
    return texts.Text(found.subject, found.body, found.short or "", found.digest or "", of.language)


def store(session: Session, deliveries: Sequence[Delivery], wait: float | None = None) -> None:
    """Writes back deliveries whose rows this transaction has locked.

    The next attempt at a pending one is `wait` seconds away, or as long as its own `wait` says.
    """
    for found in deliveries:
        # What a seal covers changes only as a letter is sent, or comes back; else one that was altered would be sealed.
        if found.state in (State.SENT, State.BOUNCED) or found.seal is None:
            found.seal = sealing.seal_of_delivery(found)
    values = [
        {
            "id": found.id,
            **{name: getattr(found, name) for name in STORED},
            "wait": (found.wait if wait is None else wait) if found.state == State.PENDING else None,
        }
        for found in deliveries
    ]
    if values:
        ids = [found.id for found in deliveries]
        session.execute(STORE, {"deliveries": json.dumps(values, default=_as_text), "ids": ids})
