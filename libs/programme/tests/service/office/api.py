"""The office's routes: the rule sets, and the audit log that tells of them."""

from __future__ import annotations

from marshmallow import fields, validate

from chassis.clock import Clock
from chassis.data import ClockProvider, Database
from chassis.http import AuditRoutes, HttpService, Schema
from chassis.process import HealthRoutes
from programme.ruleset_routes import RuleSetRoutes


class RuleSetParameters(Schema):
    months = fields.Integer(required=True, validate=validate.Range(1, 120))


class Api(HttpService, HealthRoutes, AuditRoutes, RuleSetRoutes):
    """The office."""

    name = "office-api"
    db = Database()
    clock: Clock = ClockProvider()
    ruleset_schema = RuleSetParameters
