"""The routes of the rule sets, the same in every service."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from chassis.errors import InvalidInput
from chassis.http import ANYONE, Schema, faults_of, http
from programme import rulesets
from programme.callers import Role
from programme.http import Request


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


class RuleSetRoutes:
    """Reading and publishing rule sets; for a service with `db` and `clock` that names its parameters' schema."""

    db: Any
    clock: Any
    ruleset_schema: ClassVar[type[Schema]]

    @http("GET", "/rulesets", returns=RuleSets, roles=ANYONE, summary="List the rule sets, the newest first")
    def list_rulesets(self, request: Request) -> dict[str, list[rulesets.RuleSet]]:
        with self.db.begin() as session:
            return {"items": rulesets.all_versions(session)}

    @http(
        "POST",
        "/rulesets",
        body=NewRuleSet,
        returns=PublishedRuleSet,
        roles=(Role.PROVINCE,),
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
