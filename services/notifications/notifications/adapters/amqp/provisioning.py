"""Makes the broker have the queues and users that the subscriptions ask for, and no others."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import NamedTuple

from notifications.adapters.amqp.management import Management, allowed, name_of

SALT_BYTES = 4  # as rabbit_password_hashing_sha256 has it
PASSWORD_BYTES = 32

# By subscription: the hash of its password, None as long as nobody has asked for one.
Wanted = Mapping[str, str | None]


class Password(NamedTuple):
    """A password to be handed out once, and what is kept of it."""

    text: str
    hash: str


def new_password() -> Password:
    """A password of 256 random bits, and its hash as RabbitMQ keeps it."""
    text, salt = secrets.token_urlsafe(PASSWORD_BYTES), secrets.token_bytes(SALT_BYTES)
    return Password(text, base64.b64encode(salt + hashlib.sha256(salt + text.encode()).digest()).decode())


class Changes(NamedTuple):
    """What was made and taken away."""

    made: int
    removed: int


def reconcile(management: Management, wanted: Wanted) -> Changes:
    """Makes and removes queues and users until the broker has those of `wanted`; raises ManagementFailed.

    A second run changes nothing, and one that was interrupted is finished by the next. A user goes before its queue,
    and one whose password has changed is made anew: so the connections that it has opened end.
    """
    hashes = {name_of(subscription): password_hash for subscription, password_hash in wanted.items()}
    queues, users, permissions = management.queues(), management.users(), management.permissions()
    made = removed = 0
    for name in sorted(users):
        if hashes.get(name) != users[name]:
            management.delete_user(name)
            permissions.pop(name, None)
            removed += 1
    for name in sorted(queues - hashes.keys()):
        management.delete_queue(name)
        removed += 1
    for name, password_hash in sorted(hashes.items()):
        if name not in queues:
            management.put_queue(name)
            made += 1
        if password_hash is None:
            continue
        if users.get(name) != password_hash:
            management.put_user(name, password_hash)
            made += 1
        if permissions.get(name) != allowed(name):
            management.put_permission(name)
    return Changes(made, removed)
