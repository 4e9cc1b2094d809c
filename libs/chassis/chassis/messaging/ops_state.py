"""What `/ops/state` says of a service: what it has published, applied and parked, and whether it agrees with others."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass

from marshmallow import fields
from sqlalchemy import Text, case, cast, func, null, select
from sqlalchemy.orm import Session

from chassis.http import Schema
from chassis.messaging.inbox.agreement import Standing
from chassis.messaging.inbox.applying import handled_types
from chassis.messaging.inbox.tables import ParkedState, inbox_applied, inbox_parked
from chassis.messaging.outbox.heads import published_by_type
from chassis.messaging.outbox.table import outbox

SUM_OF_IDS = "The sum of the last 12 hexadecimal digits of each event's id, as a text: it may pass 2^53."


class PublishedOfType(Schema):
    """How many events of a type were published, and which."""

    published = fields.Integer()
    id_sum = fields.String(metadata={"description": SUM_OF_IDS})


class AppliedOfType(Schema):
    """How many events of a type were applied, and which; and how many have no handler here."""

    applied = fields.Integer(metadata={"description": "By a handler."})
    moved = fields.Integer(metadata={"description": "Without a handler: only the aggregate's cursor was moved."})
    id_sum = fields.String(
        allow_none=True,
        metadata={"description": f"{SUM_OF_IDS} Null where some were applied before the sum was kept."},
    )


class OutboxState(Schema):
    """What this service has announced."""

    by_type = fields.Dict(keys=fields.String(), values=fields.Nested(PublishedOfType))
    unpublished = fields.Integer()
    oldest_unpublished_seconds = fields.Float()


class InboxState(Schema):
    """What this service has applied of the others' events."""

    handles = fields.List(fields.String(), metadata={"description": "The types that have a handler, seen or not."})
    by_type = fields.Dict(keys=fields.String(), values=fields.Nested(AppliedOfType))
    parked = fields.Integer()
    conflicts = fields.Integer(
        metadata={"description": "Of these, events whose version another event has: was a publisher put back?"}
    )


class PublisherState(Schema):
    """Whether this service had all that a publisher had announced, at the last comparison."""

    agrees = fields.Boolean()
    differing = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "Aggregates that differ, by behind, held_up, ahead, conflicting. Empty if none does."},
    )
    problem = fields.String(allow_none=True, metadata={"description": "Why the last try came to nothing."})
    compared_at = fields.AwareDateTime(allow_none=True)


class State(Schema):
    """Whether anything is under way or held up in this service."""

    outbox = fields.Nested(OutboxState)
    inbox = fields.Nested(InboxState)
    agreement = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(PublisherState),
        metadata={"description": "By publisher. What differs is listed by GET /ops/agreement and by `reconcile`."},
    )
    overdue = fields.Dict(
        keys=fields.String(), values=fields.Integer(), metadata={"description": "Due rows not yet done, by kind."}
    )


@dataclass(frozen=True)
class Published:
    """How many events of a type were published, and the sum of their ids."""

    published: int
    id_sum: str


@dataclass(frozen=True)
class Applied:
    """How many events of a type a handler applied, and how many only moved a cursor."""

    applied: int
    moved: int
    id_sum: str | None


@dataclass(frozen=True)
class OutboxFigures:
    """What is published and what is not."""

    by_type: dict[str, Published]
    unpublished: int
    oldest_unpublished_seconds: float


@dataclass(frozen=True)
class InboxFigures:
    """What is applied and what is parked."""

    handles: list[str]
    by_type: dict[str, Applied]
    parked: int
    conflicts: int


@dataclass(frozen=True)
class Figures:
    """What is under way or held up in a service."""

    outbox: OutboxFigures
    inbox: InboxFigures
    agreement: dict[str, Standing]
    overdue: dict[str, int]


UNPUBLISHED = select(
    func.count(), func.greatest(0, func.extract("epoch", func.now() - func.min(outbox.c.occurred_at)))
).where(outbox.c.published_at.is_(None))
IS_SUMMED = func.bool_and(inbox_applied.c.id_sum.is_not(None))
APPLIED = (
    select(
        inbox_applied.c.type,
        cast(func.sum(inbox_applied.c.applied), inbox_applied.c.applied.type),
        cast(func.sum(inbox_applied.c.moved), inbox_applied.c.moved.type),
        cast(case((IS_SUMMED, func.sum(inbox_applied.c.id_sum)), else_=null()), Text),
    )
    .group_by(inbox_applied.c.type)
    .order_by(inbox_applied.c.type)
)
PARKED = select(func.count(), func.count().filter(inbox_parked.c.state == ParkedState.CONFLICT)).select_from(
    inbox_parked
)


def outbox_state(session: Session) -> OutboxFigures:
    """Counts of what is published and what is not."""
    unpublished, oldest = session.execute(UNPUBLISHED).one()
    by_type = {kind: Published(count, str(id_sum)) for kind, count, id_sum in published_by_type(session)}
    return OutboxFigures(by_type, unpublished, float(oldest or 0))


def inbox_state(session: Session, handles: list[str]) -> InboxFigures:
    """Counts of what is applied and what is parked; `handles` are the types that have a handler."""
    by_type = {kind: Applied(*counts) for kind, *counts in session.execute(APPLIED)}
    return InboxFigures(handles, by_type, *session.execute(PARKED).one())


def types_handled_by(service: str) -> list[str]:
    """The types of event that the worker of `service` has a handler for."""
    name = f"{service}.worker"
    if importlib.util.find_spec(name) is None:
        return []
    return sorted(handled_types(importlib.import_module(name).Worker))
