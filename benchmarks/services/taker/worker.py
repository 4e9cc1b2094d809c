"""Keeps the projection."""

from collections.abc import Sequence

import workload
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from chassis.messaging.envelope import Envelope
from chassis.messaging.inbox import subscribe_batch


class ItemMade(Schema):
    """The fields that the projection reads."""

    item_id = fields.String(required=True)
    number = fields.String(required=True)
    name = fields.String(required=True)
    made_on = fields.String(required=True)
    valid_until = fields.String(required=True)
    division = fields.String(required=True)


class Worker:
    """An inbox with one batch handler."""

    name = "taker-worker"

    @subscribe_batch("item.made.v1", ItemMade)
    def items_made(self, session: Session, events: Sequence[Envelope]) -> None:
        workload.project(session, [event.data for event in events])
