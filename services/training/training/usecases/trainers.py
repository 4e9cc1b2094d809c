"""Keeping the pool of trainers (R6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import check_version, load
from chassis.ids import new_id
from chassis.json_types import JsonObject
from chassis.security import audit
from chassis.unset import UNSET, Unset, given
from programme.callers import Caller
from training.domain.trainer import Trainer, TrainerStatus


@dataclass(frozen=True)
class EnterTrainer:
    """Somebody who enters the pool, on a document."""

    name: str
    employer: str
    blocks: Sequence[str]
    valid_from: date
    document: str
    title: str | None = None
    valid_until: date | None = None


@dataclass(frozen=True)
class ChangeTrainer:
    """What is to be otherwise about somebody of the pool, and the document that says so; who leaves gets a last day."""

    document: str
    name: str | Unset = UNSET
    employer: str | Unset = UNSET
    title: str | Unset | None = UNSET
    blocks: Sequence[str] | Unset = UNSET
    valid_until: date | Unset | None = UNSET
    status: TrainerStatus | Unset = UNSET


def enter(session: Session, caller: Caller, command: EnterTrainer, clock: Clock) -> Trainer:
    """Enters a trainer into the pool."""
    trainer = Trainer(id=new_id(), version=1, **vars(command))
    trainer.require_days()
    session.add(trainer)
    details: JsonObject = {"name": trainer.name, "document": trainer.document}
    audit.record(session, caller, "trainer.entered", trainer.id, details, clock)
    return trainer


def change(
    session: Session, caller: Caller, trainer_id: str, version: int, command: ChangeTrainer, clock: Clock
) -> Trainer:
    """Changes an entry of the pool. What the trainer is to teach in classes that are scheduled stays as it is."""
    trainer = load(session, Trainer, trainer_id, lock=True)
    check_version(trainer, version)
    if trainer.change(given(command)):
        trainer.version += 1
        details: JsonObject = {"document": command.document, "status": trainer.status, "blocks": list(trainer.blocks)}
        audit.record(session, caller, "trainer.changed", trainer_id, details, clock)
    return trainer
