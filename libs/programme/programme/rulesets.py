"""Rule sets: what the source leaves open, as versioned records with an effective day and the document they rest on.

A decision stores the version that made it, so it can be explained later whatever has come into force since.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import RuleBroken
from chassis.security import audit
from programme.callers import Caller
from programme.tables import ruleset


class NoRuleSet(RuleBroken):
    """No rule set is in force on that day."""

    zh = "该日没有生效的规则集。"


class EffectiveTooEarly(RuleBroken):
    """A rule set may not take effect before the newest one does; decisions already made rest on that."""

    zh = "规则集的生效日期不得早于最新一版的生效日期，已作出的决定以其为依据。"


@dataclass(frozen=True)
class RuleSet:
    """The parameters in force from a day on, and the document they rest on."""

    version: int
    effective_from: date
    document: str
    parameters: dict[str, Any]
    published_at: datetime | None = field(default=None, compare=False)


RulesT = TypeVar("RulesT")


def rules_on(session: Session, on: date, kind: Callable[..., RulesT]) -> RulesT:
    """The rule set in force on that day as a service's own record; see `typed`."""
    return typed(in_force(session, on), kind)


def rules_of(session: Session, version: int, kind: Callable[..., RulesT]) -> RulesT:
    """The rule set of that version as a service's own record, for explaining a decision that it made."""
    return typed(get(session, version), kind)


def typed(found: RuleSet, kind: Callable[..., RulesT]) -> RulesT:
    """A rule set as the frozen dataclass `kind`: `version`, `effective_from`, `document`, and a field per parameter.

    Lists become tuples. A parameter that `kind` lacks, or that the rule set lacks, is a LookupError: no second default
    stands in for it.
    """
    parameters = {name: tuple(value) if isinstance(value, list) else value for name, value in found.parameters.items()}
    try:
        return kind(version=found.version, effective_from=found.effective_from, document=found.document, **parameters)
    except TypeError as fault:
        raise LookupError(f"rule set {found.version} does not have the parameters that are read: {fault}") from fault


def in_force(session: Session, on: date) -> RuleSet:
    """The rule set in force on that day: of those effective by then, the one published last."""
    found = session.execute(
        select(ruleset).where(ruleset.c.effective_from <= on).order_by(ruleset.c.version.desc()).limit(1)
    ).one_or_none()
    if found is None:
        raise NoRuleSet(on=on.isoformat())
    return _ruleset(found)


def get(session: Session, version: int) -> RuleSet:
    """The rule set of that version, for explaining a decision that it made."""
    return _ruleset(session.execute(select(ruleset).where(ruleset.c.version == version)).one())


def all_versions(session: Session) -> list[RuleSet]:
    """Every rule set, the newest first."""
    return [_ruleset(row) for row in session.execute(select(ruleset).order_by(ruleset.c.version.desc()))]


def publish(
    session: Session, caller: Caller, effective_from: date, document: str, parameters: dict[str, Any], clock: Clock
) -> RuleSet:
    """Adds a rule set after the newest one, and enters that in the audit log."""
    # Two that publish at once must not both become the next version; readers are not held up.
    session.execute(text("LOCK TABLE ruleset IN SHARE ROW EXCLUSIVE MODE"))
    newest = session.execute(select(func.max(ruleset.c.version), func.max(ruleset.c.effective_from))).one()
    if newest[1] is not None and effective_from < newest[1]:
        raise EffectiveTooEarly(newest_effective_from=newest[1].isoformat())
    published = RuleSet((newest[0] or 0) + 1, effective_from, document, parameters, clock.now())
    session.execute(
        insert(ruleset).values(
            version=published.version,
            effective_from=effective_from,
            document=document,
            parameters=parameters,
            published_at=published.published_at,
        )
    )
    details = {"effective_from": effective_from, "document": document, "parameters": parameters}
    audit.record(session, caller, "ruleset.published", str(published.version), details, clock)
    return published


def _ruleset(row: Row[Any]) -> RuleSet:
    return RuleSet(row.version, row.effective_from, row.document, row.parameters, row.published_at)
