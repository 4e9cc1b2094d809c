"""A template is edited, tried on every example, and returned to the one that is built in."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from jinja2 import Template
from sqlalchemy import func, insert, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import InvalidInput, NotFound, RuleBroken, StaleVersion
from chassis.ids import new_id
from chassis.json_types import JsonObject
from chassis.security import audit
from notifications.adapters import texts
from notifications.adapters.examples import Example, audiences_of, examples_of, fields_of
from notifications.adapters.sandbox import TemplateRefused, filename_of
from notifications.domain.language import Language
from notifications.domain.recipients import Audience, RecipientKind
from notifications.domain.rules import Rules
from notifications.queries.editions import Edition
from notifications.storage import edition
from programme import rulesets
from programme.callers import Caller

DAYS_AHEAD = 366
LIMITS = {"subject": 200, "body": 20_000, "short": 300, "digest": 300}  # characters


class TooEarly(RuleBroken):
    """A template takes effect today at the earliest: what was sent before said what it said."""

    zh = "模板最早自当日起生效，此前发出的通知不受影响。"


class TooLate(RuleBroken):
    """A template takes effect within a year."""

    zh = "模板须在一年内生效。"


@dataclass(frozen=True)
class EditTemplate:
    """What a template says from a day on, and why; without a source, what is built in."""

    effective_from: date
    reason: str
    source: str | None = None


@dataclass(frozen=True)
class Draft:
    """A template that is looked at and not kept."""

    source: str


@dataclass(frozen=True)
class Shown:
    """What a template says of an example to a recipient of that kind."""

    audience: Audience
    recipient_kind: RecipientKind
    event: str
    text: texts.Text


def edit(
    session: Session,
    caller: Caller,
    place: tuple[str, Language],
    version: int,
    command: EditTemplate,
    clock: Clock,
) -> Edition:
    """Keeps a new edition of the template of a kind and language, after `version`, 0 being the built-in one.

    InvalidInput with the line if it is refused or fails on an example; StaleVersion if there is a newer one.
    """
    kind, language = place
    today = clock.today()
    if command.effective_from < today:
        raise TooEarly(today=today)
    if (command.effective_from - today).days > DAYS_AHEAD:
        raise TooLate(today=today)
    if command.source is not None:
        tried(command.source, kind, language, rulesets.rules_on(session, today, Rules), today)
    # Two that edit at once must not both become the next edition.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"edition {kind} {language}"))))
    newest = session.scalar(
        select(func.max(edition.c.version)).where(edition.c.kind == kind, edition.c.language == language)
    )
    if (newest or 0) != version:
        raise StaleVersion()
    made = Edition(
        kind, language, version + 1, command.source, command.effective_from, command.reason, clock.now(), caller.subject
    )
    session.execute(insert(edition).values(id=new_id(), **vars(made)))
    facts: JsonObject = {
        "version": made.version,
        "effective_from": made.effective_from.isoformat(),
        "reason": made.reason,
        "source": made.source,
    }
    action = "template.restored" if made.source is None else "template.edited"
    audit.record(session, caller, action, f"{kind}/{language}", facts, clock)
    return made


def rules_for(session: Session, ruleset: int | None, today: date) -> Rules:
    """The rule set of that version, or the one of today; NotFound if there is none."""
    if ruleset is None:
        return rulesets.rules_on(session, today, Rules)
    try:
        return rulesets.rules_of(session, ruleset, Rules)
    except NoResultFound:
        raise NotFound() from None


def tried(source: str, kind: str, language: Language, rules: Rules, today: date) -> list[Shown]:
    """What a template says of each example to each audience; InvalidInput names the line where it fails.

    It is tried on all audiences, and not only on those of the rule set: the next one may name others.
    """
    try:
        template = texts.compiled(source, kind, language, fields_of(kind))
    except TemplateRefused as fault:
        raise _refusal(fault.line, fault.problem, fault.problem_zh) from fault
    named = audiences_of(kind, rules)
    return [each for each in _said(template, kind, list(Audience), language, rules, today) if each.audience in named]


def shown(template: Template, kind: str, language: Language, rules: Rules, today: date) -> list[Shown]:
    """What a template says of each example to each audience of the rule set."""
    return list(_said(template, kind, audiences_of(kind, rules), language, rules, today))


def _said(
    template: Template, kind: str, audiences: Sequence[Audience], language: Language, rules: Rules, today: date
) -> Iterator[Shown]:
    for example in examples_of(kind):
        for audience in audiences:
            if example.concerns(audience):
                yield _shown(template, example, audience, rules, today, language)


def _shown(
    template: Template, example: Example, audience: Audience, rules: Rules, today: date, language: Language
) -> Shown:
    facts, signed_by = example.facts(today, rules, audience), rules.body_of(example.kind)
    try:
        text = texts.text_of(template, audience.recipient_kind, facts, signed_by, language)
    except Exception as fault:  # Whatever a template does wrong is the editor's to mend.
        place = f"{example.event}, {audience}"
        raise _refusal(_line_of(fault, template), f"{place}: {fault}", f"{place}：{fault}") from fault
    if too_long := next((name for name, most in LIMITS.items() if len(getattr(text, name)) > most), None):
        most = LIMITS[too_long]
        raise _refusal(1, f"{too_long} has more than {most} characters", f"{too_long}超过{most}个字符")
    return Shown(audience, audience.recipient_kind, example.event, text)


def _line_of(fault: BaseException, template: Template) -> int:
    """The template's line at which it failed."""
    frames = [
        frame
        for frame in traceback.walk_tb(fault.__traceback__)
        if frame[0].f_code.co_filename == filename_of(str(template.name))
    ]
    return template.get_corresponding_lineno(frames[-1][1]) if frames else 1


def _refusal(line: int, problem: str, problem_zh: str) -> InvalidInput:
    return InvalidInput.at("/source", f"line {line}: {problem}", f"第{line}行：{problem_zh}")
