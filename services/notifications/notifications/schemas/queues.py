"""Queues of subscribers."""

from __future__ import annotations

from marshmallow import fields

from chassis.http import Schema


class SubscriberQueue(Schema):
    broker = fields.String(required=True, metadata={"example": "amqps://broker.example.cn:5671"})
    vhost = fields.String(required=True, metadata={"example": "cqo-public"})
    queue = fields.String(required=True)
    user = fields.String(required=True)
    password_made_at = fields.AwareDateTime(
        allow_none=True, required=True, metadata={"description": "null as long as no credentials were asked for"}
    )
    published = fields.Integer(
        required=True, metadata={"description": "`feedsequence` up to which the queue was filled; 0 before the first"}
    )


class QueueCredentials(Schema):
    broker = fields.String(required=True)
    vhost = fields.String(required=True)
    queue = fields.String(required=True)
    user = fields.String(required=True)
    password = fields.String(required=True, metadata={"description": "told this once; ask again for another"})
    url = fields.String(required=True, metadata={"description": "all of it: amqps://user:password@host:port/vhost"})
