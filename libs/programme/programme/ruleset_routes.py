"""The routes of the rule sets, the same in every service."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import ValidationError, fields

from chassis.clock import Clock
from chassis.data import Database
from chassis.errors import InvalidInput
from chassis.http import ANYONE, DayField, Schema, TextField, http, violations_of
from programme import rulesets
from programme.callers import Role
from programme.http import Request, Response
from programme.rulesets import PublishRuleSet, RuleSet, WithdrawRuleSet


class NewRuleSet(Schema):
    """A rule set to publish."""

    record = PublishRuleSet

    effective_from = DayField(required=True)
    document = TextField(
        200,
        required=True,
        metadata={"description": "The number of the document it rests on.", "example": "吉质联办〔2013〕10号"},
    )
    parameters = fields.Dict(keys=TextField(64), required=True)


class Withdrawal(Schema):
    """Why a rule set is withdrawn."""

    record = WithdrawRuleSet

    document = TextField(200, required=True, metadata={"description": "The number of the document that says so."})


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
    """Reading and publishing rule sets; for a service's API that names the schema of its parameters."""

    db: Database
    clock: Clock
    ruleset_schema: ClassVar[type[Schema]]

    @http("GET", "/rulesets", returns=RuleSets, roles=ANYONE, summary="List the rule sets, the newest first")
    def list_rulesets(self, request: Request[None, None]) -> dict[str, list[RuleSet]]:
        with self.db.begin() as session:
            return {"items": rulesets.all_versions(session)}

    @http(
        "POST",
        "/rulesets",
        body=NewRuleSet,
        returns=PublishedRuleSet,
        roles=(Role.PROVINCE,),
        status=201,
        problems=(rulesets.EffectiveTooEarly, rulesets.EffectiveTooLate),
        summary="Publish a rule set",
    )
    def publish_ruleset(self, request: Request[PublishRuleSet]) -> Response:
        self._check_parameters(request.body.parameters)
        with self.db.begin() as session:
            published = rulesets.publish(session, request.caller, request.body, self.clock)
            return request.reply(session, published, status=201)

    @http(
        "POST",
        "/rulesets/<int:version>/withdraw",
        body=Withdrawal,
        returns=PublishedRuleSet,
        roles=(Role.PROVINCE,),
        status=200,
        problems=(rulesets.InForceAlready,),
        summary="Withdraw a rule set that is not yet in force",
    )
    def withdraw_ruleset(self, request: Request[WithdrawRuleSet], version: int) -> Response:
        with self.db.begin() as session:
            withdrawn = rulesets.withdraw(session, request.caller, version, request.body, self.clock)
            return request.reply(session, withdrawn)

    def _check_parameters(self, parameters: rulesets.Parameters) -> None:
        """Refuses what does not fit the service's schema; what is stored is the JSON as it came."""
        try:
            self.ruleset_schema().load(parameters)
        except ValidationError as error:
            raise InvalidInput(list(violations_of(error.messages, "/parameters"))) from error
