"""The life of a subscription: entered by the province or by the system itself, approved by the province."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Text, func, literal, select
from sqlalchemy.orm import Session

from chassis import due
from chassis.clock import Clock
from chassis.data import check_version, load
from chassis.due import DueRow
from chassis.errors import InvalidInput
from chassis.ids import new_id
from chassis.json_types import JsonObject
from chassis.security import audit
from chassis.unset import UNSET, Unset, given
from notifications.adapters.catalogue import catalogue
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.adapters.webhook import target as webhook_target
from notifications.adapters.webhook.guard import ForbiddenTarget
from notifications.domain.notice import Channel
from notifications.domain.subscription import COLLECTING, State, Subscription, Terms, Way
from notifications.queries.subscriptions import visible_to
from notifications.storage import subscription as table
from notifications.usecases.fan_out import begin_own_feed
from programme import scope
from programme.callers import Caller, Role

OVER = "subscription.over"  # the kind of due row
HIGHEST = 100  # subscriptions of one subscriber that have not ended


@dataclass(frozen=True, kw_only=True)
class EnterSubscription:
    """Ask for a subscription. `events` names the types, and of each the fields."""

    name: str
    contact_email: str
    legal_basis: str
    purpose: str
    events: Mapping[str, list[str]]
    ends_on: date
    subscriber: str | None = None
    division: str | None = None
    way: Way = Way.FEED
    target: Mapping[str, Any] | None = None  # Any: what the way needs to know


@dataclass(frozen=True, kw_only=True)
class SubscriptionChanges:
    """What is to be other."""

    name: str | Unset = UNSET
    contact_email: str | Unset = UNSET
    legal_basis: str | Unset = UNSET
    purpose: str | Unset = UNSET
    events: Mapping[str, list[str]] | Unset = UNSET
    ends_on: date | Unset = UNSET
    division: str | Unset | None = UNSET
    way: Way | Unset = UNSET
    target: Mapping[str, Any] | Unset = UNSET  # Any: what the way needs to know


@dataclass(frozen=True)
class Reason:
    """Why it is refused, paused or ended."""

    reason: str


def enter(
    session: Session, caller: Caller, command: EnterSubscription, personal_data: PersonalDataCipher, clock: Clock
) -> Subscription:
    """A draft."""
    subscriber = _subscriber(caller, command.subscriber)
    terms = Terms(
        legal_basis=command.legal_basis,
        purpose=command.purpose,
        types=sorted(command.events),
        fields={kind: list(names) for kind, names in command.events.items()},
        ends_on=command.ends_on,
        division=command.division,
        way=command.way,
        target=dict(command.target or {}),
    )
    _check(session, terms, clock.today())
    subscription_id = new_id()
    subscription = Subscription(
        id=subscription_id,
        name=command.name,
        subscriber=subscriber,
        contact_email=personal_data.seal_address(Channel.EMAIL, subscription_id, command.contact_email),
        pseudonym_key=personal_data.new_pseudonym_key(subscription_id),
        entered_by=caller.subject,
        entered_at=clock.now(),
        version=1,
        **vars(terms),
    )
    session.add(subscription)
    _record(session, caller, "entered", subscription, clock, subscriber=subscriber, terms=terms.to_json())
    return subscription


def change(
    session: Session,
    caller: Caller,
    subscription_id: str,
    expected: int,
    command: SubscriptionChanges,
    personal_data: PersonalDataCipher,
    clock: Clock,
) -> Subscription:
    """Changes it at once, or, where it is to be given more than before, once the province approves that."""
    subscription = load_seen(session, caller, subscription_id)
    check_version(subscription, expected)
    changes = given(command)
    if (name := changes.pop("name", None)) is not None:
        subscription.name = name
    if (email := changes.pop("contact_email", None)) is not None:
        subscription.contact_email = personal_data.seal_address(Channel.EMAIL, subscription.id, email)
    if (events := changes.pop("events", None)) is not None:
        changes |= {"types": sorted(events), "fields": {kind: list(names) for kind, names in events.items()}}
    terms = replace(subscription.proposed_terms or subscription.terms, **changes)
    if changes:
        _check(session, terms, clock.today())
    elsewhere = _widens_division(session, terms.division, subscription.division, clock.today())
    waits = subscription.change(terms, elsewhere, clock.today()) if changes else False
    _take_effect(session, subscription)
    details = {"terms": terms.to_json(), "waits": waits} if changes else {}
    _record(session, caller, "changed", subscription, clock, given=sorted(given(command)), **details)
    return subscription


def submit(session: Session, caller: Caller, subscription_id: str, clock: Clock) -> Subscription:
    """Asks the province to decide on a draft."""
    subscription = load_seen(session, caller, subscription_id)
    subscription.submit()
    _record(session, caller, "submitted", subscription, clock)
    return subscription


def approve(session: Session, caller: Caller, subscription_id: str, expected: int, clock: Clock) -> Subscription:
    """Grants what was submitted, in the version that was read; nothing else may have been put in its place."""
    subscription = load_seen(session, caller, subscription_id)
    check_version(subscription, expected)
    subscription.approve(caller.subject, clock.now(), clock.today())
    _take_effect(session, subscription)
    _record(session, caller, "approved", subscription, clock, terms=subscription.terms.to_json())
    return subscription


def refuse(session: Session, caller: Caller, subscription_id: str, command: Reason, clock: Clock) -> Subscription:
    """Does not grant what was submitted."""
    subscription = load_seen(session, caller, subscription_id)
    subscription.refuse(command.reason)
    _record(session, caller, "refused", subscription, clock, reason=command.reason)
    return subscription


def go_live(session: Session, subscription: Subscription, clock: Clock) -> None:
    """The target of a locked subscription was proved: what was kept since its approval is handed over."""
    subscription.go_live()
    _take_effect(session, subscription)
    _record(session, None, "went_live", subscription, clock)


def pause(session: Session, caller: Caller, subscription_id: str, command: Reason, clock: Clock) -> Subscription:
    """Hands nothing over for a while; what comes meanwhile is kept for as long as ever."""
    subscription = load_seen(session, caller, subscription_id)
    subscription.pause(caller.role, command.reason)
    _record(session, caller, "paused", subscription, clock, reason=command.reason)
    return subscription


def resume(session: Session, caller: Caller, subscription_id: str, clock: Clock) -> Subscription:
    """Goes on where it was paused, or where its deliveries had failed."""
    subscription = load_seen(session, caller, subscription_id)
    subscription.resume(caller.role == Role.PROVINCE)
    _take_effect(session, subscription)
    _record(session, caller, "resumed", subscription, clock)
    return subscription


def end(session: Session, caller: Caller, subscription_id: str, command: Reason, clock: Clock) -> Subscription:
    """Ends it for good."""
    subscription = load_seen(session, caller, subscription_id)
    subscription.end(command.reason, clock.now())
    _take_effect(session, subscription)
    _record(session, caller, "ended", subscription, clock, reason=command.reason)
    return subscription


def end_those_over(session: Session, rows: Iterable[DueRow], clock: Clock) -> None:
    """Ends those of which the last day has passed."""
    wanted = select(Subscription).where(table.c.id.in_([row.key for row in rows])).order_by(table.c.id)
    for subscription in session.scalars(wanted.with_for_update()):
        if subscription.state != State.ENDED and subscription.ends_on < clock.today():
            subscription.end("its last day has passed", clock.now())
            _record(session, None, "ended", subscription, clock, reason=subscription.reason)


def load_seen(session: Session, caller: Caller, subscription_id: str) -> Subscription:
    """The subscription, locked; NotFound where it is another subscriber's."""
    return load(session, Subscription, subscription_id, visible_to(caller), lock=True)


