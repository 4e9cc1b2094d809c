"""The clients of end points: kept with their open connections and opened keys as long as the target stays the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.security import Cipher
from notifications.adapters.webhook import guard, signing, target
from notifications.adapters.webhook.client import Client, Tls
from notifications.adapters.webhook.guard import Resolver
from notifications.adapters.webhook.signing import Signer
from notifications.adapters.webhook.target import WebhookTarget
from notifications.config import Settings
from notifications.domain.webhook import Scheme

MOST = 1000  # end points of which something is kept; then all is made anew


class EndPoints:
    """By subscription, how its end point is reached and with what is signed for it."""

    def __init__(self, settings: Settings, resolver: Resolver = guard.system_resolver) -> None:
        self.seconds, self.resolver = settings.webhook_seconds, resolver
        self.cipher = Cipher(settings.pii_key, settings.pii_index_key)
        self.clients: dict[str, tuple[object, WebhookTarget, Client]] = {}
        self.signers: dict[str, Signer] = {}

    def client(
        self,
        subscription_id: str,
        wanted: Mapping[str, Any],  # Any: JSON's values
        certificate: str | None,
    ) -> tuple[WebhookTarget, Client]:
        """The client for that target; ForbiddenTarget or CannotOpen where there can't be one."""
        kept = self.clients.get(subscription_id)
        if kept is not None and kept[0] == (wanted, certificate):
            return kept[1], kept[2]
        if kept is not None:
            kept[2].close()
        read = target.read(wanted)
        opened = self.cipher.open(certificate, f"certificate:{subscription_id}") if certificate else None
        made = Client(
            read.at,
            lambda: guard.checked(read.at, read.networks, self.resolver),
            Tls(read.authority, opened),
            self.seconds,
        )
        if len(self.clients) >= MOST:
            self.close()
        self.clients[subscription_id] = ((wanted, certificate), read, made)
        return read, made

    def signers_of(self, keys: Sequence[Sequence[str]]) -> list[Signer]:
        """What signs by each of the keys (id, scheme, sealed key), in their order; CannotOpen for one of other keys."""
        for key_id, scheme, sealed in keys:
            if key_id not in self.signers:
                if len(self.signers) >= MOST:
                    self.signers.clear()
                self.signers[key_id] = signing.signer(Scheme(scheme), self.cipher.open(sealed, f"webhook:{key_id}"))
        return [self.signers[key_id] for key_id, _, _ in keys]

    def close_idle(self) -> None:
        """Closes the connections that nobody has used for a while."""
        for _, _, client in self.clients.values():
            client.close_if_idle()

    def close(self) -> None:
        for _, _, client in self.clients.values():
            client.close()
        self.clients.clear()
