"""What a subscriber asks of its deliveries by webhook: to prove its end point, to rotate its keys, to recover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import InvalidInput, NotFound, RuleBroken
from chassis.ids import new_id
from chassis.json_types import JsonObject
from chassis.security import audit
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.adapters.webhook import signing
from notifications.adapters.webhook.client import Tls
from notifications.domain.subscription import State, Subscription, Way
from notifications.domain.webhook import Scheme, WaitingState
from notifications.queries.subscriptions import EventsGone, SequenceUnknown, reach, sequence_at
from notifications.storage import subscription_event, webhook_endpoint, webhook_key, webhook_waiting
from notifications.usecases.subscriptions import load_seen
from notifications.usecases.webhooks import errands, holding, statements
from notifications.usecases.webhooks.errands import Kind
from programme.callers import Caller

MOST_KEYS = 6  # in force for a subscription at once; each is a signature in a header
# Where a subscription received in another way before, it goes on after what it had fetched.
BEGIN = text(
    "INSERT INTO webhook_endpoint (subscription_id, position) SELECT :subscription, coalesce(("
    "SELECT sequence FROM subscription_fetch WHERE subscription_id = :subscription), 0) ON CONFLICT DO NOTHING"
)


class NotByWebhook(RuleBroken):
    """The subscription is not delivered by webhook, or has ended."""

    zh = "该订阅不是 webhook 方式，或已终止。"


class NoKey(RuleBroken):
    """There is no key to sign with; make one by POST /subscriptions/{id}/keys, and fetch it, before all else."""

    zh = "尚无签名密钥，请先通过 POST /subscriptions/{id}/keys 生成并取回密钥。"


class TooManyKeys(RuleBroken):
    """Too many keys are in force; wait until one that was replaced has ended."""

    zh = "有效密钥过多，请等待被替换的密钥失效。"


class NotYetTried(RuleBroken):
    """The event's turn has not come; it is delivered by itself."""

    zh = "该事件尚未轮到投递，将自动投递。"


class BehindAnother(RuleBroken):
    """The event waits behind an earlier one of its object; resend or skip that one."""

    zh = "该事件排在同一对象的较早事件之后，请先重发或跳过较早事件。"


class DoesNotWait(RuleBroken):
    """The event waits for nothing: it was delivered, or its turn has not come."""

    zh = "该事件不在等待重试之列。"


@dataclass(frozen=True)
class NewKey:
    """Make a key; others of its scheme end after `old_valid_hours`."""

    scheme: Scheme = Scheme.HMAC_SHA256
    old_valid_hours: float = 24.0


@dataclass(frozen=True)
class ClientCertificate:
    """What the end point asks for at its door: a certificate and its key, PEM; None takes it away."""

    pem: str | None


@dataclass(frozen=True)
class Recover:
    """Deliver again all from a sequence on, or from a moment on."""

    from_sequence: int | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Skip:
    """Go on without an event."""

    reason: str


@dataclass(frozen=True)
class Key:
    """A key; `key` is what the receiver needs to verify, None where it is not shown."""

    id: str
    scheme: Scheme
    made_at: datetime
    ends_at: datetime | None
    key: str | None = None


def make_key(
    session: Session,
    caller: Caller,
    subscription_id: str,
    command: NewKey,
    personal_data: PersonalDataCipher,
    clock: Clock,
) -> Key:
    """A key that signs from now on; those of its scheme that it replaces sign beside it for a while."""
    found = _load(session, caller, subscription_id)
    now = clock.now()
    in_force = (webhook_key.c.subscription_id == found.id) & (
        webhook_key.c.ends_at.is_(None) | (webhook_key.c.ends_at > now)
    )
    if len(session.execute(select(webhook_key.c.id).where(in_force)).all()) >= MOST_KEYS:
        raise TooManyKeys()
    ends_at = now + timedelta(hours=command.old_valid_hours)
    replaced = in_force & (webhook_key.c.scheme == command.scheme) & webhook_key.c.ends_at.is_(None)
    session.execute(update(webhook_key).where(replaced).values(ends_at=ends_at))
    key_id = new_id()
    sealed = personal_data.cipher.seal(signing.new_key(command.scheme), f"webhook:{key_id}")
    values = {"id": key_id, "subscription_id": found.id, "scheme": command.scheme, "key": sealed, "made_at": now}
    session.execute(insert(webhook_key).values(**values))
    audit.record(session, caller, "subscription.key_made", found.id, {"key": key_id, "scheme": command.scheme}, clock)
    return Key(key_id, command.scheme, now, None)


