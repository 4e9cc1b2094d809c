"""Whether this service has applied what each publisher has announced: shown, and compared anew on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from marshmallow import fields
from sqlalchemy import RowMapping
from werkzeug.wrappers import Response

from chassis.clock import Clock
from chassis.data import Database
from chassis.http import Request, Schema, http
from chassis.messaging.inbox.agreement import pairs, want
from chassis.security import RoleGroup, audit


class DifferingObject(Schema):
    """An aggregate that differs: its last version here, and there."""

    aggregate = fields.String()
    what = fields.String(metadata={"description": "behind, held_up, ahead or conflicting."})
    here = fields.Integer()
    there = fields.Integer()


class TypeAgreementSchema(Schema):
    """What was found of one kind of aggregate."""

    type = fields.String()
    aggregates = fields.Integer(metadata={"description": "That the publisher has announced."})
    fetched = fields.Integer(metadata={"description": "Events that had not come and were fetched."})
    behind = fields.Integer(metadata={"description": "Aggregates whose last event is missing all the same."})
    held_up = fields.Integer(metadata={"description": "Aggregates whose next event is parked."})
    ahead = fields.Integer(metadata={"description": "Aggregates of which more was applied than the publisher knows."})
    conflicting = fields.Integer(metadata={"description": "Aggregates whose last event is another one there."})
    examples = fields.List(fields.Nested(DifferingObject), metadata={"description": "20 at most."})


class Pair(Schema):
    """This service and a publisher that it reads."""

    publisher = fields.String()
    agrees = fields.Boolean(metadata={"description": "Whether the last comparison found no difference."})
    wanted_at = fields.AwareDateTime(allow_none=True, metadata={"description": "When somebody last asked for one."})
    ended_at = fields.AwareDateTime(allow_none=True, metadata={"description": "When the last try ended."})
    compared_at = fields.AwareDateTime(allow_none=True)
    agreed_at = fields.AwareDateTime(allow_none=True)
    agreed_seconds_ago = fields.Float(allow_none=True)
    problem = fields.String(allow_none=True, metadata={"description": "Why the last try came to nothing."})
    types = fields.List(fields.Nested(TypeAgreementSchema))


class Pairs(Schema):
    """This service beside each publisher that it reads."""

    items = fields.List(fields.Nested(Pair))


@dataclass(frozen=True)
class Found:
    """The pairs."""

    items: Sequence[RowMapping]


class AgreementRoutes:
    """`/ops/agreement`; for an API with `db` and `clock`."""

    db: Database
    clock: Clock

    @http(
        "GET",
        "/ops/agreement",
        returns=Pairs,
        roles=RoleGroup.OBSERVERS,
        summary="Whether all that was announced has been applied here",
    )
    def show_agreement(self, request: Request) -> Found:
        with self.db.begin() as session:
            return Found(pairs(session))

    @http(
        "POST",
        "/ops/agreement",
        returns=Pairs,
        roles=RoleGroup.OPERATORS,
        summary="Compare with each publisher now",
        description="The worker begins within some seconds; the comparison is over when `ended_at` passes `wanted_at`.",
    )
    def want_agreement(self, request: Request) -> Response:
        with self.db.begin() as session:
            want(session)
            audit.record(session, request.caller, "agreement.wanted", "all", {}, self.clock)
            return request.reply(session, Found(pairs(session)))
