"""The operators' routes: what is published, applied and due, and the parked events."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass

from marshmallow import fields, validate
from sqlalchemy import Text, case, cast, func, null, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chassis import due
from chassis.clock import Clock
from chassis.data import Database
from chassis.http import Page, Request, Schema, TextField, http, paginate
from chassis.messaging.agreement_routes import AgreementRoutes
from chassis.messaging.inbox import parking
from chassis.messaging.inbox.agreement import Standing, standings
from chassis.messaging.inbox.applying import handled_types
from chassis.messaging.inbox.conflicts import AnotherIsKnown
from chassis.messaging.inbox.tables import ParkedState, inbox_applied, inbox_parked
from chassis.messaging.outbox.table import ID_SUM, outbox
from chassis.messaging.visible import parked_as_seen
from chassis.security import RoleGroup, audit

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


class ParkedEvent(Schema):
    """An event that waits for a retry, a predecessor, or a person."""

    id = fields.Integer()
    aggregate = fields.String(allow_none=True)
    version = fields.Integer(allow_none=True)
    type = fields.String(allow_none=True)
    event = fields.Dict(
        allow_none=True, metadata={"description": "Its `data` only for who may read the feed; `raw_text` the same."}
    )
    raw_text = fields.Function(lambda row: row.raw.decode("utf-8", "replace")[:2000] if row.raw else None)
    reason = fields.String()
    detail = fields.String(allow_none=True)
    state = fields.String()
    attempts = fields.Integer()
    next_attempt_at = fields.AwareDateTime(allow_none=True)
    parked_at = fields.AwareDateTime()


@dataclass(frozen=True)
class Skip:
    """Why a parked event is given up, and whether with what never came before it."""

    reason: str
    past_missing: bool = False


class Reason(Schema):
    """Why."""

    record = Skip

    reason = TextField(500, required=True, validate=validate.Length(min=3), metadata={"minLength": 3})
    past_missing = fields.Boolean(
        load_default=False,
        metadata={"description": "Give up as well the earlier events of the aggregate, which never came."},
    )


class Done(Schema):
    """How many parked events this has changed."""

    changed = fields.Integer()


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


@dataclass(frozen=True)
class Changed:
    changed: int  # parked events


class OpsRoutes(AgreementRoutes):
    """`/ops/…`; for an API with `db` and `clock`."""

    db: Database
    clock: Clock

    @http("GET", "/ops/state", returns=State, roles=RoleGroup.OBSERVERS, summary="What is published, applied, and due")
    def ops_state(self, request: Request) -> Figures:
        handles = types_handled_by(request.route.container.config["cqo"].service)
        with self.db.begin() as session:
            overdue = {kind: count for kind, (count, _) in due.overdue(session, self.clock).items()}
            return Figures(outbox_state(session), inbox_state(session, handles), standings(session), overdue)

    @http(
        "GET",
        "/ops/parked",
        returns=ParkedEvent,
        roles=RoleGroup.OBSERVERS,
        paged=True,
        summary="List the parked events",
    )
    def list_parked(self, request: Request) -> Page:
        access = request.route.container.config["access"]
        with self.db.begin() as session:
            page = paginate(session, select(inbox_parked), [inbox_parked.c.id], request.page)
        rows = (parking.ParkedRow(**row) for row in page.items)
        return Page([parked_as_seen(row, request.caller, access) for row in rows], page.next_cursor)

    @http(
        "GET",
        "/ops/parked/<int:parked_id>",
        returns=ParkedEvent,
        roles=RoleGroup.OBSERVERS,
        summary="Show a parked event",
    )
    def get_parked(self, request: Request, parked_id: int) -> parking.ParkedRow:
        with self.db.begin() as session:
            row = parking.find(session, parked_id)
        return parked_as_seen(row, request.caller, request.route.container.config["access"])

    @http(
        "POST", "/ops/parked/replay", returns=Done, roles=RoleGroup.OPERATORS, summary="Try all parked events again now"
    )
    def replay_all(self, request: Request) -> Response:
        with self.db.begin() as session:
            changed = parking.replay_all(session)
            audit.record(session, request.caller, "parked.replayed", "all", {"changed": changed}, self.clock)
            return request.reply(session, Changed(changed))

    @http(
        "POST",
        "/ops/parked/<int:parked_id>/replay",
        returns=Done,
        roles=RoleGroup.OPERATORS,
        problems=(parking.NotReadable, parking.SameVersionParked, AnotherIsKnown),
        summary="Try a parked event again now",
    )
    def replay(self, request: Request, parked_id: int) -> Response:
        with self.db.begin() as session:
            parking.replay(session, parked_id)
            audit.record(session, request.caller, "parked.replayed", str(parked_id), {}, self.clock)
            return request.reply(session, Changed(1))

    @http(
        "POST",
        "/ops/parked/<int:parked_id>/skip",
        body=Reason,
        returns=Done,
        roles=RoleGroup.OPERATORS,
        problems=(parking.NotTheNext, parking.PredecessorMissing),
        summary="Give a parked event up, with a reason",
    )
    def skip(self, request: Request[Skip], parked_id: int) -> Response:
        with self.db.begin() as session:
            row, missing = parking.skip(session, parked_id, request.body.past_missing)
            what = {"aggregate": row.aggregate, "version": row.version, "type": row.type, "reason": request.body.reason}
            if missing:
                what |= {"given_up_from_version": missing.start}
            audit.record(session, request.caller, "parked.skipped", str(parked_id), what, self.clock)
            return request.reply(session, Changed(1))


PUBLISHED = (
    select(outbox.c.type, func.count(), cast(ID_SUM, Text))
    .where(outbox.c.published_at.is_not(None))
    .group_by(outbox.c.type)
    .order_by(outbox.c.type)
)
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
    by_type = {kind: Published(count, id_sum) for kind, count, id_sum in session.execute(PUBLISHED)}
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
