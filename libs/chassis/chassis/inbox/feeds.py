"""Reads the feeds of the services that publish: `GET /events`, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from chassis.config import Settings
from chassis.events import Envelope

TIMEOUT = 10  # seconds
PAGE = 500
SETTING = "url_"  # what the settings with the services' addresses begin with


def publishers(settings: Settings) -> list[str]:
    """The other services of the system."""
    named = [name.removeprefix(SETTING) for name in vars(settings) if name.startswith(SETTING)]
    return [name for name in named if name != settings.service]


def pages(settings: Settings, publisher: str, **wanted: Any) -> Iterator[list[Envelope]]:
    """The events in the feed of `publisher`, from the first on, in the order in which they were published.

    Raises LookupError for a publisher without an address, requests.RequestException where it does not answer, and
    MalformedEvent.
    """
    url = vars(settings).get(SETTING + publisher)
    if url is None:
        raise LookupError(f"no feed of {publisher!r} is configured")
    position, end = 0, -1
    while position != end:
        answer = requests.get(
            f"{url}/events",
            params={**wanted, "after": position, "limit": PAGE},
            headers={"Authorization": f"Bearer {settings.feed_token}"},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        page = answer.json()
        yield [Envelope.from_dict(item["event"]) for item in page["items"]]
        position, end = page["next"], position
