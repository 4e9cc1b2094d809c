"""The routes of the rule sets, the same in every service."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import Schema as MarshmallowSchema
from marshmallow import fields

from chassis.clock import Clock
from chassis.data import Database
from chassis.http import ANYONE, DayField, Schema, TextField, http
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
    correction = TextField(
        1000,
        metadata={"description": "Why the rules of days gone by were wrong, where it takes effect today or earlier."},
    )


def new_ruleset_of(api: type[RuleSetRoutes]) -> MarshmallowSchema:
    """The same with the parameters of one service."""
    parameters = AsItCame(api.ruleset_schema, required=True)
    return NewRuleSet.from_dict({"parameters": parameters}, name="NewRuleSet")()


class AsItCame(fields.Nested):
    """An object that a schema checks, and that is kept as the JSON that came."""

    def _deserialize(self, value: Any, *arguments: Any, **options: Any) -> Any:  # Any: JSON, and marshmallow's options
        super()._deserialize(value, *arguments, **options)
        return value


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
    correction = fields.String(allow_none=True)
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
        body=new_ruleset_of,
        returns=PublishedRuleSet,
        roles=(Role.PROVINCE,),
        status=201,
        problems=(
            rulesets.EffectiveInThePast,
            rulesets.EffectiveTooEarly,
            rulesets.EffectiveTooLate,
            rulesets.NothingToCorrect,
        ),
        summary="Publish a rule set, from tomorrow on or as a stated correction",
    )
    def publish_ruleset(self, request: Request[PublishRuleSet]) -> Response:
        with self.db.begin() as session:
            published = rulesets.publish(session, request.caller, request.body, self.clock)
            return request.reply(session, published)

    @http(
        "POST",
        "/rulesets/<int:version>/withdraw",
        body=Withdrawal,
        returns=PublishedRuleSet,
        roles=(Role.PROVINCE,),
        problems=(rulesets.InForceAlready,),
        summary="Withdraw a rule set that is not yet in force",
    )
    def withdraw_ruleset(self, request: Request[WithdrawRuleSet], version: int) -> Response:
        with self.db.begin() as session:
            withdrawn = rulesets.withdraw(session, request.caller, version, request.body, self.clock)
            return request.reply(session, withdrawn)
