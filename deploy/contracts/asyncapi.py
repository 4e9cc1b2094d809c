"""The AsyncAPI 3 document of what subscribers are given: three ways to receive the same events."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]  # Any: JSON, nested as its schema says

TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 1}
# Kinds that no subscription is given: what is encrypted for one service, and the seals of the audit logs.
PRIVATE = frozenset({"contact"})
PRIVATE_ENDING = "_audit"
# What stands around the data: `chassis.messaging.Envelope`.
ENVELOPE: Document = {
    "specversion": {"const": "1.0"},
    "id": TEXT | {"description": "The same each time the event is delivered."},
    "source": TEXT | {"description": "The publisher, e.g. /registry."},
    "type": TEXT,
    "subject": TEXT | {"description": "The id of the event's object; of a person, your subscription's pseudonym."},
    "time": TEXT | {"format": "date-time"},
    "datacontenttype": {"const": "application/json"},
    "sequence": NUMBER | {"description": "The object's version; you are not given all of them, so it has gaps."},
    "partitionkey": TEXT | {"description": "The object's kind and id."},
    "feedsequence": NUMBER | {"description": "The event's number in your subscription: 1, 2, 3 … with no gap."},
    "feedprevious": {
        "type": "integer",
        "minimum": 0,
        "description": "The number before it, 0 before the first. If you have not that one, something is missing.",
    },
}
OPTIONAL: Document = {
    "dataschema": TEXT,
    "division": TEXT,
    "left": {"const": True, "description": "From here on the object lies outside what was granted."},
}
LEFT = "aggregate.left.v1"
GONE: Document = {
    "title": "An object has left",
    "description": "An object lies no longer in the division that was granted: take it out of your copy.",
    "type": "object",
    "properties": {},
}
INFO = {
    "title": "cqo's events for other government systems",
    "version": "1.0.0",
    "description": "Each subscription is given the types, divisions and fields that were granted, numbered 1, 2, 3 … "
    "with no gap, at least once, in each object's order. How to subscribe: docs/subscribers.md.",
    "license": {"name": "Apache-2.0"},
}
SUBSCRIPTION = {"subscription": {"description": "The subscription's id."}}
SERVERS: Document = {
    "broker": {
        "host": "{host}",
        "protocol": "amqps",
        "protocolVersion": "0.9.1",
        "pathname": "/cqo-public",
        "description": "RabbitMQ. Your operators tell the host with your credentials.",
        "variables": {"host": {"default": "localhost:5671", "description": "Host and port."}},
        "security": [{"$ref": "#/components/securitySchemes/queue"}],
    },
    "api": {
        "host": "{host}",
        "protocol": "https",
        "pathname": "/notifications",
        "description": "The pull feed, and all that is asked of a subscription.",
        "variables": {"host": {"default": "localhost", "description": "Where your operators run cqo."}},
        "security": [{"$ref": "#/components/securitySchemes/token"}],
    },
    "receiver": {
        "host": "{host}",
        "protocol": "https",
        "description": "Your own end point, which the subscription names.",
        "variables": {"host": {"default": "subscriber.example.cn", "description": "Yours."}},
        "security": [{"$ref": "#/components/securitySchemes/signature"}],
    },
}
SECURITY: Document = {
    "queue": {
        "type": "userPassword",
        "description": "User and queue are both ext.<subscription>. POST /subscriptions/<id>/queue/credentials.",
    },
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Of role system."},
    "signature": {
        "type": "httpApiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks: v1 (HMAC-SHA256) or v1a (Ed25519); v1sm3 (HMAC-SM3) is our extension.",
    },
}
SIGNATURE: Document = {
    "type": "object",
    "description": "Headers of a webhook's request.",
    "properties": {
        "webhook-id": TEXT | {"description": "The event's id, the same at each attempt."},
        "webhook-timestamp": TEXT | {"description": "Unix seconds of this attempt."},
        "webhook-signature": TEXT | {"description": "Signatures with spaces between; one that is right is enough."},
    },
}
WAYS = ("queue", "webhook", "feed")


def is_private(kind: str) -> bool:
    """Whether no subscription is given events of this type."""
    aggregate = kind.partition(".")[0]
    return aggregate in PRIVATE or aggregate.endswith(PRIVATE_ENDING)


def document(contracts: list[tuple[str, str, Document, Document]]) -> str:
    """The document, as JSON, of (publisher, type, schema of the data, example of the whole event)."""
    public = [(kind, schema, _as_given(example)) for _, kind, schema, example in contracts if not is_private(kind)]
    public.append((LEFT, GONE, _gone(public[0][2])))
    whole = {
        "asyncapi": "3.0.0",
        "info": INFO,
        "defaultContentType": "application/cloudevents+json",
        "servers": SERVERS,
        "channels": _channels([kind for kind, _, _ in public]),
        "operations": _operations([kind for kind, _, _ in public]),
        "components": {
            "messages": {kind: _message(kind, schema, example) for kind, schema, example in public},
            "schemas": {"Signature": SIGNATURE},
            "securitySchemes": SECURITY,
        },
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _channels(kinds: list[str]) -> Document:
    messages = {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds}
    return {
        "queue": {
            "address": "ext.{subscription}",
            "title": "A queue of your own",
            "description": "It is there; you may read it, and declare nothing. When it is full it drops its oldest.",
            "servers": [{"$ref": "#/servers/broker"}],
            "parameters": SUBSCRIPTION,
            "messages": messages,
            "bindings": {"amqp": {"is": "queue", "queue": {"durable": True, "exclusive": False, "autoDelete": False}}},
        },
        "webhook": {
            "address": "/",
            "title": "A request to your end point",
            "description": "The path is what the subscription's target says. Only 2xx is success.",
            "servers": [{"$ref": "#/servers/receiver"}],
            "messages": messages,
        },
        "feed": {
            "address": "/subscriptions/{subscription}/events",
            "title": "The pull feed",
            "description": "GET with ?after=<sequence>&limit=<number>; a page has many events.",
            "servers": [{"$ref": "#/servers/api"}],
            "parameters": SUBSCRIPTION,
            "messages": messages,
        },
    }


def _operations(kinds: list[str]) -> Document:
    summaries = {
        "queue": "Published to your queue",
        "webhook": "Posted to your end point",
        "feed": "Given when you ask",
    }
    bindings: Document = {
        "queue": {"amqp": {"deliveryMode": 2, "mandatory": True}},
        "webhook": {"http": {"method": "POST"}},
        "feed": {"http": {"method": "GET"}},
    }
    return {
        way: {
            "action": "send",
            "channel": {"$ref": f"#/channels/{way}"},
            "summary": summaries[way],
            "messages": [{"$ref": f"#/channels/{way}/messages/{kind}"} for kind in kinds],
            "bindings": bindings[way],
        }
        for way in WAYS
    }


def _message(kind: str, schema: Document, example: Document) -> Document:
    # No field is required: a subscription is given those that were granted.
    data = {name: value for name, value in schema.items() if not name.startswith(("$", "x-")) and name != "required"}
    return {
        "name": kind,
        "title": schema["title"],
        "summary": schema["description"],
        "contentType": "application/cloudevents+json",
        "headers": {"$ref": "#/components/schemas/Signature"},
        "payload": {
            "type": "object",
            "properties": ENVELOPE | {"type": {"const": kind}, "data": data} | OPTIONAL,
            "required": [*ENVELOPE, "data"],
        },
        "examples": [{"payload": example}],
    }


def _as_given(example: Document) -> Document:
    """A publisher's example as a subscription that was granted all fields is given it."""
    return {name: value for name, value in example.items() if name != "correlationid"} | {
        "feedsequence": 2,
        "feedprevious": 1,
    }


def _gone(example: Document) -> Document:
    return {name: value for name, value in example.items() if name not in ("dataschema", "division")} | {
        "source": "/notifications",
        "type": LEFT,
        "left": True,
        "data": {},
    }
