"""The texts of notices: a template for each kind and language, in the language of official letters.

The text is plain; the letter's HTML form is made from it, escaped. Beside the letter a template has a `short` form, for
a text message or a group's robot, and a `digest`, the line that stands for it in a list.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template

from notifications.adapters.sandbox import Sandbox
from notifications.adapters.words import FILTERS, REASONS, addressed, reason
from notifications.domain.language import Language
from notifications.domain.rules import Body, Rules

__all__ = [
    "BUILT_IN",
    "KINDS",
    "REASONS",
    "Edited",
    "Text",
    "as_html",
    "built_in",
    "compiled",
    "reason",
    "render",
    "source_of",
]

FOLDER = Path(__file__).parent / "templates"
NO_NOTICES = {"letter", "digest"}
KINDS = tuple(sorted({path.stem for path in (FOLDER / "zh-CN").glob("*.txt")} - NO_NOTICES))  # of notice
RULES_KINDS = tuple(kind for kind in KINDS if kind != "address_failed")  # those that rules have written

INDENT = "\u3000\u3000"
MAX_TEXT = 20_000  # characters
Edited = Mapping[tuple[str, Language], Template]  # by kind and language: what is said instead of what is built in
BUILT_IN: Edited = {}


@dataclass(frozen=True)
class Text:
    """What a recipient reads: a letter, its short form, and its line in a list."""

    subject: str
    body: str
    short: str = ""
    digest: str = ""
    language: Language = Language.CHINESE


class TooLong(Exception):
    """A text is longer than a letter can be."""


SANDBOXES = {language: Sandbox(str(FOLDER / language), FILTERS[language]) for language in Language}
# The letter's HTML form is ours alone: nobody edits it, and all that it shows is escaped.
HTML = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def source_of(kind: str, language: Language) -> str:
    """The built-in template's source."""
    return (FOLDER / language / f"{kind}.txt").read_text(encoding="utf-8")


def compiled(source: str, kind: str, language: Language, fields: Collection[str] | None = None) -> Template:
    """The template of that source; raises TemplateRefused. `fields`: the facts that it may name, where known."""
    return SANDBOXES[language].compiled(source, f"{kind} {language}", fields)


@functools.cache
def built_in(kind: str, language: Language) -> Template:
    """The built-in template."""
    return compiled(source_of(kind, language), kind, language)


def render(
    kind: str,
    recipient_kind: str,
    facts: Mapping[str, object],
    signed_by: Body,
    language: Language = Language.CHINESE,
    edited: Edited = BUILT_IN,
) -> Text:
    """The text of a notice of that kind for a recipient of that kind; `facts` are what it may say."""
    template = edited.get((kind, language)) or built_in(kind, language)
    return text_of(template, recipient_kind, facts, signed_by, language)


def text_of(
    template: Template, recipient_kind: str, facts: Mapping[str, object], signed_by: Body, language: Language
) -> Text:
    """What a template says to a recipient of that kind."""
    rules = facts.get("remedies")
    if language == Language.ENGLISH and isinstance(rules, Rules):
        facts = {**facts, "remedies": rules.in_english()}
        signed_by = replace(signed_by, name=rules.english_name(signed_by.name))
    context = template.new_context(
        {
            **facts,
            **addressed(language, recipient_kind, facts),
            "recipient_kind": str(recipient_kind),
            "signed_by": signed_by,
        }
    )

    def line(block: str) -> str:
        return " ".join("".join(template.blocks[block](context)).split())

    body = "".join(template.root_render_func(context))
    if len(body) > MAX_TEXT:
        raise TooLong(f"a text of {len(body)} characters: at most {MAX_TEXT} are allowed")
    return Text(
        subject=line("subject"),
        body=_set(body, signed_by, language),
        short=line("short"),
        digest=line("digest"),
        language=language,
    )


def _set(body: str, signed_by: Body, language: Language) -> str:
    """As letters are set: its number, whom it is for, the paragraphs, who writes and when."""
    lines = [stripped for line in body.splitlines() if (stripped := line.strip())]
    if language == Language.CHINESE:
        # Paragraphs are indented by two characters.
        head = 1 if signed_by.document_number is None else 2
        lines[head:-2] = [INDENT + line for line in lines[head:-2]]
    return "\n".join(lines) + "\n"


@functools.cache
def _html() -> Template:
    return HTML.get_template("letter.html")


def as_html(text: Text) -> str:
    """The same letter for a reader that shows HTML."""
    return _html().render(language=text.language, subject=text.subject, paragraphs=text.body.strip().split("\n"))
