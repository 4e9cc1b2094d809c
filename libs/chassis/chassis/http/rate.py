"""How often one address may call a public route: a bucket of tokens for each address, in the process.

Each replica has buckets of its own, so an installation of three lets three times as much through.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from wsgiref.types import WSGIEnvironment

from chassis.http.problems import TooManyRequests

MOST_ADDRESSES = 10_000  # those that called last; whoever is forgotten begins with a full bucket


@dataclass(frozen=True)
class Rate:
    """So many calls a minute in the long run, and so many at once."""

    per_minute: int
    at_once: int


class Limiter:
    """Keeps a rate for each address."""

    def __init__(
        self, rate: Rate, trusted_proxies: frozenset[str], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate, self.trusted_proxies, self.monotonic = rate, trusted_proxies, monotonic
        self.buckets: dict[str, tuple[float, float]] = {}  # calls left and when that was; the latest caller stands last

    def require(self, environ: WSGIEnvironment) -> None:
        """Takes a call from the caller's bucket; TooManyRequests if it is empty."""
        address, now = address_of(environ, self.trusted_proxies), self.monotonic()
        left, since = self.buckets.pop(address, (float(self.rate.at_once), now))
        a_second = self.rate.per_minute / 60
        left = min(float(self.rate.at_once), left + (now - since) * a_second)
        is_empty = left < 1
        self.buckets[address] = (left if is_empty else left - 1, now)
        if len(self.buckets) > MOST_ADDRESSES:
            del self.buckets[next(iter(self.buckets))]
        if is_empty:
            raise TooManyRequests(retry_after=math.ceil((1 - left) / a_second))


def address_of(environ: WSGIEnvironment, trusted_proxies: frozenset[str]) -> str:
    """Whose bucket it is: the caller's address, behind proxies that are trusted; of IPv6 the network of 64 bits."""
    address = str(environ["REMOTE_ADDR"])
    hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while address in trusted_proxies and hops:
        address = hops.pop()
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return str(environ["REMOTE_ADDR"])
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
