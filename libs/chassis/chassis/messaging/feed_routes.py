"""The feed: a service's events by position, for readers that were away and for other systems."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import date

from marshmallow import fields, validate
from sqlalchemy import ARRAY, BigInteger, Select, Text, bindparam, func, select, true, tuple_
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import Database
from chassis.errors import RuleBroken
from chassis.http import QuerySchema, Request, Schema, http
from chassis.messaging.digest_routes import DigestRoutes
from chassis.messaging.envelope import JsonObject
from chassis.messaging.outbox.months import archived_after, end_of_feed, published_between
from chassis.messaging.outbox.table import envelope, outbox
from chassis.messaging.visible import Visible
from chassis.security import Access, Caller, RoleGroup

log = logging.getLogger(__name__)

DEFAULT_LIMIT, HIGHEST_LIMIT = 100, 500  # events
LONGEST_LOOK = 20_000  # positions that one request goes through; what it finds then may be less than a page


@dataclass(frozen=True)
class FeedArguments:
    """Where to go on in the feed, and which events to leave out."""

    after: int = 0  # the position of the last event that the reader has
    type: list[str] | None = None
    division: str | None = None
    subject: str | None = None
    limit: int = DEFAULT_LIMIT
    after_id: str | None = None  # the id of the event at `after`, as the feed had it then


class FeedQuery(QuerySchema):
    """Where to go on in the feed, and which events to leave out."""

    record = FeedArguments

    after = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 2**63 - 1),
        metadata={"description": "The position of the last event you have stored; 0 to begin with."},
    )
    after_id = fields.String(
        validate=validate.Length(1, 100),
        metadata={"description": "`next_id` of the answer that gave `after`: a feed that was put back is told by it."},
    )
    type = fields.List(
        fields.String(validate=validate.Length(1, 100)), metadata={"description": "Only these types; may be repeated."}
    )
    division = fields.String(
        validate=validate.Length(1, 20), metadata={"description": "This division and all below it."}
    )
    subject = fields.String(
        validate=validate.Length(1, 200), metadata={"description": "Only the events of this aggregate."}
    )
    limit = fields.Integer(load_default=DEFAULT_LIMIT, validate=validate.Range(1, HIGHEST_LIMIT))


@dataclass(frozen=True)
class FeedEvent:
    """An event and its place in the feed."""

    position: int
    event: JsonObject
    left: bool = False  # whether the aggregate lies elsewhere from this event on


@dataclass(frozen=True)
class FeedPage:
    """Some events in the order of their positions, and the position after which to go on."""

    items: list[FeedEvent]
    next: int
    end: int  # the position of the feed's last event
    next_id: str | None  # the id of the event at `next`, whether the reader may see it or not


class FeedItem(Schema):
    """An event and its place in the feed."""

    position = fields.Integer()
    event = fields.Dict(metadata={"description": "The CloudEvent, as on the broker."})
    left = fields.Boolean(
        metadata={
            "description": "Whether the aggregate lies outside your division, or the one asked for, from this event "
            "on: you get no later one of it."
        }
    )


class Feed(Schema):
    """Some events in the order of their positions."""

    items = fields.List(fields.Nested(FeedItem))
    next = fields.Integer(
        metadata={
            "description": "Ask again with after=next; the same as `after` when nothing is new. An answer may hold "
            "less than `limit`, or nothing, and still not be the last."
        }
    )
    end = fields.Integer(metadata={"description": "The position of the last event there is; you have all at next=end."})
    next_id = fields.String(
        allow_none=True,
        metadata={"description": "Keep it with `next` and send it as `after_id`. Null where nothing is at `next` yet."},
    )


class FeedPutBack(RuleBroken):
    """This feed was put back to an earlier moment; read again with after=0, and leave out by ids what you have."""

    zh = "本事件流已恢复到较早时刻，请以 after=0 重新读取，并按事件 id 去除已有的事件。"


class EventsArchived(RuleBroken):
    """Events after this position are in an archive; read them there, or go on after the last of them."""

    status = 410
    zh = "该位置之后的部分事件已归档，请从归档文件读取，或从其最后一个位置之后继续。"


class FeedRoutes(DigestRoutes):
    """`GET /events` and what there is to compare with; for an API with `db` and `clock`."""

    db: Database
    clock: Clock

    @http(
        "GET",
        "/events",
        query=FeedQuery,
        returns=Feed,
        roles=RoleGroup.SUBSCRIBERS,
        problems=(FeedPutBack, EventsArchived),
        summary="This service's events, from a position on",
    )
    def feed(self, request: Request[None, FeedArguments]) -> FeedPage:
        config = request.route.container.config
        service, access = config["cqo"].service, config["access"]
        with self.db.begin() as session:
            return read_feed(session, service, request.caller, request.query, self.clock.today(), access)


ID_AT = select(outbox.c.id).where(outbox.c.feed_position == bindparam("position"))
_type = func.unnest(bindparam("types", type_=ARRAY(Text))).table_valued("name").render_derived("wanted")
# Compared and sorted by both columns, so that only the index of both will do: by the position alone the planner may go
# through all that lies between two events of a rare type.
_first = (
    select(outbox.c.type, outbox.c.feed_position)
    .where(tuple_(outbox.c.type, outbox.c.feed_position) > tuple_(_type.c.name, bindparam("after", type_=BigInteger)))
    .order_by(outbox.c.type, outbox.c.feed_position)
    .limit(1)
    .lateral("first")
)
# The first position of any of some types, by one look into the index for each.
FIRST_OF_TYPES = (
    select(func.min(_first.c.feed_position))
    .select_from(_type.join(_first, true()))
    .where(_first.c.type == _type.c.name)
)


def read_feed(
    session: Session, service: str, caller: Caller, wanted: FeedArguments, today: date, access: Access
) -> FeedPage:
    """Published events after a position that the caller may see; positions have no gap, answers may.

    Raises FeedPutBack.
    """
    # Read first: the answer goes no further, so that a page with little in it may name the end of the feed as `next`.
    # From then on no month can be taken out until this transaction ends.
    end = end_of_feed(session)
    _require_same_feed(session, wanted, end)
    _require_in_feed(session, wanted)
    after, last = _window(session, wanted, end)
    if last == wanted.after:
        return FeedPage([], last, end, _id_at(session, last))
    published = published_between(session, after, last)
    visible = Visible(session, access, caller, today, wanted.division)
    rows = session.execute(_wanted(replace(wanted, after=after), last, visible).where(published)).all()
    items = [FeedEvent(row.feed_position, envelope(row, service).to_dict(), row.has_left) for row in rows]
    is_full = len(items) == wanted.limit
    following = items[-1].position if is_full else last
    return FeedPage(items, following, end, session.scalar(ID_AT.where(published), {"position": following}))


def _id_at(session: Session, position: int) -> str | None:
    """The id of the event at a position; None if there is none, or no longer."""
    return session.scalar(ID_AT.where(published_between(session, position - 1, position)), {"position": position})


def _require_in_feed(session: Session, wanted: FeedArguments) -> None:
    """Refuses to pass over events that are archived; those of one aggregate are given from the first that is there."""
    if wanted.subject is None and (found := archived_after(session, wanted.after)):
        raise EventsArchived(
            first=found.first_position, last=found.last_position, archive=found.archived_as, next=found.last_position
        )


def _require_same_feed(session: Session, wanted: FeedArguments, end: int) -> None:
    """Refuses a reader that has been further than the feed goes, or had another event at its position."""
    is_past = wanted.after > end
    if is_past or wanted.after_id is not None:
        # None where the feed begins later by now: what is old may have been taken out of it.
        found = _id_at(session, wanted.after)
        if is_past or found not in (None, wanted.after_id):
            log.warning(
                "a reader of the feed had position %d as %s, and there it is %s of %d now: was the database put back?",
                wanted.after,
                wanted.after_id,
                found,
                end,
            )
            raise FeedPutBack(position=wanted.after, end=end)


def _window(session: Session, wanted: FeedArguments, end: int) -> tuple[int, int]:
    """The positions that one request goes through (after, last), so that it ends in time whatever it finds.

    An aggregate's events have an index of their own. Rare types are leapt to.
    """
    if wanted.subject is not None:
        return wanted.after, end
    after = wanted.after
    if wanted.type is not None:
        first = session.scalar(FIRST_OF_TYPES, {"types": wanted.type, "after": after})
        after = end if first is None else first - 1
    return after, min(end, after + LONGEST_LOOK)


def _wanted(wanted: FeedArguments, end: int, visible: Visible) -> Select[tuple[object, ...]]:
    positions = outbox.c.feed_position > wanted.after, outbox.c.feed_position <= end
    found = select(outbox, visible.has_left().label("has_left")).where(*positions, visible.condition())
    if wanted.type is not None:
        found = found.where(outbox.c.type.in_(wanted.type))
    if wanted.subject is not None:
        found = found.where(outbox.c.aggregate_id == wanted.subject)
    return found.order_by(outbox.c.feed_position).limit(wanted.limit)
