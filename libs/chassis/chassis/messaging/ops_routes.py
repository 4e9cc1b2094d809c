"""The operators' routes: what is published, applied and due, and the parked events."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis import due
from chassis.http import Page, Request, Schema, http, paginate
from chassis.messaging.inbox import parking
from chassis.messaging.inbox.tables import inbox_applied, inbox_parked
from chassis.messaging.outbox.table import outbox
from chassis.security import RoleGroup, audit


class OutboxState(Schema):
    """What this service has announced, by type."""

    by_type = fields.Dict(keys=fields.String(), values=fields.Integer(), metadata={"description": "Published."})
    unpublished = fields.Integer()
    oldest_unpublished_seconds = fields.Float()


class InboxState(Schema):
    """What this service has applied of the others' events, by type."""

    applied = fields.Dict(keys=fields.String(), values=fields.Integer())
    parked = fields.Integer()


class State(Schema):
    """Whether anything is under way or held up in this service."""

    outbox = fields.Nested(OutboxState)
    inbox = fields.Nested(InboxState)
    overdue = fields.Dict(
        keys=fields.String(), values=fields.Integer(), metadata={"description": "Due rows not yet done, by kind."}
    )


class ParkedEvent(Schema):
    """An event that waits for a retry, a predecessor, or a person."""

    id = fields.Integer()
    aggregate = fields.String(allow_none=True)
    version = fields.Integer(allow_none=True)
    type = fields.String(allow_none=True)
    event = fields.Dict(allow_none=True)
    raw_text = fields.Function(lambda row: row["raw"].decode("utf-8", "replace")[:2000] if row["raw"] else None)
    reason = fields.String()
    detail = fields.String(allow_none=True)
    state = fields.String()
    attempts = fields.Integer()
    next_attempt_at = fields.AwareDateTime(allow_none=True)
    parked_at = fields.AwareDateTime()


class Reason(Schema):
    """Why."""

    reason = fields.String(required=True, validate=validate.Length(3, 500))


class Done(Schema):
    """How many parked events this has changed."""

    changed = fields.Integer()


class OpsRoutes:
    """`/ops/…`; for an API with `db` and `clock`."""

    db: Any
    clock: Any

    @http("GET", "/ops/state", returns=State, roles=RoleGroup.OBSERVERS, summary="What is published, applied, and due")
    def ops_state(self, request: Request) -> Any:
        with self.db.begin() as session:
            overdue = {kind: count for kind, (count, _) in due.overdue(session, self.clock).items()}
            return {"outbox": outbox_state(session), "inbox": inbox_state(session), "overdue": overdue}

    @http(
        "GET",
        "/ops/parked",
        returns=ParkedEvent,
        roles=RoleGroup.OBSERVERS,
        paged=True,
        summary="List the parked events",
    )
    def list_parked(self, request: Request) -> Page:
        with self.db.begin() as session:
            return paginate(session, select(inbox_parked), [inbox_parked.c.id], request.page)

    @http(
        "GET",
        "/ops/parked/<int:parked_id>",
        returns=ParkedEvent,
        roles=RoleGroup.OBSERVERS,
        summary="Show a parked event",
    )
    def get_parked(self, request: Request, parked_id: int) -> Any:
        with self.db.begin() as session:
            return parking.find(session, parked_id)._mapping

    @http(
        "POST", "/ops/parked/replay", returns=Done, roles=RoleGroup.OPERATORS, summary="Try all parked events again now"
    )
    def replay_all(self, request: Request) -> Any:
        with self.db.begin() as session:
            changed = parking.replay_all(session)
            audit.record(session, request.caller, "parked.replayed", "all", {"changed": changed}, self.clock)
            return request.reply(session, {"changed": changed})

    @http(
        "POST",
        "/ops/parked/<int:parked_id>/replay",
        returns=Done,
        roles=RoleGroup.OPERATORS,
        problems=(parking.NotReadable,),
        summary="Try a parked event again now",
    )
    def replay(self, request: Request, parked_id: int) -> Any:
        with self.db.begin() as session:
            parking.replay(session, parked_id)
            audit.record(session, request.caller, "parked.replayed", str(parked_id), {}, self.clock)
            return request.reply(session, {"changed": 1})

    @http(
        "POST",
        "/ops/parked/<int:parked_id>/skip",
        body=Reason,
        returns=Done,
        roles=RoleGroup.OPERATORS,
        problems=(parking.NotTheNext,),
        summary="Give a parked event up, with a reason",
    )
    def skip(self, request: Request, parked_id: int) -> Any:
        with self.db.begin() as session:
            row = parking.skip(session, parked_id)
            what = {"aggregate": row.aggregate, "version": row.version, "type": row.type}
            audit.record(
                session,
                request.caller,
                "parked.skipped",
                str(parked_id),
                what | {"reason": request.body["reason"]},
                self.clock,
            )
            return request.reply(session, {"changed": 1})


PUBLISHED = (
    select(outbox.c.type, func.count())
    .where(outbox.c.published_at.is_not(None))
    .group_by(outbox.c.type)
    .order_by(outbox.c.type)
)
UNPUBLISHED = select(
    func.count(), func.greatest(0, func.extract("epoch", func.now() - func.min(outbox.c.occurred_at)))
).where(outbox.c.published_at.is_(None))
APPLIED = (
    select(inbox_applied.c.type, func.sum(inbox_applied.c.applied))
    .group_by(inbox_applied.c.type)
    .order_by(inbox_applied.c.type)
)
PARKED = select(func.count()).select_from(inbox_parked)


def outbox_state(session: Session) -> dict[str, Any]:
    """Counts of what is published and what is not."""
    unpublished, oldest = session.execute(UNPUBLISHED).one()
    by_type = {kind: count for kind, count in session.execute(PUBLISHED)}
    return {"by_type": by_type, "unpublished": unpublished, "oldest_unpublished_seconds": float(oldest or 0)}


def inbox_state(session: Session) -> dict[str, Any]:
    """Counts of what is applied and what is parked."""
    applied = {kind: int(count) for kind, count in session.execute(APPLIED)}
    return {"applied": applied, "parked": session.scalar(PARKED)}
