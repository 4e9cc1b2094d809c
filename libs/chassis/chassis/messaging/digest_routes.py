"""The routes by which a reader compares what it has applied with what this service has announced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marshmallow import fields, validate
from sqlalchemy import ARRAY, BigInteger, Text, bindparam, column, func, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import Database
from chassis.http import QuerySchema, Request, Schema, http
from chassis.messaging.announced import announced, announced_heads
from chassis.messaging.digest import BUCKETS, Head, TypeDigest
from chassis.messaging.envelope import JsonObject
from chassis.messaging.outbox.keeping import kept
from chassis.messaging.outbox.table import envelope, outbox
from chassis.messaging.visible import Visible
from chassis.security import Access, RoleGroup

HEADS_AT_ONCE = 1000
OBJECTS_AT_ONCE = 50  # whose missing events are asked for together: the address has a limit
EVENTS_AT_ONCE = 500
PLACE = r"^[^:]+:.+:[0-9]{1,18}$"


@dataclass(frozen=True)
class DigestArguments:
    """Which kinds of aggregate."""

    type: list[str] | None = None


@dataclass(frozen=True)
class HeadArguments:
    """Which aggregates."""

    type: str
    bucket: list[int]
    after: str = ""


@dataclass(frozen=True)
class MissingArguments:
    """Which aggregates, each with the last version that the reader has: `certificate:0199…:3`."""

    after: list[str]


@dataclass(frozen=True)
class Digest:
    """The digest of all that the caller may see."""

    items: list[TypeDigest]


@dataclass(frozen=True)
class Heads:
    """Some aggregates, and the id after which to go on; None at the end."""

    items: list[Head]
    next: str | None


@dataclass(frozen=True)
class Missing:
    """Events in each aggregate's order."""

    items: list[JsonObject]


class DigestQuery(QuerySchema):
    """Which kinds of aggregate."""

    record = DigestArguments

    type = fields.List(
        fields.String(validate=validate.Length(1, 100)),
        metadata={"description": "Only these kinds of aggregate, `certificate`; may be repeated."},
    )


class HeadQuery(QuerySchema):
    """Which aggregates."""

    record = HeadArguments

    type = fields.String(required=True, validate=validate.Length(1, 100))
    bucket = fields.List(
        fields.Integer(validate=validate.Range(0, BUCKETS - 1)),
        required=True,
        validate=validate.Length(1, BUCKETS),
        metadata={"description": "The buckets in which the digests differ; may be repeated."},
    )
    after = fields.String(
        load_default="", validate=validate.Length(0, 300), metadata={"description": "`next` of the answer before."}
    )


class MissingQuery(QuerySchema):
    """Which aggregates, each with the last version that the reader has."""

    record = MissingArguments

    after = fields.List(
        fields.String(validate=[validate.Length(1, 500), validate.Regexp(PLACE)]),
        required=True,
        validate=validate.Length(1, OBJECTS_AT_ONCE),
        metadata={"description": "`<kind>:<id>:<last version that you have>`; may be repeated."},
    )


class TypeDigestSchema(Schema):
    """One kind of aggregate."""

    type = fields.String()
    aggregates = fields.Integer()
    versions = fields.Integer(metadata={"description": "The sum of the versions: how many events there were."})
    buckets = fields.List(
        fields.String(),
        metadata={
            "description": "256 sums, as texts. An aggregate's bucket is the first byte of the MD5 of its id; what is "
            "added is the number in the first 6 bytes of the MD5 of `<id>:<last version>:<id of that event>`."
        },
    )


class DigestSchema(Schema):
    """What this service has announced, for comparison."""

    items = fields.List(fields.Nested(TypeDigestSchema))


class HeadSchema(Schema):
    """An aggregate's last version, and the id of that event."""

    subject = fields.String()
    version = fields.Integer()
    id = fields.String()


class HeadsSchema(Schema):
    """Some aggregates in the order of their ids."""

    items = fields.List(fields.Nested(HeadSchema))
    next = fields.String(allow_none=True, metadata={"description": "Ask again with after=next; null at the end."})


class MissingSchema(Schema):
    """The events after the versions that were named, in each aggregate's order; 500 at most."""

    items = fields.List(fields.Dict(metadata={"description": "The CloudEvent, as on the broker."}))