def _subscriber(caller: Caller, named: str | None) -> str:
    """For whom it is entered."""
    if caller.role != Role.SYSTEM:
        scope.require_whole_province(caller)
        if named is None:
            raise InvalidInput.at("/subscriber", "Say which system it is for.", "请填写订阅系统的标识。")
        return named
    assert caller.subscriber is not None  # a token of the role has the claim
    if named not in (None, caller.subscriber):
        raise InvalidInput.at("/subscriber", "A system subscribes for itself only.", "系统只能为自身提出订阅。")
    return caller.subscriber


def _check(session: Session, terms: Terms, today: date) -> None:
    """Refuses what nobody publishes, and a division that there is not."""
    faults = []
    for kind, names in terms.fields.items():
        known = catalogue().get(kind)
        if known is None:
            en, zh = (
                "There is no such event to subscribe to; see GET /catalogue.",
                "没有此类可订阅的事件，见 GET /catalogue。",
            )
            faults.append((f"/events/{kind}", en, zh))
            continue
        for name in names:
            if name not in known.fields:
                faults.append((f"/events/{kind}", f"{kind} has no field {name}.", f"{kind} 没有字段 {name}。"))
    if (reason_of_target := _wrong_target(terms)) is not None:
        faults.append(("/target", *reason_of_target))
    if terms.division is not None and not scope.is_placed(session, terms.division, today):
        faults.append(("/division", "There is no such division today.", "当前没有该区划。"))
    if terms.ends_on < today:
        faults.append(("/ends_on", "It lies in the past.", "该日期早于今天。"))
    if faults:
        raise InvalidInput([{"pointer": at, "reason": en, "reason_zh": zh} for at, en, zh in faults])


def _wrong_target(terms: Terms) -> tuple[str, str] | None:
    """What is wrong with where it is to go, in both languages."""
    if terms.way == Way.WEBHOOK:
        try:
            webhook_target.read(terms.target)
        except ForbiddenTarget as fault:
            return f"A webhook can't go there: {fault}", f"webhook 接收地址不可用：{fault}"
        return None
    return ("This way needs no target.", "该方式无需填写 target。") if terms.target else None


def _widens_division(session: Session, wanted: str | None, present: str | None, today: date) -> bool:
    """Whether `wanted` holds anything that `present` does not; None is the province."""
    if present is None or wanted == present:
        return False
    if wanted is None:
        return True
    return not session.scalar(select(literal(wanted, Text).in_(scope.subtree(present, today))))


def _take_effect(session: Session, subscription: Subscription) -> None:
    """Plans its end, and has the events begin that it asks for."""
    session.flush()
    series = f"subscription:{subscription.id}"
    if subscription.state == State.ENDED:
        due.cancel(session, series)
    elif subscription.state not in (State.DRAFT, State.SUBMITTED):
        due.plan(session, OVER, series, subscription.id, subscription.ends_on + timedelta(days=1), {})
    if subscription.state in COLLECTING:
        begin_own_feed(session, subscription.types)
        session.execute(select(func.pg_notify("cqo_public_events", "")))


def _record(
    session: Session,
    caller: Caller | None,
    what: str,
    subscription: Subscription,
    clock: Clock,
    **details: Any,  # Any: JSON's values
) -> None:
    """Enters in the audit log what was done, and counts the version up."""
    if what != "entered":
        subscription.version += 1
    entry: JsonObject = {"state": str(subscription.state), **details}
    audit.record(session, caller, f"subscription.{what}", subscription.id, entry, clock)
