"""The routes of the audit log, the same in every service."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select

from chassis.http.entrypoint import http
from chassis.http.paging import Page, paginate
from chassis.http.request import Request
from chassis.http.schemas import QuerySchema, Schema
from chassis.security import RoleGroup, audit


class AuditQuery(QuerySchema):
    """Which entries of the audit log to list."""

    actor = fields.String(validate=validate.Length(1, 200))
    action = fields.String(validate=validate.Length(1, 200))
    subject = fields.String(validate=validate.Length(1, 200))
    since = fields.AwareDateTime(metadata={"description": "Entries made at this instant or later."})
    until = fields.AwareDateTime(metadata={"description": "Entries made before this instant."})


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


class AuditRoutes:
    """Reading and checking the audit log; for a service with `db = Database()`."""

    db: Any

    @http(
        "GET",
        "/audit",
        query=AuditQuery,
        returns=AuditEntry,
        roles=RoleGroup.AUDITORS,
        paged=True,
        summary="List the audit log, the newest entry first",
    )
    def list_audit(self, request: Request) -> Page:
        log = audit.audit_log.c
        wanted = select(audit.audit_log)
        for name in ("actor", "action", "subject"):
            if name in request.query:
                wanted = wanted.where(log[name] == request.query[name])
        if "since" in request.query:
            wanted = wanted.where(log.at >= request.query["since"])
        if "until" in request.query:
            wanted = wanted.where(log.at < request.query["until"])
        with self.db.begin() as session:
            return paginate(session, wanted, [log.seq], request.page, descending=True)

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
