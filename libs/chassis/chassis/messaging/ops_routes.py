"""The operators' routes: what is published, applied and due, and the parked events."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields, validate
from sqlalchemy import select
from werkzeug.wrappers import Response

from chassis import due
from chassis.clock import Clock
from chassis.data import Database
from chassis.http import Page, Request, Schema, TextField, http, paginate
from chassis.messaging.agreement_routes import AgreementRoutes
from chassis.messaging.inbox import parking
from chassis.messaging.inbox.agreement import standings
from chassis.messaging.inbox.conflicts import AnotherIsKnown
from chassis.messaging.inbox.tables import inbox_parked
from chassis.messaging.ops_state import Figures, State, inbox_state, outbox_state, types_handled_by
from chassis.messaging.visible import parked_as_seen
from chassis.security import RoleGroup, audit


class ParkedEvent(Schema):
    """An event that waits for a retry, a predecessor, or a person."""

    id = fields.Integer()
    aggregate = fields.String(allow_none=True)
    version = fields.Integer(allow_none=True)
    type = fields.String(allow_none=True)
    event = fields.Dict(
        allow_none=True, metadata={"description": "Its `data` only for who may read the feed; `raw_text` the same."}
    )
    raw_text = fields.Function(lambda row: row.raw.decode("utf-8", "replace")[:2000] if row.raw else None)
    reason = fields.String()
    detail = fields.String(allow_none=True)
    state = fields.String()
    attempts = fields.Integer()
    next_attempt_at = fields.AwareDateTime(allow_none=True)
    parked_at = fields.AwareDateTime()


@dataclass(frozen=True)
class Skip:
    """Why a parked event is given up, and whether with what never came before it."""

    reason: str
    past_missing: bool = False


class Reason(Schema):
    """Why."""

    record = Skip

    reason = TextField(500, required=True, validate=validate.Length(min=3), metadata={"minLength": 3})
    past_missing = fields.Boolean(
        load_default=False,
        metadata={"description": "Give up as well the earlier events of the aggregate, which never came."},
    )


class Done(Schema):
    """How many parked events this has changed."""

    changed = fields.Integer()


@dataclass(frozen=True)
class Changed:
    changed: int  # parked events


class OpsRoutes(AgreementRoutes):
    """`/ops/…`; for an API with `db` and `clock`."""

    db: Database
    clock: Clock

    @http("GET", "/ops/state", returns=State, roles=RoleGroup.OBSERVERS, summary="What is published, applied, and due")
    def ops_state(self, request: Request) -> Figures:
        handles = types_handled_by(request.route.container.config["cqo"].service)
        with self.db.begin() as session:
            overdue = {kind: count for kind, (count, _) in due.overdue(session, self.clock).items()}
            return Figures(outbox_state(session), inbox_state(session, handles), standings(session), overdue)

    @http(
        "GET",
        "/ops/parked",
        returns=ParkedEvent,
        roles=RoleGroup.OBSERVERS,
        paged=True,
        summary="List the parked events",
    )
    def list_parked(self, request: Request) -> Page:
        access = request.route.container.config["access"]
        with self.db.begin() as session:
            page = paginate(session, select(inbox_parked), [inbox_parked.c.id], request.page)
        rows = (parking.ParkedRow(**row) for row in page.items)
        return Page([parked_as_seen(row, request.caller, access) for row in rows], page.next_cursor)

    @http(
        "GET",
        "/ops/parked/<int:parked_id>",
        returns=ParkedEvent,
        roles=RoleGroup.OBSERVERS,
        summary="Show a parked event",
    )
    def get_parked(self, request: Request, parked_id: int) -> parking.ParkedRow:
        with self.db.begin() as session:
            row = parking.find(session, parked_id)
        return parked_as_seen(row, request.caller, request.route.container.config["access"])

    @http(
        "POST", "/ops/parked/replay", returns=Done, roles=RoleGroup.OPERATORS, summary="Try all parked events again now"
    )
    def replay_all(self, request: Request) -> Response:
        with self.db.begin() as session:
            changed = parking.replay_all(session)
            audit.record(session, request.caller, "parked.replayed", "all", {"changed": changed}, self.clock)
            return request.reply(session, Changed(changed))

    @http(
        "POST",
        "/ops/parked/<int:parked_id>/replay",
        returns=Done,
        roles=RoleGroup.OPERATORS,
        problems=(parking.NotReadable, parking.SameVersionParked, AnotherIsKnown),
        summary="Try a parked event again now",
    )
    def replay(self, request: Request, parked_id: int) -> Response:
        with self.db.begin() as session:
            parking.replay(session, parked_id)
            audit.record(session, request.caller, "parked.replayed", str(parked_id), {}, self.clock)
            return request.reply(session, Changed(1))

    @http(
        "POST",
        "/ops/parked/<int:parked_id>/skip",
        body=Reason,
        returns=Done,
        roles=RoleGroup.OPERATORS,
        problems=(parking.NotTheNext, parking.PredecessorMissing),
        summary="Give a parked event up, with a reason",
    )
    def skip(self, request: Request[Skip], parked_id: int) -> Response:
        with self.db.begin() as session:
            row, missing = parking.skip(session, parked_id, request.body.past_missing)
            what = {"aggregate": row.aggregate, "version": row.version, "type": row.type, "reason": request.body.reason}
            if missing:
                what |= {"given_up_from_version": missing.start}
            audit.record(session, request.caller, "parked.skipped", str(parked_id), what, self.clock)
            return request.reply(session, Changed(1))
