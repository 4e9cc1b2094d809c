"""The feed: a service's events by position, for readers that were away and for other systems."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from chassis.http import QuerySchema, Request, Schema, http
from chassis.messaging.outbox.table import envelope, outbox
from chassis.security import Access, Caller, RoleGroup


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


class FeedRoutes:
    """`GET /events`; for an API with `db` and `clock`."""

    db: Any
    clock: Any

    @http(
        "GET",
        "/events",
        query=FeedQuery,
        returns=Feed,
        roles=RoleGroup.SUBSCRIBERS,
        summary="This service's events, from a position on",
    )
    def feed(self, request: Request) -> Any:
        config = request.route.container.config
        with self.db.begin() as session:
            return read_feed(
                session, config["cqo"].service, request.caller, request.query, self.clock.today(), config["access"]
            )


def read_feed(
    session: Session, service: str, caller: Caller, query: dict[str, Any], today: date, access: Access
) -> dict[str, Any]:
    """Published events after a position, as far as the caller may see; positions have no gap, answers may leave some out."""
    # Read first: the answer goes no further, so that a page with little in it may name the end of the feed as `next`.
    end = session.scalar(select(func.max(outbox.c.feed_position))) or 0
    positions = outbox.c.feed_position > query["after"], outbox.c.feed_position <= end
    wanted: Select[Any] = select(outbox).where(*positions, outbox.c.aggregate_type.not_in(access.private))
    if access.sees is not None:
        wanted = wanted.where(or_(outbox.c.division.is_(None), access.sees(outbox.c.division, caller, today)))
    if "type" in query:
        wanted = wanted.where(outbox.c.type.in_(query["type"]))
    if "subject" in query:
        wanted = wanted.where(outbox.c.aggregate_id == query["subject"])
    if "division" in query and access.subtree is not None:
        wanted = wanted.where(outbox.c.division.in_(access.subtree(query["division"], today)))
    rows = session.execute(wanted.order_by(outbox.c.feed_position).limit(query["limit"])).all()
    items = [{"position": row.feed_position, "event": envelope(row, service).to_dict()} for row in rows]
    is_full = len(items) == query["limit"]
    return {"items": items, "next": items[-1]["position"] if is_full else max(end, query["after"])}