class KindKept(Schema):
    """A kind of aggregate that is not kept for ever."""

    type = fields.String(metadata={"description": "The kind of aggregate, `notice`."})
    begins = fields.AwareDateTime(
        allow_none=True,
        metadata={
            "description": "What ended before is no longer compared, and leaves the feed some time later. Null where "
            "the last version of each aggregate is kept, and earlier ones leave the feed."
        },
    )


class KindsKept(Schema):
    """The kinds of aggregate whose events are not kept for ever; all others are."""

    items = fields.List(fields.Nested(KindKept))


@dataclass(frozen=True)
class Beginning:
    """Since when a kind of aggregate is kept; None where its last versions are."""

    type: str
    begins: datetime | None


@dataclass(frozen=True)
class Beginnings:
    """Those of all kinds that are not kept for ever."""

    items: list[Beginning]


class DigestRoutes:
    """`GET /events/digest`, `/events/heads`, `/events/missing`, `/events/kept`; for an API with `db` and `clock`."""

    db: Database
    clock: Clock

    @http(
        "GET",
        "/events/digest",
        query=DigestQuery,
        returns=DigestSchema,
        roles=RoleGroup.SUBSCRIBERS,
        summary="A digest of what this service has announced, to compare with",
    )
    def digest(self, request: Request[None, DigestArguments]) -> Digest:
        access = request.route.container.config["access"]
        with self.db.begin() as session:
            return Digest(announced(session, request.query.type, request.caller, self.clock.today(), access))

    @http(
        "GET",
        "/events/kept",
        returns=KindsKept,
        roles=RoleGroup.SUBSCRIBERS,
        summary="The kinds of aggregate whose events are not kept for ever",
    )
    def kinds_kept(self, request: Request) -> Beginnings:
        with self.db.begin() as session:
            return Beginnings([Beginning(kind, begins) for kind, begins in kept(session).items()])

    @http(
        "GET",
        "/events/heads",
        query=HeadQuery,
        returns=HeadsSchema,
        roles=RoleGroup.SUBSCRIBERS,
        summary="The last versions of the aggregates of some buckets of the digest",
    )
    def heads(self, request: Request[None, HeadArguments]) -> Heads:
        access, wanted = request.route.container.config["access"], request.query
        place = wanted.type, wanted.bucket, wanted.after, HEADS_AT_ONCE
        with self.db.begin() as session:
            found = announced_heads(session, *place, request.caller, self.clock.today(), access)
        return Heads(found, found[-1].subject if len(found) == HEADS_AT_ONCE else None)

    @http(
        "GET",
        "/events/missing",
        query=MissingQuery,
        returns=MissingSchema,
        roles=RoleGroup.SUBSCRIBERS,
        summary="The published events of some aggregates, after the versions that you have",
    )
    def missing(self, request: Request[None, MissingArguments]) -> Missing:
        with self.db.begin() as session:
            return Missing(self._missing(session, request))

    def _missing(self, session: Session, request: Request[None, MissingArguments]) -> list[JsonObject]:
        config = request.route.container.config
        access: Access = config["access"]
        places = [place.rpartition(":") for place in request.query.after]
        keys = [aggregate.partition(":") for aggregate, _, _ in places]
        wanted = MISSING.where(Visible(session, access, request.caller, self.clock.today()).condition())
        columns = {"kinds": [key[0] for key in keys], "subjects": [key[2] for key in keys]}
        rows = session.execute(wanted, {**columns, "versions": [int(version) for _, _, version in places]})
        return [envelope(row, config["cqo"].service).to_dict() for row in rows]


_place = (
    func.unnest(
        bindparam("kinds", type_=ARRAY(Text)),
        bindparam("subjects", type_=ARRAY(Text)),
        bindparam("versions", type_=ARRAY(BigInteger)),
    )
    .table_valued(column("kind", Text), column("subject", Text), column("version", BigInteger))
    .render_derived("place")
)
MISSING = (
    select(outbox)
    .join(
        _place,
        (outbox.c.aggregate_type == _place.c.kind)
        & (outbox.c.aggregate_id == _place.c.subject)
        & (outbox.c.aggregate_version > _place.c.version),
    )
    .where(outbox.c.feed_position.is_not(None))
    .order_by(outbox.c.aggregate_type, outbox.c.aggregate_id, outbox.c.aggregate_version)
    .limit(EVENTS_AT_ONCE)
)
