"""Where and by whom a class is held: its venue has seats and is free, its trainers are of the pool (R6)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import InvalidInput
from training import storage
from training.domain.class_refusals import TrainerOutsidePool, UnknownTrainer, UnknownVenue
from training.domain.rules import Consequence, Rules
from training.domain.trainer import Trainer
from training.domain.training_class import ClassStatus, ClassWarning, TrainingClass
from training.domain.venue import Venue, VenueTaken


def hold(session: Session, training_class: TrainingClass, rules: Rules) -> None:
    """Has a class held where and by whom it says: keeps what is warned of, and refuses what can't be or may not be."""
    training_class.require_trainers()
    known = _trainers(session, training_class.trainers)
    training_class.name_trainers({block: known[of].name for block, of in training_class.trainers.items()})
    if training_class.venue_id is not None:
        venue = locked_venue(session, training_class.venue_id)
        venue.require_fits(training_class.capacity, training_class.days())
    meeting = _others_there(session, training_class)
    if meeting and rules.venue_taken == Consequence.REFUSE:
        raise VenueTaken(classes=meeting)
    outside = _taught_from_outside(training_class, known)
    if outside and rules.trainer_outside_pool == Consequence.REFUSE:
        raise TrainerOutsidePool(blocks=outside)
    unplanned = [] if training_class.syllabus else [str(training_class.starts_on.year)]
    by_code = {"venue_taken": meeting, "trainer_outside_pool": outside, "no_plan": unplanned}
    found = [ClassWarning(code, about) for code, about in by_code.items()]
    training_class.warnings = tuple(each for each in found if each.about)


def locked_venue(session: Session, venue_id: str) -> Venue:
    """The venue; locked, so that two classes can't both find it free. InvalidInput if there is none."""
    venue = session.get(Venue, venue_id, with_for_update=True, populate_existing=True)
    if venue is None:
        raise InvalidInput([{"pointer": "/venue_id", "reason": UnknownVenue().sentence()}])
    return venue


def _others_there(session: Session, training_class: TrainingClass) -> list[str]:
    """The ids of other classes at the same venue on some of the same days."""
    if training_class.venue_id is None:
        return []
    column, days = storage.training_class.c, training_class.days()
    wanted = select(TrainingClass).where(
        column.venue_id == training_class.venue_id,
        column.id != training_class.id,
        column.status != ClassStatus.CANCELLED,
        column.starts_on <= training_class.ends_on,
        column.ends_on >= training_class.starts_on,
    )
    return [other.id for other in session.scalars(wanted.order_by(column.id)) if days & other.days()]


def _taught_from_outside(training_class: TrainingClass, known: Mapping[str, Trainer]) -> list[str]:
    """The blocks whose trainers are not of the pool on each of their days, or have no entry in it."""
    outside = []
    for block in training_class.blocks:
        trainer = known.get(training_class.trainers.get(block.name, ""))
        if trainer is None or not trainer.may_teach(block.name, training_class.days_of(block.name)):
            outside.append(block.name)
    return outside


def _trainers(session: Session, trainers: Mapping[str, str]) -> dict[str, Trainer]:
    """The trainers of these blocks, by id; InvalidInput where there is none of an id."""
    if not trainers:
        return {}
    wanted = select(Trainer).where(storage.trainer.c.id.in_(set(trainers.values())))
    known = {trainer.id: trainer for trainer in session.scalars(wanted)}
    reason = UnknownTrainer().sentence()
    faults = [{"pointer": f"/trainers/{block}", "reason": reason} for block, of in trainers.items() if of not in known]
    if faults:
        raise InvalidInput(faults)
    return known
