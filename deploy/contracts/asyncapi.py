"""The AsyncAPI 3 document of the events: which exchange carries which messages, in what form."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]  # Any: JSON, nested as its schema says

TEXT = {"type": "string"}
# What `chassis.messaging.Envelope` sends around the data.
ENVELOPE: Document = {
    "specversion": {"const": "1.0"},
    "id": TEXT | {"description": "The same each time the event is delivered."},
    "source": TEXT | {"description": "The publisher, e.g. /registry."},
    "type": TEXT,
    "subject": TEXT | {"description": "The id of the event's object."},
    "time": TEXT | {"format": "date-time"},
    "datacontenttype": {"const": "application/json"},
    "dataschema": TEXT,
    "sequence": {"type": "integer", "minimum": 1, "description": "The object's version: 1, 2, 3 … with no gap."},
    "partitionkey": TEXT | {"description": "The object's kind and id."},
}
OPTIONAL = {"division": TEXT, "correlationid": TEXT}
INFO = {
    "title": "cqo's events",
    "version": "1.0.0",
    "description": "Delivered at least once, in each object's order. What a reader may rely on: docs/subscribers.md.",
    "license": {"name": "Apache-2.0"},
}


def document(contracts: list[tuple[str, str, Document, Document]]) -> str:
    """The document, as JSON, of (publisher, type, schema of the data, example of the whole event)."""
    channels: Document = {}
    operations: Document = {}
    messages: Document = {}
    for service, kind, schema, example in contracts:
        messages[kind] = _message(kind, schema, example)
        channel = channels.setdefault(service, _channel(service))
        channel["messages"][kind] = {"$ref": f"#/components/messages/{kind}"}
        publishes = {"action": "send", "channel": {"$ref": f"#/channels/{service}"}, "messages": []}
        operation = operations.setdefault(f"{service}.publishes", publishes)
        operation["messages"].append({"$ref": f"#/channels/{service}/messages/{kind}"})
    whole = {
        "asyncapi": "3.0.0",
        "info": INFO,
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _channel(service: str) -> Document:
    exchange = {"name": f"{service}.events", "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": f"{service}.events",
        "description": "A topic exchange; an event's routing key is its type.",
        "messages": {},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange}},
    }


def _message(kind: str, schema: Document, example: Document) -> Document:
    data = {name: value for name, value in schema.items() if not name.startswith(("$", "x-"))}
    return {
        "name": kind,
        "title": schema["title"],
        "summary": schema["description"],
        "contentType": "application/cloudevents+json",
        "payload": {
            "type": "object",
            "properties": ENVELOPE | {"type": {"const": kind}, "data": data} | OPTIONAL,
            "required": [*ENVELOPE, "data"],
        },
        "examples": [{"payload": example}],
    }
