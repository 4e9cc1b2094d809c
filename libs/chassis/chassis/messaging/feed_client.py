"""Reads the feeds of the services that publish: `GET /events`, page by page."""

from __future__ import annotations

from collections.abc import Iterator

import requests

from chassis.messaging.envelope import Envelope, MalformedEvent
from chassis.settings import Settings

TIMEOUT = 10  # seconds
PAGE = 500  # events
# A publisher without an address, one that does not answer, and an answer that holds something else.
UNREADABLE = (LookupError, requests.RequestException, MalformedEvent)


def pages(settings: Settings, publisher: str, subject: str | None = None) -> Iterator[list[Envelope]]:
    """The events in the feed of `publisher`, from the first to the present last, in the order of their publication.

    `subject`: of this object only. Raises one of UNREADABLE.
    """
    url = settings.feeds.get(publisher)
    if url is None:
        raise LookupError(f"no feed of {publisher!r} is configured")
    position, is_full = 0, True
    while is_full:
        answer = requests.get(
            f"{url}/events",
            params={"subject": subject, "after": position, "limit": PAGE},  # None is left out
            headers={"Authorization": f"Bearer {settings.feed_token}"},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        page = answer.json()
        yield [Envelope.from_dict(item["event"]) for item in page["items"]]
        position, is_full = page["next"], len(page["items"]) == PAGE