def reveal_key(
    session: Session,
    caller: Caller,
    subscription_id: str,
    key_id: str,
    personal_data: PersonalDataCipher,
    clock: Clock,
) -> Key:
    """A key with what the receiver needs to verify; each look is audited."""
    found = _load(session, caller, subscription_id)
    mine = (webhook_key.c.id == key_id) & (webhook_key.c.subscription_id == found.id)
    row = session.execute(select(webhook_key).where(mine)).one_or_none()
    if row is None:
        raise NotFound()
    audit.record(session, caller, "subscription.key_revealed", found.id, {"key": key_id}, clock)
    opened = personal_data.cipher.open(row.key, f"webhook:{key_id}")
    return Key(row.id, row.scheme, row.made_at, row.ends_at, signing.receivers_part(row.scheme, opened))


def set_certificate(
    session: Session,
    caller: Caller,
    subscription_id: str,
    command: ClientCertificate,
    personal_data: PersonalDataCipher,
    clock: Clock,
) -> None:
    """From the next connection on this certificate is shown to the end point."""
    found = _load(session, caller, subscription_id)
    sealed = None
    if command.pem is not None:
        try:
            Tls(None, command.pem).context()
        except (ValueError, OSError) as fault:
            en = "It must hold a certificate and its unencrypted private key, both in PEM."
            raise InvalidInput.at("/pem", en, "须为 PEM 格式的证书及其未加密私钥。") from fault
        sealed = personal_data.cipher.seal(command.pem, f"certificate:{found.id}")
    session.execute(
        update(webhook_endpoint).where(webhook_endpoint.c.subscription_id == found.id).values(certificate=sealed)
    )
    what = "certificate_set" if sealed else "certificate_removed"
    audit.record(session, caller, f"subscription.{what}", found.id, {}, clock)


def ask(session: Session, caller: Caller, subscription_id: str, kind: Kind, clock: Clock) -> str:
    """Has a worker do the handshake, or send a test event; returns the errand's id."""
    found = _load(session, caller, subscription_id)
    in_force = webhook_key.c.ends_at.is_(None) | (webhook_key.c.ends_at > clock.now())
    if (
        session.scalar(select(webhook_key.c.id).where(webhook_key.c.subscription_id == found.id, in_force).limit(1))
        is None
    ):
        raise NoKey()
    audit.record(session, caller, f"subscription.{kind}_asked", found.id, {}, clock)
    return errands.ask(session, found, kind, clock.now())


def resend(session: Session, caller: Caller, subscription_id: str, sequence: int, clock: Clock) -> None:
    """Sends an event now: one that waits, or one that was delivered, beside all others."""
    found = _load(session, caller, subscription_id)
    position = _lock(session, found)
    _require_kept(session, found, sequence)
    now, values = clock.now(), {"state": WaitingState.RETRYING, "attempts": 0}
    waiting = _waiting(session, found, sequence)
    if waiting is not None:
        if waiting == WaitingState.BEHIND:
            raise BehindAnother()
        row = (webhook_waiting.c.subscription_id == found.id) & (webhook_waiting.c.sequence == sequence)
        session.execute(update(webhook_waiting).where(row).values(**values, next_attempt_at=now))
    elif sequence > position:
        raise NotYetTried()
    else:
        ordering_key = f"again:{sequence}"
        fresh = {
            "subscription_id": found.id,
            "sequence": sequence,
            "ordering_key": ordering_key,
            "next_attempt_at": now,
            **values,
        }
        session.execute(insert(webhook_waiting).values(**fresh))
    holding.wake(session)
    audit.record(session, caller, "subscription.event_resent", found.id, {"sequence": sequence}, clock)


