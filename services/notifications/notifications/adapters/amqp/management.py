"""The broker's HTTP API: the virtual host, queues and users of the systems that receive by AMQP.

RabbitMQ 3.10 to 4.x have what is asked of it here.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from chassis import fetching

TIMEOUT = 10  # seconds
PREFIX = "ext."  # of the queue and the user of each subscription
POLICY = "subscribers"
NOTHING = "^$"
# A queue that lies on three nodes outlives one; its limits come by the policy, so that they can change.
QUORUM = {"x-queue-type": "quorum"}
TRIES = 100  # deliveries of one message before it is dropped; without a limit RabbitMQ 4 drops it after 20
MOST_CHANNELS, MOST_CONNECTIONS = 50, 10  # of one subscriber

Json = Mapping[str, Any]  # Any: JSON's values


class ManagementFailed(Exception):
    """The broker's HTTP API does not answer, or refuses; the message says which, and to what."""


def name_of(subscription_id: str) -> str:
    """The name of the subscription's queue, and of its user."""
    return f"{PREFIX}{subscription_id}"


class Management:
    """The virtual host `vhost` by the HTTP API at `url`; each method raises ManagementFailed."""

    def __init__(self, url: str, vhost: str) -> None:
        parts = urlsplit(url)
        self.root = f"{parts.scheme}://{parts.hostname}:{parts.port}/api" if parts.port else f"{url.rstrip('/')}/api"
        self.vhost, self.at = vhost, quote(vhost, safe="")
        credentials = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        self.authorization = f"Basic {base64.b64encode(credentials.encode()).decode()}"

    def prepare(self, messages: int, size: int) -> None:
        """The virtual host, and the limits of its queues: so many messages and bytes, then the oldest goes."""
        self._ask("PUT", f"vhosts/{self.at}", {})
        limits = {"max-length": messages, "max-length-bytes": size, "overflow": "drop-head", "delivery-limit": TRIES}
        policy = {"pattern": rf"^{PREFIX.rstrip('.')}\.", "apply-to": "queues", "definition": limits}
        self._ask("PUT", f"policies/{self.at}/{POLICY}", policy)

    def queues(self) -> set[str]:
        """The names of all queues of subscribers."""
        found = self._ask("GET", f"queues/{self.at}?columns=name")
        return {each["name"] for each in found if each["name"].startswith(PREFIX)}

    def users(self) -> dict[str, str]:
        """The hash of each subscriber's password, by user."""
        return {
            each["name"]: each["password_hash"]
            for each in self._ask("GET", "users?columns=name,password_hash")
            if each["name"].startswith(PREFIX)
        }

    def permissions(self) -> dict[str, tuple[str, str, str]]:
        """What each subscriber's user may configure, write and read."""
        return {
            each["user"]: (each["configure"], each["write"], each["read"])
            for each in self._ask("GET", f"vhosts/{self.at}/permissions")
        }

    def put_queue(self, name: str) -> None:
        """Makes the queue, if it is not there."""
        self._ask("PUT", f"queues/{self.at}/{name}", {"durable": True, "auto_delete": False, "arguments": QUORUM})

    def put_user(self, name: str, password_hash: str) -> None:
        """Makes the user, or gives it another password. Connections that it has opened stay."""
        self._ask("PUT", f"users/{name}", {"password_hash": password_hash, "tags": ""})
        for limit, value in (("max-connections", MOST_CONNECTIONS), ("max-channels", MOST_CHANNELS)):
            self._ask("PUT", f"user-limits/{name}/{limit}", {"value": value})

    def put_permission(self, name: str) -> None:
        """Lets the user read the queue of its own name, and do nothing else."""
        configure, write, read = allowed(name)
        self._ask("PUT", f"permissions/{self.at}/{name}", {"configure": configure, "write": write, "read": read})

    def delete_user(self, name: str) -> None:
        """Takes the user away; the broker ends its connections."""
        self._ask("DELETE", f"users/{name}", missing=True)

    def delete_queue(self, name: str) -> None:
        """Takes the queue away, with what is in it."""
        self._ask("DELETE", f"queues/{self.at}/{name}", missing=True)

    def _ask(self, method: str, path: str, body: Json | None = None, missing: bool = False) -> Any:  # Any: JSON
        try:
            # The broker is no host that a proxy leads to.
            return fetching.ask(
                f"{self.root}/{path}", TIMEOUT, method=method, body=body, authorization=self.authorization, direct=True
            )
        except fetching.NotFetched as fault:
            if missing and isinstance(fault, fetching.Refused) and fault.status == HTTPStatus.NOT_FOUND:
                return None
            raise ManagementFailed(f"the broker's HTTP API, {method} {path}: {fault}") from fault


def allowed(name: str) -> tuple[str, str, str]:
    """What the subscriber's user `name` may configure, write and read."""
    return NOTHING, NOTHING, f"^{name.replace('.', chr(92) + '.')}$"
