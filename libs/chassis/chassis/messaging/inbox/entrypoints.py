"""`@subscribe` and `@subscribe_batch`: how a worker says which events it applies."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import marshmallow_dataclass
from marshmallow import EXCLUDE, Schema, fields
from nameko.extensions import Entrypoint

from chassis.messaging.inbox.consumer import Inbox

HandlerT = TypeVar("HandlerT", bound=Callable[..., None])


@dataclass(frozen=True)
class Subscription:
    """What a handler is subscribed to; kept on the function as `subscription`, for the contract tests."""

    types: tuple[str, ...]
    record: type  # the frozen dataclass of the fields that the handler reads
    schema: type[Schema]  # what makes the record of an event's data
    batch: bool


class StrictInteger(fields.Integer):
    """A number of JSON's without a fraction; not a text that reads like one."""

    def __init__(self, **options: Any) -> None:  # Any: marshmallow's own
        super().__init__(strict=True, **options)


class EventSchema(Schema):
    """Reads the fields that a reader names, and leaves the publisher's others alone."""

    TYPE_MAPPING = {int: StrictInteger}  # noqa: RUF012 - marshmallow's own way of declaring it

    class Meta:
        unknown = EXCLUDE


class Subscribe(Entrypoint):  # type: ignore[misc]  # nameko has no types
    """A handler of some event types. All of a worker share one inbox, which owns the queue `<service>.inbox`."""

    inbox = Inbox()

    def __init__(self, subscription: Subscription, **options: Any) -> None:  # Any: nameko's own
        super().__init__(**options)
        self.subscription = subscription

    def setup(self) -> None:
        self.inbox.register(self.subscription.types)


def subscribe(*types_then_record: str | type) -> Callable[[HandlerT], HandlerT]:
    """Declares a handler: `@subscribe("certificate.issued.v1", CertificateIssued)`, a method `(self, session, event)`.

    First one or more types of event, last the record: a frozen dataclass of the fields that the reader uses. `event` is
    an Envelope whose `data` is such a record. The handler runs in the transaction that moves its aggregate's cursor.
    If it raises `Transient`, the event is tried again later, in its aggregate's order; whatever else it raises parks
    the event for a person. Raises TypeError where the arguments are others.
    """
    return _declare(types_then_record, batch=False)


def subscribe_batch(*types_then_record: str | type) -> Callable[[HandlerT], HandlerT]:
    """Declares a handler of many events at once: `def handler(self, session, events)`, in each aggregate's order.

    If it raises, the events are tried one by one, so it must give the same result for a list as for its members.
    """
    return _declare(types_then_record, batch=True)


def _declare(types_then_record: tuple[str | type, ...], batch: bool) -> Callable[[HandlerT], HandlerT]:
    types = tuple(kind for kind in types_then_record[:-1] if isinstance(kind, str))
    record = types_then_record[-1] if types_then_record else None
    if not types or len(types) != len(types_then_record) - 1 or not isinstance(record, type):
        raise TypeError("name one or more event types, and last the frozen dataclass of the fields that are read")
    subscription = Subscription(types, record, _schema_of(record), batch)

    def decorate(handler: HandlerT) -> HandlerT:
        handler.subscription = subscription  # type: ignore[attr-defined]  # a function may carry attributes
        declared: HandlerT = Subscribe.decorator(subscription)(handler)
        return declared

    return decorate


def _schema_of(record: type) -> type[Schema]:
    if not dataclasses.is_dataclass(record) or not record.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise TypeError(f"{record.__name__}, which an event is read as, is not a frozen dataclass")
    return marshmallow_dataclass.class_schema(record, base_schema=EventSchema)
