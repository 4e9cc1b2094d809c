"""The routes of the audit log, the same in every service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from marshmallow import fields
from sqlalchemy import ColumnElement, select

from chassis.data import Database
from chassis.http.entrypoint import http
from chassis.http.fields import InstantField, TextField
from chassis.http.paging import Page, paginate
from chassis.http.request import Request
from chassis.http.schemas import QuerySchema, Schema
from chassis.security import RoleGroup, audit


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


class AuditEntry(Schema):
    """One entry of the audit log, with the text that was hashed."""

    seq = fields.Integer()
    at = fields.AwareDateTime()
    actor = fields.String()
    role = fields.String()
    action = fields.String()
    subject = fields.String()
    entry = fields.String(metadata={"description": "The canonical JSON text of the entry, which `hash` covers."})
    previous_hash = fields.String()
    hash = fields.String()


class AuditVerification(Schema):
    """Whether the chain holds, and if not, where it breaks first."""

    ok = fields.Boolean()
    checked = fields.Integer()
    first_broken = fields.Integer(allow_none=True)


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
        wanted = ENTRIES.where(*request.query.conditions())
        with self.db.begin() as session:
            return paginate(session, wanted, [audit.audit_log.c.seq], request.page, descending=True)

    @http(
        "GET",
        "/audit/verify",
        returns=AuditVerification,
        roles=RoleGroup.AUDITORS,
        summary="Check the audit log's chain",
    )
    def verify_audit(self, request: Request) -> audit.Verification:
        with self.db.begin() as session:
            return audit.verify(session)
