"""Keeps the projection."""

from collections.abc import Sequence
from dataclasses import dataclass

import workload
from sqlalchemy.orm import Session

from chassis.messaging import Envelope, subscribe_batch


@dataclass(frozen=True)
class ItemMade:
    """The fields that the projection reads."""

    item_id: str
    number: str
    name: str
    made_on: str
    valid_until: str
    division: str


class Worker:
    """An inbox with one batch handler."""

    name = "taker-worker"

    @subscribe_batch("item.made.v1", ItemMade)
    def items_made(self, session: Session, events: Sequence[Envelope[ItemMade]]) -> None:
        workload.project(session, [vars(event.data) for event in events])
