"""The letters that tell both sides that a subscription was disabled.

They are written with the change itself and sent afterwards, so no crash loses one. They are no notices: nobody else's
event is their cause, so the proof of notices does not count them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.ids import new_id
from notifications.adapters.texts import Text
from notifications.adapters.words import chinese_day
from notifications.domain.notice import Accepted, Outcome, Refused
from notifications.domain.recipients import RecipientKind
from notifications.domain.rules import Rules
from notifications.domain.subscription import Subscription
from notifications.storage import contact, subscriber_letter
from programme import rulesets
from programme.tables import division

# A letter in hand is due again after this; that is longer than a mail server is waited for.
AGAIN = timedelta(minutes=15)
MOST_ATTEMPTS = 96  # a day
REASONS = {
    "gone": "该接收地址已答复不再接收（HTTP 410）",
    "failed": "该接收地址已连续多日未能成功接收任何推送",
}
TAKE = text(
    "UPDATE subscriber_letter SET attempts = attempts + 1, next_attempt_at = now() + :again WHERE id = ("
    "SELECT id FROM subscriber_letter WHERE next_attempt_at <= now() ORDER BY next_attempt_at LIMIT 1 "
    "FOR UPDATE SKIP LOCKED) RETURNING id, subscription_id, recipient, address, subject, body, attempts"
).bindparams(again=AGAIN)


@dataclass(frozen=True)
class Letter:
    """A letter to be sent; `address` is sealed and bound to `recipient`."""

    id: str
    subscription_id: str
    recipient: str
    address: str
    text: Text
    attempts: int


def write(session: Session, of: Subscription, reason: str, clock: Clock) -> int:
    """Writes to the subscription's contact and to the province's office, if that has an address; returns how many."""
    today = clock.today()
    body = rulesets.rules_on(session, today, Rules).body_of("subscription_disabled")
    subject = f"关于停止向订阅“{of.name}”推送事件的通知"
    paragraphs = (
        f"{of.subscriber}：",
        f"\u3000\u3000贵单位的订阅“{of.name}”（编号{of.id}）以 webhook 方式接收事件。{REASONS[reason]}，"
        f"自{chinese_day(today)}起停止推送。停止期间的事件在保存期内仍予保留。",
        f"\u3000\u3000请在排除故障后调用 POST /subscriptions/{of.id}/resumption 恢复接收，"
        "届时将从停止之处按原顺序继续推送。投递记录见 GET /subscriptions/{id}/deliveries。".replace("{id}", of.id),
        "\u3000\u3000特此通知。",
        body.name + (f"（联系电话：{body.telephone}）" if body.telephone else ""),
        chinese_day(today),
    )
    rows = [
        {
            "id": new_id(),
            "subscription_id": of.id,
            "recipient": recipient,
            "address": address,
            "subject": subject,
            "body": "\n".join(paragraphs) + "\n",
            "written_at": clock.now(),
            "next_attempt_at": func.now(),
        }
        for recipient, address in ((of.id, of.contact_email), *_province(session, clock))
    ]
    for row in rows:
        session.execute(insert(subscriber_letter).values(**row))
    return len(rows)


def _province(session: Session, clock: Clock) -> list[tuple[str, str]]:
    """The province's code and its sealed address, where it has one."""
    top = division.c.parent.is_(None) & (division.c.valid_from <= clock.today())
    of = (contact.c.owner_kind == RecipientKind.DIVISION) & (contact.c.owner_id == division.c.code)
    wanted = select(contact.c.owner_id, contact.c.email).join(division, of).where(top, contact.c.email.is_not(None))
    return [(row.owner_id, row.email) for row in session.execute(wanted.distinct().limit(1))]


def take(session: Session) -> Letter | None:
    """A letter that is due, or None. Until it is settled nobody else takes it."""
    row: Any = session.execute(TAKE).one_or_none()  # Any: TAKE's columns
    if row is None:
        return None
    return Letter(row.id, row.subscription_id, row.recipient, row.address, Text(row.subject, row.body), row.attempts)


def settle(session: Session, letter: Letter, result: Outcome) -> None:
    """Enters the mail server's answer; what it does not take for now is sent again."""
    values: dict[str, object] = {"answer": result.answer}
    if isinstance(result, Accepted):
        values |= {"sent_at": func.now(), "next_attempt_at": None}
    elif (isinstance(result, Refused) and result.permanent) or letter.attempts >= MOST_ATTEMPTS:
        values |= {"next_attempt_at": None}
    session.execute(update(subscriber_letter).where(subscriber_letter.c.id == letter.id).values(**values))
