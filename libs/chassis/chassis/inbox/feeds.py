"""Reads the feeds of the services that publish: `GET /events`, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from chassis.config import Settings
from chassis.events import Envelope, MalformedEvent

TIMEOUT = 10  # seconds
PAGE = 500
SETTING = "url_"  # what the settings with the services' addresses begin with
# A publisher without an address, one that does not answer, and an answer that holds something else.
UNREADABLE = (LookupError, requests.RequestException, MalformedEvent)


def publishers(settings: Settings) -> list[str]:
    """The other services of the system."""
    named = [name.removeprefix(SETTING) for name in vars(settings) if name.startswith(SETTING)]
    return [name for name in named if name != settings.service]


def pages(settings: Settings, publisher: str, **wanted: Any) -> Iterator[list[Envelope]]:
    """The events in the feed of `publisher`, from the first to the present last, in the order of their publication.

    Raises one of UNREADABLE.
    """
    url = vars(settings).get(SETTING + publisher)
    if url is None:
        raise LookupError(f"no feed of {publisher!r} is configured")
    position, is_full = 0, True
    while is_full:
        answer = requests.get(
            f"{url}/events",
            params={**wanted, "after": position, "limit": PAGE},
            headers={"Authorization": f"Bearer {settings.feed_token}"},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        page = answer.json()
        yield [Envelope.from_dict(item["event"]) for item in page["items"]]
        position, is_full = page["next"], len(page["items"]) == PAGE
