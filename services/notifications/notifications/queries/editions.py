"""The templates that somebody has edited: which are in force, and which there have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from jinja2 import Template
from sqlalchemy import ARRAY, Date, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from notifications.adapters import texts
from notifications.domain.language import Language
from notifications.storage import edition

E = edition.c
# Built once, as it runs for every batch of events. Sources are read when a process first needs them.
IN_FORCE = (
    select(E.id, E.kind, E.language, E.source.is_not(None))
    .ext(distinct_on(E.kind, E.language))
    .where(E.effective_from <= bindparam("on", type_=Date))
    .order_by(E.kind, E.language, E.effective_from.desc(), E.version.desc())
)
SOURCES = select(E.id, E.kind, E.language, E.source).where(E.id == func.any(bindparam("ids", type_=ARRAY(Text))))
MOST = 1000  # compiled templates that a process keeps
COMPILED: dict[str, Template] = {}  # by the edition's id; an edition never changes


@dataclass(frozen=True)
class Edition:
    """A template as somebody edited it, in force from a day on; without a source the built-in one is."""

    kind: str
    language: Language
    version: int
    source: str | None
    effective_from: date
    reason: str
    made_at: datetime
    made_by: str


COLUMNS = tuple(E[name] for name in Edition.__dataclass_fields__)


def in_force(session: Session, on: date) -> texts.Edited:
    """The edited templates that are in force on a day: in one query, and another when a new one is first needed."""
    found = {
        (kind, language): edition_id
        for edition_id, kind, language, is_edited in session.execute(IN_FORCE, {"on": on})
        if is_edited
    }
    missing = sorted({each for each in found.values() if each not in COMPILED})
    if missing:
        if len(COMPILED) > MOST:
            COMPILED.clear()
            missing = sorted(found.values())
        for edition_id, kind, language, source in session.execute(SOURCES, {"ids": missing}):
            COMPILED[edition_id] = texts.compiled(source, kind, language)
    return {place: COMPILED[edition_id] for place, edition_id in found.items()}


def editions_of(session: Session, kind: str | None = None, language: Language | None = None) -> list[Edition]:
    """All editions, of one template or of all, the newest first."""
    wanted = select(*COLUMNS).order_by(E.kind, E.language, E.version.desc())
    if kind is not None:
        wanted = wanted.where(E.kind == kind)
    if language is not None:
        wanted = wanted.where(E.language == language)
    return [Edition(*row) for row in session.execute(wanted)]


def at(editions: Sequence[Edition], on: date) -> Edition | None:
    """Which of one template's editions is in force on a day; None if there is none yet."""
    begun = [each for each in editions if each.effective_from <= on]
    return max(begun, key=lambda each: (each.effective_from, each.version), default=None)
