"""What is sent to an end point beside events: the handshake that proves it, and test events.

A request only enters the errand, the worker does it: what an API process answers depends on no other system, and
only workers need a way out to the world. An errand of a worker that died is done again by another.

The handshake: the end point gets a signed CloudEvent of type `webhook.challenge.v1` with `data.challenge`, and must
answer 2xx within the time of any attempt, with a JSON object that has the same `challenge`. So nobody is sent events
who does not expect them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.ids import new_id
from notifications.domain.subscription import State, Subscription
from notifications.storage import subscription, webhook_errand
from notifications.usecases.subscriptions import go_live
from notifications.usecases.webhooks import holding

SOURCE = "/notifications"
MOST_AT_ONCE = 20
DONE_WITHIN = "60 seconds"  # longer than an attempt may take; then somebody else does it

TAKE = text(
    "UPDATE webhook_errand SET begun_at = now() WHERE id IN (SELECT id FROM webhook_errand WHERE done_at IS NULL "
    f"AND (begun_at IS NULL OR begun_at < now() - interval '{DONE_WITHIN}') "
    "ORDER BY asked_at LIMIT :room FOR UPDATE SKIP LOCKED) RETURNING id, subscription_id, kind, target"
)
WITH_WHAT = text(
    "SELECT e.certificate, (SELECT json_agg(json_build_array(k.id, k.scheme, k.key) ORDER BY k.made_at DESC) "
    "FROM webhook_key k WHERE k.subscription_id = e.subscription_id "
    "AND (k.ends_at IS NULL OR k.ends_at > :now)) AS keys "
    "FROM webhook_endpoint e WHERE e.subscription_id = :subscription"
)
DONE = text("UPDATE webhook_errand SET done_at = :now, answer = :answer WHERE id = :id AND done_at IS NULL")
PROVED = text(
    "UPDATE webhook_endpoint SET proved_target = :target, proved_at = :now, failures = 0, failing_since = NULL, "
    "resume_at = NULL, is_open = false WHERE subscription_id = :subscription"
)


class Kind(StrEnum):
    HANDSHAKE = "handshake"
    TEST = "test"


TYPES = {Kind.HANDSHAKE: "webhook.challenge.v1", Kind.TEST: "webhook.test.v1"}


@dataclass(frozen=True)
class Errand:
    """An errand as it was taken, with what it needs."""

    id: str
    subscription_id: str
    kind: Kind
    target: Mapping[str, Any]  # Any: JSON's values
    certificate: str | None
    keys: Sequence[tuple[str, str, str]]  # id, scheme, sealed key


@dataclass(frozen=True)
class Said:
    """What came of it."""

    status: int | None
    body: str
    seconds: float
    fault: str | None


def ask(session: Session, of: Subscription, kind: Kind, now: datetime) -> str:
    """Enters an errand; returns its id."""
    errand_id = new_id()
    values = {"subscription_id": of.id, "kind": kind, "target": of.target, "asked_at": now}
    session.execute(insert(webhook_errand).values(id=errand_id, **values))
    holding.wake(session)
    return errand_id


def take(session: Session, now: datetime) -> list[Errand]:
    """Errands that nobody does."""
    found = []
    for row in session.execute(TAKE, {"room": MOST_AT_ONCE}).all():
        by = session.execute(WITH_WHAT, {"subscription": row.subscription_id, "now": now}).one_or_none()
        certificate, keys = (by.certificate, by.keys or ()) if by else (None, ())
        found.append(Errand(row.id, row.subscription_id, Kind(row.kind), row.target, certificate, keys))
    return found


def message(errand: Errand, now: datetime) -> tuple[bytes, str | None]:
    """The CloudEvent that is sent, and the challenge in it, if it is a handshake."""
    challenge = secrets.token_urlsafe(32) if errand.kind == Kind.HANDSHAKE else None
    event = {
        "specversion": "1.0",
        "id": errand.id,
        "source": SOURCE,
        "type": TYPES[errand.kind],
        "subject": errand.subscription_id,
        "time": now.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {"challenge": challenge} if challenge else {},
    }
    return json.dumps(event, ensure_ascii=False).encode(), challenge


def what_is_wrong(challenge: str | None, said: Said) -> str | None:
    """Why the answer does not do, or None where it does."""
    if said.fault is not None:
        return said.fault
    if said.status is None or not 200 <= said.status < 300:
        return f"answered {said.status}, not 2xx"
    if challenge is None:
        return None
    try:
        echoed = json.loads(said.body)
    except ValueError:
        return 'answered no JSON; the answer must be {"challenge": "…"} with the challenge that was sent'
    if not isinstance(echoed, dict) or echoed.get("challenge") != challenge:
        return 'answered no object with the same "challenge" that was sent'
    return None


def settle(session: Session, errand: Errand, challenge: str | None, said: Said, clock: Clock) -> str | None:
    """Enters what came of it; a target that is proved brings its subscription to life. Returns what is wrong."""
    wrong = what_is_wrong(challenge, said)
    shown = {
        "status": said.status,
        "response": said.body.replace(challenge, "…") if challenge else said.body,
        "milliseconds": round(1000 * said.seconds, 1),
        "fault": wrong,
    }
    session.execute(DONE, {"id": errand.id, "now": clock.now(), "answer": json.dumps(shown)})
    if wrong is None and errand.kind == Kind.HANDSHAKE:
        _prove(session, errand, clock)
    return wrong


def _prove(session: Session, errand: Errand, clock: Clock) -> None:
    found = session.scalars(
        select(Subscription).where(subscription.c.id == errand.subscription_id).with_for_update()
    ).one_or_none()
    # What was proved is the target of then; it may have been changed since.
    if found is None or found.target != errand.target:
        return
    values = {"subscription": errand.subscription_id, "target": json.dumps(errand.target), "now": clock.now()}
    session.execute(PROVED, values)
    if found.state in (State.APPROVED, State.DISABLED):
        go_live(session, found, clock)
    holding.wake(session)
