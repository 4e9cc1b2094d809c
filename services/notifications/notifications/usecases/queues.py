"""A subscriber's credentials for its queue: handed out once, and made anew whenever it asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, unquote, urlsplit

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import RuleBroken
from chassis.security import audit
from notifications.adapters.amqp.management import name_of
from notifications.adapters.amqp.provisioning import new_password
from notifications.config import Settings
from notifications.domain.subscription import COLLECTING, NotInThisState, State, Subscription, Way
from notifications.queries.subscriptions import subscription_by_id
from notifications.storage import subscriber_queue
from notifications.usecases import subscriptions
from programme.callers import Caller


class NoQueue(RuleBroken):
    """The subscription is not received by AMQP, so it has no queue; change its `way` first."""

    zh = "该订阅的接收方式不是 AMQP，没有队列；请先更改 way。"


class NoBrokerForSubscribers(RuleBroken):
    """The operators have set up no broker for subscribers; receive by webhook or by the feed."""

    zh = "本系统未设置供订阅方使用的消息代理，请改用 webhook 或拉取方式。"


@dataclass(frozen=True)
class Queue:
    """Where a subscriber reads. `published`: the sequence up to which the queue was filled."""

    broker: str
    vhost: str
    queue: str
    user: str
    password_made_at: datetime | None
    published: int


@dataclass(frozen=True)
class Credentials:
    """What a subscriber is told once; `url` has all of it."""

    broker: str
    vhost: str
    queue: str
    user: str
    password: str
    url: str


def make_credentials(
    session: Session, caller: Caller, subscription_id: str, settings: Settings, clock: Clock
) -> Credentials:
    """A new password in the place of any before; connections that were opened with that one are ended.

    Who holds the subscriber's token proves with it that the subscriber is there: so an approved subscription goes live.
    The broker takes the password within seconds.
    """
    found = subscriptions.load_seen(session, caller, subscription_id)
    address, vhost = _read_at(found, settings)
    password, name = new_password(), name_of(found.id)
    made = {"password_hash": password.hash, "password_made_at": clock.now()}
    if found.state == State.APPROVED:
        made["published"] = found.next_sequence - 1  # what came before it had a queue, it received in another way
        subscriptions.go_live(session, found, clock)
    row = insert(subscriber_queue).values(subscription_id=found.id, **made)
    session.execute(row.on_conflict_do_update(index_elements=["subscription_id"], set_=made))
    audit.record(session, caller, "subscription.credentials_made", found.id, {"user": name}, clock)
    parts = urlsplit(address)
    url = f"{parts.scheme}://{name}:{password.text}@{parts.netloc}/{quote(vhost, safe='')}"
    return Credentials(address, vhost, name, name, password.text, url)


def queue_of(session: Session, caller: Caller, subscription_id: str, settings: Settings) -> Queue:
    """Where the subscription is read; raises NoQueue, NoBrokerForSubscribers."""
    found = subscription_by_id(session, caller, subscription_id)
    address, vhost = _read_at(found, settings)
    kept = select(subscriber_queue.c.password_made_at, subscriber_queue.c.published)
    row = session.execute(kept.where(subscriber_queue.c.subscription_id == found.id)).one_or_none()
    name = name_of(found.id)
    return Queue(address, vhost, name, name, *(row or (None, 0)))


def _read_at(found: Subscription, settings: Settings) -> tuple[str, str]:
    """The broker's address as subscribers reach it, without credentials, and its virtual host."""
    if found.way != Way.AMQP:
        raise NoQueue()
    if found.state not in (State.APPROVED, *COLLECTING):
        raise NotInThisState(state=found.state)
    if not settings.subscribers_amqp_url or not settings.subscribers_management_url:
        raise NoBrokerForSubscribers()
    parts = urlsplit(settings.subscribers_amqp_url)
    ours = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return (settings.subscribers_broker or ours).rstrip("/"), unquote(parts.path[1:]) or "/"
