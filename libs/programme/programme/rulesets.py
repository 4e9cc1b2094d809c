"""Rule sets: what the source leaves open, as versioned records with an effective day and the document they rest on.

Each service has rule sets of its own. A decision stores the version that made it, so it can be explained later whatever
has come into force since. A service reads them as its own record:

    @dataclass(frozen=True)
    class Rules:
        version: int
        effective_from: date
        document: str
        certificate_months: int          # and so on, a field for each parameter, without a default

    rules = rulesets.rules_on(session, day, Rules)
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Integer, Row, bindparam, cast, delete, func, insert, select, text
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import NotFound, RuleBroken
from chassis.json_types import JsonObject
from chassis.security import audit
from programme.callers import Caller
from programme.tables import ruleset

Parameters: TypeAlias = dict[str, Any]  # Any: JSON, which each service's own schema checks
RulesT = TypeVar("RulesT")

IN_FORCE = (
    select(ruleset).where(ruleset.c.effective_from <= bindparam("on")).order_by(ruleset.c.version.desc()).limit(1)
)
OF_VERSION = select(ruleset).where(ruleset.c.version == bindparam("version"))
ALL_VERSIONS = select(ruleset).order_by(ruleset.c.version.desc())
NEWEST = select(func.max(ruleset.c.version), func.max(ruleset.c.effective_from))
# Two that publish at once must not both become the next version; readers are not held up.
TO_WITHDRAW = select(ruleset).where(ruleset.c.version == bindparam("version")).with_for_update()
WITHDRAW = delete(ruleset).where(ruleset.c.version == bindparam("withdrawn"))
# A number that was withdrawn is in the audit log, and is not given again.
NUMBERED = select(func.max(cast(audit.audit_log.c.subject, Integer))).where(
    audit.audit_log.c.action.in_(("ruleset.published", "ruleset.corrected"))
)
YEARS_AHEAD = 5
LOCK = text("LOCK TABLE ruleset IN SHARE ROW EXCLUSIVE MODE")


class NoRuleSet(RuleBroken):
    """No rule set is in force on that day."""

    zh = "该日没有生效的规则集。"


class EffectiveTooEarly(RuleBroken):
    """A rule set may not take effect before the newest one does; decisions already made rest on that."""

    zh = "规则集的生效日期不得早于最新一版的生效日期，已作出的决定以其为依据。"


class EffectiveInThePast(RuleBroken):
    """A rule set takes effect tomorrow at the earliest; to change what held before, state in `correction` why."""

    zh = "规则集最早自次日起生效；确需更正此前适用的规则的，请在 correction 中说明理由。"


class NothingToCorrect(RuleBroken):
    """A correction changes what held until today; a rule set for later days is published without one."""

    zh = "更正仅适用于今日及以前；今后生效的规则集请不填写 correction。"


class EffectiveTooLate(RuleBroken):
    """A rule set takes effect within five years; no later one could be published before it does."""

    zh = "规则集须在五年内生效，否则在其生效之前无法发布新的规则集。"


class InForceAlready(RuleBroken):
    """The rule set is in force, and decisions rest on it; publish another instead."""

    zh = "该规则集已经生效，已有决定以其为依据，请另行发布新的规则集。"


@dataclass(frozen=True)
class RuleSet:
    """A rule set as it is stored: `parameters` are JSON, in force from a day on.

    `correction` says why the rules of days gone by were changed; None where none were.
    """

    version: int
    effective_from: date
    document: str
    parameters: Parameters
    correction: str | None = None
    published_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class PublishRuleSet:
    """Publishes a rule set; `document` is the number of the document it rests on.

    From tomorrow on at the earliest, or with the reason why the rules of earlier days were wrong.
    """

    effective_from: date
    document: str
    parameters: Parameters
    correction: str | None = None


@dataclass(frozen=True)
class WithdrawRuleSet:
    """Withdraws a rule set before it takes effect; `document` is the number of the document that says so."""

    document: str


def rules_on(session: Session, on: date, kind: Callable[..., RulesT]) -> RulesT:
    """The rule set in force on that day, as the service's own frozen dataclass `kind`.

    `kind` has the fields `version`, `effective_from` and `document`, and one per parameter. Lists come as tuples. A
    parameter that the rule set lacks is a LookupError: no second default stands in for it. One that `kind` lacks is
    left alone: a migration has added it for the next version of the service, and this one still runs.
    NoRuleSet if none is in force.
    """
    return _typed(_in_force(session, on), kind)


def rules_of(session: Session, version: int, kind: Callable[..., RulesT]) -> RulesT:
    """The rule set of that version, for explaining a decision that it made; `kind` as in `rules_on`."""
    return _typed(_get(session, version), kind)


def all_versions(session: Session) -> list[RuleSet]:
    """Every rule set, the newest first."""
    return [_ruleset(row) for row in session.execute(ALL_VERSIONS)]


def publish(session: Session, caller: Caller, command: PublishRuleSet, clock: Clock) -> RuleSet:
    """Adds a rule set after the newest one, and enters that in the audit log; a correction is entered as one.

    EffectiveInThePast, EffectiveTooEarly or EffectiveTooLate if its day is refused; NothingToCorrect if a correction
    corrects nothing. Decisions that were made keep the version that made them: a correction changes what is decided
    from now on about earlier days.
    """
    session.execute(LOCK)
    last_version, last_day = session.execute(NEWEST).one()
    is_about_the_past = command.effective_from <= clock.today()
    if is_about_the_past and command.correction is None:
        raise EffectiveInThePast(today=clock.today().isoformat())
    if command.correction is not None and not is_about_the_past:
        raise NothingToCorrect(today=clock.today().isoformat())
    if (command.effective_from - clock.today()).days > 366 * YEARS_AHEAD:
        raise EffectiveTooLate(years_ahead=YEARS_AHEAD)
    if last_day is not None and command.effective_from < last_day:
        raise EffectiveTooEarly(newest_effective_from=last_day.isoformat())
    content = vars(command)
    published = RuleSet(
        version=max(last_version or 0, session.scalar(NUMBERED) or 0) + 1, published_at=clock.now(), **content
    )
    session.execute(insert(ruleset), vars(published))
    action = "ruleset.corrected" if is_about_the_past else "ruleset.published"
    audit.record(session, caller, action, str(published.version), content, clock)
    return published


def withdraw(session: Session, caller: Caller, version: int, command: WithdrawRuleSet, clock: Clock) -> RuleSet:
    """Takes back a rule set that is not yet in force, and enters it whole in the audit log, with the document."""
    session.execute(LOCK)
    found = session.execute(TO_WITHDRAW, {"version": version}).one_or_none()
    if found is None:
        raise NotFound()
    withdrawn = _ruleset(found)
    if withdrawn.effective_from <= clock.today():
        raise InForceAlready(effective_from=withdrawn.effective_from.isoformat())
    session.execute(WITHDRAW, {"withdrawn": version})
    content: JsonObject = {
        "withdrawn_by": command.document,
        "effective_from": withdrawn.effective_from.isoformat(),
        "document": withdrawn.document,
        "parameters": withdrawn.parameters,
    }
    audit.record(session, caller, "ruleset.withdrawn", str(version), content, clock)
    return withdrawn


def _in_force(session: Session, on: date) -> RuleSet:
    """Of those effective by that day, the one published last."""
    found = session.execute(IN_FORCE, {"on": on}).one_or_none()
    if found is None:
        raise NoRuleSet(on=on.isoformat())
    return _ruleset(found)


def _get(session: Session, version: int) -> RuleSet:
    return _ruleset(session.execute(OF_VERSION, {"version": version}).one())


@functools.cache
def _fields(kind: Callable[..., RulesT]) -> frozenset[str]:
    """What a service's rules take; to ask a class for it takes 40 µs, which each reading of a rule set would pay."""
    return frozenset(inspect.signature(kind).parameters)


def _typed(found: RuleSet, kind: Callable[..., RulesT]) -> RulesT:
    known = _fields(kind)
    parameters = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in found.parameters.items()
        if name in known
    }
    try:
        return kind(version=found.version, effective_from=found.effective_from, document=found.document, **parameters)
    except TypeError as fault:
        raise LookupError(f"rule set {found.version} does not have the parameters that are read: {fault}") from fault


def _ruleset(row: Row[Any]) -> RuleSet:  # Any: the table's columns
    return RuleSet(row.version, row.effective_from, row.document, row.parameters, row.correction, row.published_at)
