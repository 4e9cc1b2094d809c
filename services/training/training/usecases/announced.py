"""The rule set under which a class was announced: its exam, its places and its outcomes go by it, whatever follows."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from programme import rulesets
from programme.tables import ruleset
from training.domain.rules import Rules
from training.domain.training_class import TrainingClass


def rules_of(session: Session, training_class: TrainingClass) -> Rules:
    """The rules of a class. Where they were not noted, or were withdrawn since, those in force on its first day."""
    known = ruleset.c.version == training_class.ruleset
    if training_class.ruleset is not None and session.scalar(select(ruleset.c.version).where(known)) is not None:
        return rulesets.rules_of(session, training_class.ruleset, Rules)
    return rulesets.rules_on(session, training_class.starts_on, Rules)
