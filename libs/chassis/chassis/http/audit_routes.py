"""The routes of the audit log, the same in every service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from marshmallow import fields, validate
from sqlalchemy import ColumnElement, select

from chassis.data import Database
from chassis.http.entrypoint import http
from chassis.http.fields import InstantField, TextField
from chassis.http.paging import Page, paginate
from chassis.http.request import Request
from chassis.http.schemas import QuerySchema, Schema
from chassis.security import RoleGroup, audit
from chassis.security.audit import CHECKPOINTS_AT_ONCE, HIGHEST


@dataclass(frozen=True)
class AuditFilters:
    """Which entries of the audit log to list: those that are as every filter says; None lets all through."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """What a listed entry fulfils."""
        log = audit.audit_log.c
        for column, wanted in ((log.actor, self.actor), (log.action, self.action), (log.subject, self.subject)):
            if wanted is not None:
                yield column == wanted
        if self.since is not None:
            yield log.at >= self.since
        if self.until is not None:
            yield log.at < self.until


class AuditQuery(QuerySchema):
    """The same, as query parameters."""

    record = AuditFilters

    actor = TextField(200)
    action = TextField(200)
    subject = TextField(200)
    since = InstantField(metadata={"description": "Made at this instant or later."})
    until = InstantField(metadata={"description": "Made before this instant."})


@dataclass(frozen=True)
class AuditPart:
    """Which part of the chain to verify."""

    after: int = 0
    limit: int = audit.LARGEST_PART


class AuditPartQuery(QuerySchema):
    """The same, as query parameters."""

    record = AuditPart

    after = fields.Integer(
        load_default=0,
        validate=validate.Range(0, HIGHEST - audit.LARGEST_PART),
        metadata={"description": "`next` of the answer before; 0 to begin with."},
    )
    limit = fields.Integer(
        load_default=audit.LARGEST_PART,
        validate=validate.Range(1, audit.LARGEST_PART),
        metadata={"description": "How many entries to go through."},
    )


@dataclass(frozen=True)
class CheckpointFilters:
    """Which checkpoints to list."""

    service: str
    after: int = 0
    through: int = HIGHEST
    limit: int = CHECKPOINTS_AT_ONCE


class CheckpointQuery(QuerySchema):
    """The same, as query parameters."""

    record = CheckpointFilters

    service = TextField(100, required=True)
    after = fields.Integer(
        load_default=0, validate=validate.Range(0, HIGHEST), metadata={"description": "At places after this one."}
    )
    through = fields.Integer(
        load_default=HIGHEST, validate=validate.Range(0, HIGHEST), metadata={"description": "At places up to this one."}
    )
    limit = fields.Integer(load_default=CHECKPOINTS_AT_ONCE, validate=validate.Range(1, CHECKPOINTS_AT_ONCE))


class AuditEntry(Schema):
    """One entry of the audit log; the last three are its seal, null until the worker has sealed it."""

    number = fields.Integer(metadata={"description": "In the order in which entries were made; there may be holes."})
    at = fields.AwareDateTime()
    actor = fields.String()
    role = fields.String()
    action = fields.String()
    subject = fields.String()
    entry = fields.String(metadata={"description": "The canonical JSON text of the entry, which `hash` covers."})
    seq = fields.Integer(allow_none=True, metadata={"description": "Its place in the chain: 1, 2, 3 … with no hole."})
    previous_hash = fields.String(allow_none=True)
    hash = fields.String(allow_none=True)


class AuditVerification(Schema):
    """What was found of a part of the chain; places are those of `seq`."""

    ok = fields.Boolean(metadata={"description": "The chain holds, and agrees with every checkpoint of this part."})
    checked = fields.Integer(metadata={"description": "Entries of this part that hold."})
    first_broken = fields.Integer(allow_none=True, metadata={"description": "The first place that does not hold."})
    problem = fields.String(allow_none=True, metadata={"description": "What does not hold, or could not be compared."})
    next = fields.Integer(allow_none=True, metadata={"description": "Go on with after=next; null at the end."})
    anchored_to = fields.Integer(
        allow_none=True,
        metadata={"description": "The last place in this part whose hash another service has kept."},
    )
    anchored_at = fields.AwareDateTime(allow_none=True, metadata={"description": "When that checkpoint was made."})
    sealed = fields.Integer(metadata={"description": "The last place in the chain."})
    unsealed = fields.Integer(
        metadata={"description": "Entries that wait for their seal, counted to 10,000; not verified."}
    )
    unsealed_since = fields.AwareDateTime(allow_none=True, metadata={"description": "When the oldest was made."})


class AuditCheckpoint(Schema):
    """The hash at a place of a service's chain, signed by that service."""

    number = fields.Integer(metadata={"description": "It counts the service's checkpoints."})
    seal = fields.Integer(metadata={"description": "The place."})
    hash = fields.String()
    at = fields.AwareDateTime()
    signed = fields.String(metadata={"description": "All of this as a compact JWS by the service's key."})
    contradicts = fields.Boolean(metadata={"description": "It contradicts one that was kept before."})


class AuditCheckpoints(Schema):
    """Some checkpoints in the order of their places, and the service's last one, wherever it stands."""

    items = fields.List(fields.Nested(AuditCheckpoint))
    last = fields.Nested(AuditCheckpoint, allow_none=True)


@dataclass(frozen=True)
class KeptCheckpoints:
    """The same, as the route gives it."""

    items: Sequence[audit.KeptRow]
    last: audit.KeptRow | None


ENTRIES = select(audit.audit_log)


class AuditRoutes:
    """Reading and checking the audit log; for a service with `db = Database()`."""

    db: Database

    @http(
        "GET",
        "/audit",
        query=AuditQuery,
        returns=AuditEntry,
        roles=RoleGroup.AUDITORS,
        paged=True,
        summary="List the audit log, the newest entry first",
    )
    def list_audit(self, request: Request[None, AuditFilters]) -> Page:
        wanted, log = ENTRIES.where(*request.query.conditions()), audit.audit_log.c
        with self.db.begin() as session:
            return paginate(session, wanted, [log.at, log.number], request.page, descending=True)

    @http(
        "GET",
        "/audit/verify",
        query=AuditPartQuery,
        returns=AuditVerification,
        roles=RoleGroup.AUDITORS,
        summary="Verify a part of the audit log's chain against the checkpoints that another service keeps",
    )
    def verify_audit(self, request: Request[None, AuditPart]) -> audit.Verification:
        after, limit = request.query.after, request.query.limit
        kept = audit.kept_checkpoints(request.route.container.config["cqo"], after, after + limit)
        with self.db.begin() as session:
            return audit.verify(session, after, limit, kept)

    @http(
        "GET",
        "/audit/checkpoints",
        query=CheckpointQuery,
        returns=AuditCheckpoints,
        roles=RoleGroup.SUBSCRIBERS,
        summary="The checkpoints that this service keeps of a service's audit log",
    )
    def list_checkpoints(self, request: Request[None, CheckpointFilters]) -> KeptCheckpoints:
        wanted = request.query
        with self.db.begin() as session:
            items = audit.checkpoints_of(session, wanted.service, wanted.after, wanted.through, wanted.limit)
            return KeptCheckpoints(items, audit.last_checkpoint(session, wanted.service))
