"""The routes of a service's events: its feed for subscribers, and its outbox, inbox and parked events for operators."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from chassis import audit, due, scope
from chassis.auth import Caller
from chassis.http import Page, QuerySchema, Request, Schema, http, paginate
from chassis.inbox import parking
from chassis.inbox.tables import inbox_applied, inbox_parked
from chassis.outbox.table import envelope, outbox

READERS = ("system", "province", "division", "training_centre", "auditor", "ops")
OPERATORS = ("ops", "province", "auditor")
PRIVATE = "contact"  # ciphertext for one reader; never passed on to subscribers


class FeedQuery(QuerySchema):
    """Where to go on in the feed, and which events to leave out."""

    after = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 2**63 - 1),
        metadata={"description": "The position of the last event you have stored; 0 to begin with."},
    )
    type = fields.List(
        fields.String(validate=validate.Length(1, 100)), metadata={"description": "Only these types; may be repeated."}
    )
    division = fields.String(
        validate=validate.Length(1, 20), metadata={"description": "This division and all below it."}
    )
    subject = fields.String(
        validate=validate.Length(1, 200), metadata={"description": "Only the events of this object."}
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 500))


class FeedItem(Schema):
    """An event and its place in the feed."""

    position = fields.Integer()
    event = fields.Dict(metadata={"description": "The CloudEvent, as on the broker."})


class Feed(Schema):
    """Some events in the order of their positions."""

    items = fields.List(fields.Nested(FeedItem))
    next = fields.Integer(
        metadata={"description": "Ask again with after=next; the same as `after` when nothing is new."}
    )


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


class MessagingOps:
    """The feed and the operators' routes; for an API with `db` and `clock`."""

    db: Any
    clock: Any

    @http(
        "GET",
        "/events",
        query=FeedQuery,
        returns=Feed,
        roles=READERS,
        summary="This service's events, from a position on",
    )
    def feed(self, request: Request) -> Any:
        with self.db.begin() as session:
            return read_feed(
                session, request.route.container.config["cqo"].service, request.caller, request.query, self.clock
            )

    @http("GET", "/ops/state", returns=State, roles=OPERATORS, summary="What is published, applied, and due")
    def ops_state(self, request: Request) -> Any:
        with self.db.begin() as session:
            overdue = {kind: count for kind, (count, _) in due.overdue(session, self.clock).items()}
            return {"outbox": outbox_state(session), "inbox": inbox_state(session), "overdue": overdue}

    @http("GET", "/ops/parked", returns=ParkedEvent, roles=OPERATORS, paged=True, summary="List the parked events")
    def list_parked(self, request: Request) -> Page:
        with self.db.begin() as session:
            return paginate(session, select(inbox_parked), [inbox_parked.c.id], request.limit, request.cursor)

    @http("GET", "/ops/parked/<int:parked_id>", returns=ParkedEvent, roles=OPERATORS, summary="Show a parked event")
    def get_parked(self, request: Request, parked_id: int) -> Any:
        with self.db.begin() as session:
            return parking.find(session, parked_id)._mapping

    @http("POST", "/ops/parked/replay", returns=Done, roles=("ops",), summary="Try all parked events again now")
    def replay_all(self, request: Request) -> Any:
        with self.db.begin() as session:
            changed = parking.replay_all(session)
            audit.record(session, request.caller, "parked.replayed", "all", {"changed": changed}, self.clock)
            return request.reply(session, {"changed": changed})

    @http(
        "POST",
        "/ops/parked/<int:parked_id>/replay",
        returns=Done,
        roles=("ops",),
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
        roles=("ops",),
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


def read_feed(session: Session, service: str, caller: Caller, query: dict[str, Any], clock: Any) -> dict[str, Any]:
    """Published events after a position, in the caller's division; positions have no gap, answers may leave some out."""
    # Read first: the answer goes no further, so that a page with little in it may name the end of the feed as `next`.
    end = session.scalar(select(func.max(outbox.c.feed_position))) or 0
    positions = outbox.c.feed_position > query["after"], outbox.c.feed_position <= end
    wanted: Select[Any] = select(outbox).where(*positions, outbox.c.aggregate_type != PRIVATE)
    within = scope.within(outbox.c.division, caller, clock.today())
    wanted = wanted.where(or_(outbox.c.division.is_(None), within))
    if "type" in query:
        wanted = wanted.where(outbox.c.type.in_(query["type"]))
    if "subject" in query:
        wanted = wanted.where(outbox.c.aggregate_id == query["subject"])
    if "division" in query:
        wanted = wanted.where(outbox.c.division.in_(scope.subtree(query["division"], clock.today())))
    rows = session.execute(wanted.order_by(outbox.c.feed_position).limit(query["limit"])).all()
    items = [{"position": row.feed_position, "event": envelope(row, service).to_dict()} for row in rows]
    is_full = len(items) == query["limit"]
    return {"items": items, "next": items[-1]["position"] if is_full else max(end, query["after"])}


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
