"""A notice that should be there is written from the facts, for the one recipient who lacks it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import insert_new
from chassis.errors import Transient
from chassis.ids import new_id
from notifications.adapters import texts
from notifications.domain.recipients import Audience, Mentions, Parties, Recipient
from notifications.domain.rules import NoticeRule, Rules, escalated_type, planned_type
from notifications.handlers.directory import Directory
from notifications.handlers.followed import RECORDS, typed
from notifications.handlers.standing import Claim, reasons_against
from notifications.handlers.wording import Wording
from notifications.handlers.writing import Cause, Writer, facts_for, facts_of, row_of, said_on
from notifications.storage import cause, certificate, matter, notice
from programme import rulesets

Gap: TypeAlias = Row[Any]  # Any: a row of `coverage_gap`
OF_CERTIFICATE = ("id", "number", "person_id", "enterprise_id", "valid_until")


@dataclass(frozen=True)
class OneParty(Parties):
    """Those whom something concerns, of whom one alone is told."""

    told: Recipient | None = None

    def recipients(self, audiences: Iterable[Audience]) -> list[Recipient]:
        return [self.told] if self.told is not None else []


@dataclass(frozen=True)
class Found:
    """What is to be told, with the rule by which it is, and what is known of those whom it concerns."""

    cause: Cause
    rule: NoticeRule
    rules: Rules
    directory: Directory
    recipient: Recipient

    def wording(self, session: Session, clock: Clock) -> Wording:
        """In whose words the recipient is told."""
        return Wording.read(session, self.rules, [self.recipient.id], clock.today())


def write_anew(session: Session, gap: Gap, clock: Clock) -> bool:
    """Writes the notice with its deliveries; False if it holds no longer, or concerns somebody else by now."""
    found = _find(session, gap, clock)
    if found is None:
        return False
    present = session.scalar(
        select(notice.c.cause_id).where(
            notice.c.kind == gap.kind, notice.c.about == gap.subject, notice.c.due_on == gap.due_on
        )
    )
    told = replace(found.cause, id=present or found.cause.id)
    if present is None:
        insert_new(session, cause, [row_of(told, found.rules, clock)])
    writer = Writer(session, found.wording(session, clock), found.directory, clock, made_for=str(gap.id))
    writer.add(told)
    writer.write()
    return True


def written_anew(session: Session, gap: Gap, clock: Clock) -> texts.Text | None:
    """The text that the notice should have; None as in `write_anew`."""
    found = _find(session, gap, clock)
    if found is None:
        return None
    facts = {**facts_of(found.cause.data, found.cause.names, found.rules, clock.today()), **found.cause.more}
    own = facts_for(facts, found.recipient, found.rules, found.directory)
    return found.wording(session, clock).text(found.rule.key, found.recipient.kind, found.recipient.id, own)


def _find(session: Session, gap: Gap, clock: Clock) -> Found | None:
    rules = rulesets.rules_on(session, clock.today(), Rules)
    rule = rules.rule(gap.kind)
    known = _known(session, gap)
    if rule is None or known is None:
        return None
    subject, kinds, mentions, division, data, occurred_at = known
    if any(reasons_against(session, [Claim(rule.stands_while, subject, data)], clock.today())):
        return None
    directory = Directory.read(session, [mentions], clock.today())
    try:
        parties, names = directory.resolve(mentions, division, clock.today())
    except Transient:
        return None
    for kind in kinds or _kinds(rule, gap):
        for each in parties.recipients(rule.audience_of(kind)):
            if (each.kind, each.id) == (gap.recipient_kind, gap.recipient_id):
                told = OneParty(**vars(parties), told=each)
                more = said_on(rule, kind, data, clock.today())
                made = Cause(
                    _id(gap), kind, subject, gap.subject, gap.due_on, occurred_at, data, told, names, [rule], more
                )
                return Found(made, rule, rules, directory, each)
    return None


def _id(gap: Gap) -> str:
    return gap.subject.partition(":")[2] if gap.subject.startswith("event:") else new_id()


def _kinds(rule: NoticeRule, gap: Gap) -> list[str]:
    """The types of cause that a notice of something planned may have."""
    if rule.due is not None:
        return [planned_type(rule.key)]
    return [escalated_type(rule.key, stage.number) for stage in rule.escalations]


Known: TypeAlias = tuple[str, list[str], Mentions, str | None, Mapping[str, object], datetime]


def _known(session: Session, gap: Gap) -> Known | None:
    """What the notice is about, from the event, the certificate, or the event that opened what is still open."""
    what, _, subject = gap.subject.partition(":")
    if what == "certificate":
        columns = [certificate.c[name] for name in OF_CERTIFICATE]
        row = session.execute(select(*columns).where(certificate.c.id == subject)).one_or_none()
        if row is None:
            return None
        data = {**row._mapping, "certificate_id": row.id}
        mentions = Mentions(row.person_id, row.enterprise_id, concerns_present_employer=True)
        return subject, [], mentions, None, data, gap.found_at
    by = select(cause).where(cause.c.id == subject)
    if what != "event":
        by = select(cause).join(matter, matter.c.opened_by == cause.c.id).where(cause.c.subject == subject).limit(1)
    row = session.execute(by).one_or_none()
    if row is None:
        return None
    data = typed(row.data)
    mentions = RECORDS[row.type](**data).mentions
    kinds = [row.type] if what == "event" else []
    return row.subject, kinds, mentions, row.division, data, row.occurred_at
