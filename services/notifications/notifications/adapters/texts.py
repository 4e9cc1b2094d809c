"""The texts of notices: a template for each kind, in the language of official letters.

The text is plain; the letter's HTML part is made from it, escaped.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from notifications.domain.rules import Body

FOLDER = Path(__file__).parent / "templates"

INDENT = "\u3000\u3000"
POPULATIONS = {
    "award": "吉林省质量管理奖获奖和争创企业",
    "brand": "吉林省名牌产品获得和争创企业",
    "contenders": "吉林省质量管理奖、吉林省名牌获奖和争创企业",
    "above_threshold": "规模以上工业企业",
}
BREACHES = {"secrecy": "违反保密义务", "independence": "违反独立履职要求"}
DUTY_PAPERS = {"plan": "年度履职计划", "report": "年度履职报告"}
REASONS = {
    "certificate_expired": "任职资格证书有效期届满",
    "certificate_revoked": "任职资格证书被撤销",
    "holder_excluded": "任职人员列入限制任职名单",
    "removed_for_breach": "违反首席质量官行为规范",
    "certificate_suspended": "任职资格证书被暂停效力",
    "no_certificate_by_deadline": "暂行聘任期限届满，仍未取得任职资格证书",
    "enterprise_deregistered": "所在企业已经注销",
}
CODE = re.compile(r"[a-z]+(_[a-z]+)+")


@dataclass(frozen=True)
class Text:
    """What a recipient reads."""

    subject: str
    body: str


def day(value: date) -> str:
    """2026年3月2日."""
    # Templates are not typed: what has no day must fail here, not in a letter.
    if not isinstance(value, date):
        raise TypeError(f"not a day: {value}")
    return f"{value.year}年{value.month}月{value.day}日"


def by_day(value: date) -> str:
    """于2026年3月2日（含当日）前: a period whose last day is `value`."""
    return f"于{day(value)}（含当日）前"


def number(value: float) -> str:
    """40 and 92.5, not 40.0."""
    return f"{value:g}"


def reason(code: str | None) -> str | None:
    """What stands behind a reason's code; a reason that somebody wrote stays as it is.

    LookupError for a code without words: that is a fault to be parked, not an identifier in an official letter.
    """
    if code is None:
        return None
    if code not in REASONS and CODE.fullmatch(code):
        raise LookupError(f"no words for the reason {code}")
    return REASONS.get(code, code).rstrip("。")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        # A name that is missing is a fault to be parked, not a gap in an official letter.
        undefined=StrictUndefined,
        # Only the HTML part is escaped: `<` in a firm's name has to stay `<` in plain text.
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": day, "by_day": by_day, "number": number}
    environment.globals |= {"populations": POPULATIONS, "duty_papers": DUTY_PAPERS, "breaches": BREACHES}
    return environment


ENVIRONMENT = _environment()


@functools.cache
def _template(name: str) -> Template:
    return ENVIRONMENT.get_template(name)


def render(kind: str, recipient_kind: str, facts: Mapping[str, object], signed_by: Body) -> Text:
    """The text of a notice of that kind for a recipient of that kind; `facts` are what it may say."""
    template = _template(f"{kind}.txt")
    context = template.new_context({**facts, "recipient_kind": recipient_kind, "signed_by": signed_by})
    subject = " ".join("".join(template.blocks["subject"](context)).split())
    body = "".join(template.root_render_func(context))
    lines = [stripped for line in body.splitlines() if (stripped := line.strip())]
    # As letters are set: its number, whom it is for, paragraphs indented by two characters, who writes and when.
    head = 1 if signed_by.document_number is None else 2
    indented = [INDENT + line for line in lines[head:-2]]
    return Text(subject, "\n".join([*lines[:head], *indented, *lines[-2:]]) + "\n")


def as_html(text: Text) -> str:
    """The same letter for a reader that shows HTML."""
    return _template("letter.html").render(subject=text.subject, paragraphs=text.body.strip().split("\n"))
