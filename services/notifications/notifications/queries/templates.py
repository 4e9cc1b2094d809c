"""The templates of notices as they are today: built in or edited, with all editions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from jinja2 import Template
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from notifications.adapters import texts
from notifications.adapters.examples import audiences_of, fields_of, kinds
from notifications.adapters.words import FILTERS
from notifications.domain.language import Language
from notifications.domain.rules import Rules
from notifications.queries.editions import Edition, at, editions_of
from programme import rulesets


@dataclass(frozen=True, kw_only=True)
class ListedTemplate:
    """A template, and which edition of it is in force; none where it is the built-in one."""

    kind: str
    language: Language
    version: int  # of the last edition
    edited: bool
    effective_from: date | None
    made_by: str | None


@dataclass(frozen=True, kw_only=True)
class TemplateInFull(ListedTemplate):
    """The same with its source, what it may name, and its history."""

    source: str
    built_in: str
    audience: list[str]
    fields_: list[str]
    filters: list[str]
    history: list[Edition]


def place_of(kind: str, language: str) -> tuple[str, Language]:
    """The kind and language of an address; NotFound if there is no such template."""
    if kind not in kinds() or language not in tuple(Language):
        raise NotFound()
    return kind, Language(language)


def listed(session: Session, on: date) -> list[ListedTemplate]:
    """All templates as they are on a day."""
    edited = {
        place: list(editions)
        for place, editions in groupby(editions_of(session), lambda each: (each.kind, each.language))
    }
    return [
        ListedTemplate(kind=kind, language=language, **_state(edited.get((kind, language), []), on))
        for kind in kinds()
        for language in Language
    ]


def in_full(session: Session, kind: str, language: Language, on: date) -> TemplateInFull:
    """One template as it is on a day, with all its editions."""
    history = editions_of(session, kind, language)
    edition, built_in = at(history, on), texts.source_of(kind, language)
    return TemplateInFull(
        kind=kind,
        language=language,
        source=built_in if edition is None or edition.source is None else edition.source,
        built_in=built_in,
        audience=[str(each) for each in audiences_of(kind, rulesets.rules_on(session, on, Rules))],
        fields_=sorted(fields_of(kind)),
        filters=sorted(FILTERS[language]),
        history=history,
        **_state(history, on),
    )


def compiled_on(session: Session, kind: str, language: Language, on: date) -> Template:
    """The template that is in force on a day."""
    edition = at(editions_of(session, kind, language), on)
    if edition is None or edition.source is None:
        return texts.built_in(kind, language)
    return texts.compiled(edition.source, kind, language)


def _state(history: Sequence[Edition], on: date) -> dict[str, Any]:  # Any: fields, each of its own type
    edition = at(history, on)
    in_force = edition if edition is not None and edition.source is not None else None
    return {
        "version": max((each.version for each in history), default=0),
        "edited": in_force is not None,
        "effective_from": in_force and in_force.effective_from,
        "made_by": in_force and in_force.made_by,
    }