def skip(session: Session, caller: Caller, subscription_id: str, sequence: int, command: Skip, clock: Clock) -> None:
    """Goes on without an event that its end point does not take; the next of its object is tried."""
    found = _load(session, caller, subscription_id)
    _lock(session, found)
    waiting = _waiting(session, found, sequence)
    if waiting is None:
        raise DoesNotWait()
    if waiting == WaitingState.BEHIND:
        raise BehindAnother()
    row = (webhook_waiting.c.subscription_id == found.id) & (webhook_waiting.c.sequence == sequence)
    ordering_key = session.scalars(delete(webhook_waiting).where(row).returning(webhook_waiting.c.ordering_key)).one()
    following = {"subscription": found.id, "ordering_keys": [ordering_key], "now": clock.now()}
    session.execute(statements.FIRST_OF_KEY, following)
    holding.wake(session)
    details: JsonObject = {"sequence": sequence, "reason": command.reason}
    audit.record(session, caller, "subscription.event_skipped", found.id, details, clock)


def recover(session: Session, caller: Caller, subscription_id: str, command: Recover, clock: Clock) -> int:
    """Begins anew at a sequence or a moment; returns the first sequence that is delivered again."""
    found = _load(session, caller, subscription_id)
    if (command.from_sequence is None) == (command.since is None):
        raise InvalidInput.at(
            "/from_sequence", "Give either `from_sequence` or `since`.", "请填写 from_sequence 或 since 之一。"
        )
    if command.since is not None:
        sequence = sequence_at(session, found, command.since)
    else:
        assert command.from_sequence is not None  # one of the two is given
        sequence = command.from_sequence
        first, last = reach(session, found)
        if sequence < first:
            raise EventsGone(first=first, last=last)
        if sequence > last + 1:
            raise SequenceUnknown(last=last)
    position = min(_lock(session, found), sequence - 1)
    mine = webhook_endpoint.c.subscription_id == found.id
    # What is in hand is void: whoever holds it finds that it does no more.
    session.execute(
        update(webhook_endpoint).where(mine).values(position=position, holder=None, in_hand=0, resume_at=None)
    )
    later = (webhook_waiting.c.subscription_id == found.id) & (webhook_waiting.c.sequence > position)
    session.execute(delete(webhook_waiting).where(later))
    holding.wake(session)
    audit.record(session, caller, "subscription.recovered", found.id, {"from": position + 1}, clock)
    return position + 1


def _load(session: Session, caller: Caller, subscription_id: str) -> Subscription:
    """The subscription, locked, with its end point entered; NotFound where it is another subscriber's."""
    found = load_seen(session, caller, subscription_id)
    if found.way != Way.WEBHOOK or found.state == State.ENDED:
        raise NotByWebhook()
    session.execute(BEGIN, {"subscription": found.id})
    return found


def _lock(session: Session, found: Subscription) -> int:
    """Locks the end point, so that no deliverer enters anything meanwhile; returns its position."""
    mine = webhook_endpoint.c.subscription_id == found.id
    position: int = session.scalars(select(webhook_endpoint.c.position).where(mine).with_for_update()).one()
    return position


def _waiting(session: Session, found: Subscription, sequence: int) -> WaitingState | None:
    mine = (webhook_waiting.c.subscription_id == found.id) & (webhook_waiting.c.sequence == sequence)
    return session.scalars(select(webhook_waiting.c.state).where(mine)).one_or_none()


def _require_kept(session: Session, found: Subscription, sequence: int) -> None:
    mine = (subscription_event.c.subscription_id == found.id) & (subscription_event.c.sequence == sequence)
    if session.scalar(select(subscription_event.c.sequence).where(mine)) is None:
        first, last = reach(session, found)
        raise EventsGone(first=first, last=last) if sequence < first else SequenceUnknown(last=last)
