"""A letter that waited until another day is looked at again before it is handed over: whether it holds, and its text.

A mail server may have been away, a recipient without an address, or the hour not right. What is shown in an inbox stays
as it was shown; a letter gets the text of its own day, which is kept with its delivery.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ARRAY, Row, Text, bindparam, func, select, text
from sqlalchemy.orm import Session

from chassis.clock import day_of
from notifications.adapters import texts
from notifications.domain.notice import Delivery
from notifications.domain.recipients import CENTRE_ID, Audience, Mentions, Recipient, RecipientKind
from notifications.domain.rules import NoticeRule, Rules
from notifications.handlers.directory import Directory
from notifications.handlers.followed import typed
from notifications.handlers.standing import Claim, reasons_against
from notifications.handlers.writing import facts_for, facts_of, said_on
from notifications.queries import editions
from notifications.storage import cause, sealing
from programme import rulesets

log = logging.getLogger(__name__)

CAUSES = select(cause).where(cause.c.id == func.any(bindparam("ids", type_=ARRAY(Text))))
REWRITE = text(
    "UPDATE delivery SET subject = new.subject, body = new.body, short = new.short, digest = new.digest, "
    "written_on = new.written_on, seal = new.seal FROM jsonb_to_recordset(:rewritten) AS new "
    "(id text, subject text, body text, short text, digest text, written_on date, seal text) "
    "WHERE delivery.id = new.id AND delivery.id = ANY(:ids)"
).bindparams(bindparam("ids", type_=ARRAY(Text)))


def review(session: Session, deliveries: Sequence[Delivery], today: date) -> None:
    """Withdraws those of `deliveries` that hold no longer, and writes those anew that were written on another day.

    Their rows are locked. Where all were written today nothing is asked of the database.
    """
    old = [
        each
        for each in deliveries
        # Of a digest those that are in it were looked at when it was gathered; what no rule had written stays.
        if each.digest_id is None
        and each.notice.kind in texts.RULES_KINDS
        and (each.written_on or day_of(each.notice.created_at)) != today
    ]
    if not old:
        return
    rules = rulesets.rules_on(session, today, Rules)
    found = session.execute(CAUSES, {"ids": sorted({each.notice.cause_id for each in old})})
    causes = {row.id: row for row in found}
    directory = Directory.read(session, [_mentions(row) for row in causes.values()], today)
    stands = {each.id: rules.rule(each.notice.kind) for each in old}
    claims = [_claim(stands[each.id], causes[each.notice.cause_id]) for each in old]
    edited = editions.in_force(session, today)
    rewritten = []
    for each, reason in zip(old, reasons_against(session, claims, today), strict=True):
        if reason is not None:
            each.withdraw(reason)
        elif _rewrite(each, stands[each.id], causes[each.notice.cause_id], rules, edited, directory):
            each.written_on = today
            # Sealed here as well, for not all of them are taken: some wait on, for a limit or in a digest.
            each.seal = sealing.seal_of_delivery(each)
            values = {name: getattr(each, name) for name in ("id", "subject", "body", "short", "digest", "seal")}
            rewritten.append({**values, "written_on": today.isoformat()})
    if rewritten:
        ids = [values["id"] for values in rewritten]
        session.execute(REWRITE, {"rewritten": json.dumps(rewritten), "ids": ids})


def _rewrite(
    delivery: Delivery,
    rule: NoticeRule | None,
    of: Row[Any],  # Any: a row of `cause`
    rules: Rules,
    edited: texts.Edited,
    directory: Directory,
) -> bool:
    """Whether the letter has the text of the day; one that can't be written anew goes out with its own date."""
    data, notice = typed(of.data), delivery.notice
    facts = facts_of(data, directory.names(_mentions(of)), rules, directory.on)
    more = said_on(rule, of.type, data, directory.on) if rule is not None else {}
    try:
        own = facts_for({**facts, **more}, _recipient(delivery, of), rules, directory)
        signed_by = rules.body_of(notice.kind)
        text = texts.render(notice.kind, notice.recipient_kind, own, signed_by, notice.language, edited)
    except Exception:
        log.exception("delivery %s could not be written anew, and goes out as it was written", delivery.id)
        return False
    delivery.subject, delivery.body, delivery.short, delivery.digest = text.subject, text.body, text.short, text.digest
    return True


def _mentions(of: Row[Any]) -> Mentions:  # Any: a row of `cause`
    """Those whom the cause was found to concern when it was announced."""
    return Mentions(of.person_id, of.enterprise_id, of.division, of.data.get("appointment_id"), of.data.get("class_id"))


def _claim(rule: NoticeRule | None, of: Row[Any]) -> Claim:  # Any: a row of `cause`
    return Claim(rule.stands_while if rule is not None else None, of.subject, typed(of.data))


def _recipient(delivery: Delivery, of: Row[Any]) -> Recipient:  # Any: a row of `cause`
    """The recipient with the audience as which it was told."""
    kind, recipient_id = delivery.notice.recipient_kind, delivery.notice.recipient_id
    if kind != RecipientKind.DIVISION:
        return Recipient(kind, recipient_id, Audience(kind.value))
    offices = (
        (of.division, Audience.DIVISION),
        (of.prefecture, Audience.PREFECTURE),
        (CENTRE_ID, Audience.CENTRE),
        (of.province, Audience.PROVINCE),
    )
    audience = next((audience for office, audience in offices if office == recipient_id), Audience.DIVISION)
    return Recipient(kind, recipient_id, audience)
