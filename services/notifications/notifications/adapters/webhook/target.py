"""The target of a subscription by webhook, as it is approved: `subscription.target`.

{"url": "https://hooks.example.cn/cqo",
 "networks": ["10.20.0.0/16"],       approved for an end point in the intranet; none: the internet only
 "authority": "-----BEGIN …",        who signed the end point's certificate, if no public authority
 "connections": 4,                   requests at once, at most
 "per_second": 50}                   deliveries, at most
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.adapters.webhook import guard
from notifications.adapters.webhook.client import Tls
from notifications.adapters.webhook.guard import ForbiddenTarget, Network, Target

KEYS = frozenset(("url", "networks", "authority", "connections", "per_second"))
CONNECTIONS, MOST_CONNECTIONS = 4, 32
MOST_NETWORKS = 10


@dataclass(frozen=True)
class WebhookTarget:
    """A target whose parts have been read; that its name leads somewhere allowed is checked at each connection."""

    at: Target
    networks: tuple[Network, ...] = ()
    authority: str | None = None
    connections: int = CONNECTIONS
    per_second: float | None = None


def read(target: Mapping[str, object]) -> WebhookTarget:
    """Reads a subscription's target; ForbiddenTarget says what is wrong with it."""
    if unknown := sorted(set(target) - KEYS):
        raise ForbiddenTarget(f"a target has no {unknown[0]!r}; it has {', '.join(sorted(KEYS))}")
    url, named, authority = target.get("url"), target.get("networks") or [], target.get("authority")
    if not isinstance(url, str):
        raise ForbiddenTarget("`url` is missing")
    if not isinstance(named, list) or len(named) > MOST_NETWORKS or not all(isinstance(each, str) for each in named):
        raise ForbiddenTarget(f"`networks` must be a list of at most {MOST_NETWORKS} networks, such as 10.20.0.0/16")
    networks = tuple(guard.approvable(each) for each in named)
    if authority is not None:
        if not isinstance(authority, str):
            raise ForbiddenTarget("`authority` must be a certificate in PEM")
        try:
            Tls(authority).context()
        except (ValueError, OSError) as fault:
            raise ForbiddenTarget(f"`authority` is no certificate in PEM: {fault}") from fault
    connections = _number(target, "connections", 1, MOST_CONNECTIONS)
    return WebhookTarget(
        guard.parse(url, networks),
        networks,
        authority,
        int(connections) if connections else CONNECTIONS,
        _number(target, "per_second", 0.1, 10_000),
    )


def _number(target: Mapping[str, object], name: str, least: float, most: float) -> float | None:
    found = target.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | float) or not least <= found <= most:
        raise ForbiddenTarget(f"`{name}` must be a number from {least:g} to {most:g}")
    return found
