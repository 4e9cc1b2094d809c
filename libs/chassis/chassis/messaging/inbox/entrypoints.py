"""`@subscribe` and `@subscribe_batch`: how a worker says which events it applies."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import marshmallow_dataclass
from marshmallow import EXCLUDE, Schema
from nameko.extensions import Entrypoint

from chassis.messaging.inbox.consumer import Inbox


@dataclass(frozen=True)
class Subscription:
    """What a handler is subscribed to; kept on the function as `subscription`, for the contract tests."""

    types: tuple[str, ...]
    schema: type[Schema]
    batch: bool


class EventSchema(Schema):
    """Reads the fields that a reader names, and leaves the publisher's others alone."""

    class Meta:
        unknown = EXCLUDE


class Subscribe(Entrypoint):
    """A handler of some event types. All of a worker share one inbox, which owns the queue `<service>.inbox`."""

    inbox = Inbox()

    def __init__(self, subscription: Subscription, **options: Any) -> None:
        super().__init__(**options)
        self.subscription = subscription

    def setup(self) -> None:
        self.inbox.register(self.subscription)


def subscribe(*types_and_schema: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declares a handler: `@subscribe("certificate.issued.v1", CertificateIssued)` over `def handler(self, session, event)`.

    `CertificateIssued` is a frozen dataclass of the fields that the reader uses; `event` is an Envelope whose `data` is
    one of these. Several types may be named before it. The handler
    runs in the transaction that moves the object's cursor. If it raises `Transient`, the event is tried again later, in
    its object's order; whatever else it raises parks the event for a person.
    """
    return _declare(types_and_schema, batch=False)


def subscribe_batch(*types_and_schema: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declares a handler of many events at once: `def handler(self, session, events)`, in each object's order.

    If it raises, the events are tried one by one, so it must give the same result for a list as for its members.
    """
    return _declare(types_and_schema, batch=True)


def _declare(types_and_schema: tuple[Any, ...], batch: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    *types, schema = types_and_schema
    if types and dataclasses.is_dataclass(schema) and isinstance(schema, type):
        schema = marshmallow_dataclass.class_schema(schema, base_schema=EventSchema)
    if not types or not (isinstance(schema, type) and issubclass(schema, Schema)):
        raise TypeError("name one or more event types, and last the frozen dataclass of the fields that are read")
    subscription = Subscription(tuple(types), schema, batch)

    def decorate(handler: Callable[..., None]) -> Callable[..., None]:
        handler.subscription = subscription  # type: ignore[attr-defined]
        return Subscribe.decorator(subscription)(handler)  # type: ignore[no-any-return]

    return decorate
