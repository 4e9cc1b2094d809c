"""Training classes: what kind each is, for counting its enrolments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting import storage
from reporting.handlers.rows import insert_new, row_of

INSERT_NEW = insert_new(storage.training_class)


@dataclass(frozen=True)
class ClassScheduled:
    """A class was scheduled; its kind never changes."""

    class_id: str
    kind: str


def record_classes(session: Session, events: Sequence[Envelope[ClassScheduled]]) -> None:
    """One row per class."""
    session.execute(INSERT_NEW, [row_of(event) for event in events])
