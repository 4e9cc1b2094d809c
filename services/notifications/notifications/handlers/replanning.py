"""What is planned follows the rules: where those of the day have other thresholds or stages, all is planned anew.

So it is as well where a year's holidays become known. Some at a time, by the upkeep; a new rule set is rare.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import day_of
from chassis.settings import Settings
from notifications.adapters.working_days import YEARS, WorkingDays
from notifications.domain.conditions import CertificateState
from notifications.domain.rules import NoticeRule, Rules
from notifications.handlers import planning as plans
from notifications.storage import cause, certificate, matter, planning
from programme import rulesets

AT_ONCE = 500  # certificates or matters in one step
ONE_DAY = timedelta(days=1)
LONG_AGO = timedelta(days=30)  # a rule set from before does not bring up what would have been due before today
BEGUN = ("certificate.issued.v1", "certificate.renewed.v1", "certificate.reinstated.v1")

Columns: TypeAlias = Mapping[str, Any]  # Any: the columns of a certificate

STATE = select(planning.c.by, planning.c.after).where(planning.c.what == bindparam("of"))
_NOTED = insert(planning)
NOTE = _NOTED.on_conflict_do_update(
    index_elements=["what"], set_={"by": _NOTED.excluded.by, "after": _NOTED.excluded.after}
)
NEXT_CERTIFICATES = (
    select(certificate)
    .where(certificate.c.id > bindparam("after"), certificate.c.state == CertificateState.VALID)
    .order_by(certificate.c.id)
    .limit(AT_ONCE)
)
DETAILS = (cause.c.id, cause.c.type, cause.c.data, cause.c.person_id, cause.c.enterprise_id, cause.c.division)
NEXT_MATTERS = (
    select(matter.c.kind, matter.c.subject, matter.c.opened_on, cause.c.subject.label("aggregate_id"), *DETAILS)
    .join_from(matter, cause, cause.c.id == matter.c.opened_by)
    .where(
        matter.c.closed_on.is_(None),
        tuple_(matter.c.kind, matter.c.subject) > tuple_(bindparam("kind"), bindparam("after")),
    )
    .order_by(matter.c.kind, matter.c.subject)
    .limit(AT_ONCE)
)


def replan(session: Session, now: datetime, settings: Settings) -> int:
    """Plans some more, where the rules or the calendar are others than those planned by; returns how many."""
    today = day_of(now)
    rules = rulesets.rules_on(session, today, Rules)
    done = 0
    for what, step in (("certificates", _replan_certificates), ("matters", _replan_matters)):
        by = _digest(rules, session if what == "matters" else None)
        state = session.execute(STATE, {"of": what}).one_or_none()
        if state is not None and state.by == by and state.after is None:
            continue
        after = state.after or "" if state is not None and state.by == by else ""
        number, last = step(session, rules, after, _since(rules, today, is_first=state is None))
        session.execute(NOTE, {"what": what, "by": by, "after": last})
        done += number
    return done


def plan_certificates(session: Session, rows: Sequence[Columns], rules: Rules, after: date) -> None:
    """Plans the reminders of certificates by the facts that are kept of them, from the day after `after` on."""
    reminders = [rule for rule in rules.planning if reminds_of_certificates(rule)]
    due.plan_all(
        session,
        [
            each
            for row in rows
            for rule in reminders
            for each in plans.thresholds(rule, f"certificate:{row['id']}", row["valid_until"], after, _payload(row))
        ],
    )


def reminds_of_certificates(rule: NoticeRule) -> bool:
    """Whether the rule has something sent by the end of a certificate's term."""
    return rule.due is not None and rule.due.field == "valid_until" and any(each in BEGUN for each in rule.events)


def _replan_certificates(session: Session, rules: Rules, after: str, since: date) -> tuple[int, str | None]:
    rows = [dict(row) for row in session.execute(NEXT_CERTIFICATES, {"after": after}).mappings()]
    plan_certificates(session, rows, rules, since)
    return len(rows), rows[-1]["id"] if len(rows) == AT_ONCE else None


def _replan_matters(session: Session, rules: Rules, after: str, since: date) -> tuple[int, str | None]:
    kind, _, subject = after.partition(":")
    rows = session.execute(NEXT_MATTERS, {"kind": kind, "after": subject}).all()
    calendar = WorkingDays(session)
    planned = [
        each
        for row in rows
        for rule in rules.planning
        if rule.applies(row.type, row.data)
        for each in plans.stages(rule, _about(row), row.opened_on, calendar, _payload_of_matter(row))
        if each.due_on > since
    ]
    due.plan_all(session, planned)
    return len(rows), f"{rows[-1].kind}:{rows[-1].subject}" if len(rows) == AT_ONCE else None


def _about(row: Any) -> str:  # Any: a row of NEXT_MATTERS
    return f"{row.type.partition('.')[0]}:{row.subject}"


def _payload(row: Mapping[str, Any]) -> dict[str, Any]:  # Any: JSON's values
    of = {"person_id": row["person_id"], "enterprise_id": row["enterprise_id"]}
    return {
        "about": f"certificate:{row['id']}",
        "subject": row["id"],
        "event": None,
        "division": None,  # that of the holder's present employer
        "mentions": {**{name: value for name, value in of.items() if value}, "concerns_present_employer": True},
        "data": {
            "certificate_id": row["id"],
            "number": row["number"],
            **of,
            "valid_until": row["valid_until"].isoformat(),
        },
    }


def _payload_of_matter(row: Any) -> dict[str, Any]:  # Any: a row of NEXT_MATTERS; JSON's values
    mentions = {"person_id": row.person_id, "enterprise_id": row.enterprise_id, "division": row.division}
    appointment = row.data.get("appointment_id")
    return {
        "about": _about(row),
        "subject": row.aggregate_id,
        "event": row.id,
        "division": row.division,
        "mentions": {name: value for name, value in {**mentions, "appointment_id": appointment}.items() if value},
        "data": row.data,
    }


def _digest(rules: Rules, session: Session | None) -> str:
    """What planning depends on, in short: the rules' dates and stages, and for stages the calendar as well."""
    parts = [each for each in rules.notices if "due" in each or "escalations" in each]
    years = [list(map(str, row)) for row in session.execute(YEARS)] if session is not None else []
    return hashlib.sha256(json.dumps([parts, years], sort_keys=True).encode()).hexdigest()


def _since(rules: Rules, today: date, is_first: bool) -> date:
    """The day after which everything is planned: what a rule set asks for from its first day on outlives an outage.

    The first time, after an upgrade, what is due today was sent by the version before.
    """
    if is_first:
        return today
    is_recent = today - rules.effective_from < LONG_AGO
    return (rules.effective_from if is_recent else today) - ONE_DAY
