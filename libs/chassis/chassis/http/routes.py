"""The routes of the audit log and of the rule sets, the same in every service."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import Schema as MarshmallowSchema
from marshmallow import ValidationError, fields, validate
from sqlalchemy import select

from chassis import audit, rulesets
from chassis.auth import ANYONE
from chassis.errors import InvalidInput
from chassis.http.entrypoint import http
from chassis.http.paging import Page, paginate
from chassis.http.request import Request
from chassis.http.schemas import QuerySchema, Schema, faults_of


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
        roles=("auditor",),
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
            return paginate(session, wanted, [log.seq], request.limit, request.cursor, descending=True)

    @http("GET", "/audit/verify", returns=AuditVerification, roles=("auditor",), summary="Check the audit log's chain")
    def verify_audit(self, request: Request) -> audit.Verification:
        with self.db.begin() as session:
            return audit.verify(session)


class NewRuleSet(Schema):
    """A rule set to publish."""

    effective_from = fields.Date(required=True)
    document = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"description": "The number of the document it rests on.", "example": "吉质联办〔2013〕10号"},
    )
    parameters = fields.Dict(keys=fields.String(), required=True)


class PublishedRuleSet(Schema):
    """A rule set and its version."""

    version = fields.Integer()
    effective_from = fields.Date()
    document = fields.String()
    parameters = fields.Dict(keys=fields.String())
    published_at = fields.AwareDateTime(allow_none=True)


class RuleSets(Schema):
    """All rule sets."""

    items = fields.List(fields.Nested(PublishedRuleSet))


class RulesetRoutes:
    """Reading and publishing rule sets; for a service with `db` and `clock` that names its parameters' schema."""

    db: Any
    clock: Any
    ruleset_schema: ClassVar[type[MarshmallowSchema]]

    @http("GET", "/rulesets", returns=RuleSets, roles=ANYONE, summary="List the rule sets, the newest first")
    def list_rulesets(self, request: Request) -> dict[str, list[rulesets.RuleSet]]:
        with self.db.begin() as session:
            return {"items": rulesets.all_versions(session)}

    @http(
        "POST",
        "/rulesets",
        body=NewRuleSet,
        returns=PublishedRuleSet,
        roles=("province",),
        status=201,
        problems=(rulesets.EffectiveTooEarly,),
        summary="Publish a rule set",
    )
    def publish_ruleset(self, request: Request) -> Any:
        body = request.body
        try:
            # Loading checks; what is stored is the JSON as it came, so that it reads the same everywhere.
            self.ruleset_schema().load(body["parameters"])
        except ValidationError as error:
            raise InvalidInput(list(faults_of(error.messages, "/parameters"))) from error
        with self.db.begin() as session:
            published = rulesets.publish(
                session, request.caller, body["effective_from"], body["document"], body["parameters"], self.clock
            )
            return request.reply(session, published, status=201)
