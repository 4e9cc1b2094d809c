"""Reads what the services that publish offer their readers: the feed, and what there is to compare with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from chassis import fetching
from chassis.messaging.digest import BUCKETS, Head, TypeDigest
from chassis.messaging.envelope import Envelope, MalformedEvent
from chassis.settings import Settings

TIMEOUT = 10  # seconds
DIGEST_TIMEOUT = 60  # a publisher goes through all that it has announced
PAGE = 500  # events


class UnexpectedAnswer(ValueError):
    """A publisher answered something else than was agreed; do its release and this one go together?"""


class Archived(ValueError):
    """Events that are wanted are in the publisher's archive and no longer in its feed."""


# A publisher without an address, one that does not answer, an answer that holds something else, and what is archived.
UNREADABLE = (LookupError, fetching.NotFetched, MalformedEvent, UnexpectedAnswer, Archived)


def pages(settings: Settings, publisher: str, subject: str | None = None, after: int = 0) -> Iterator[list[Envelope]]:
    """The events in the feed of `publisher`, from the first to the present last, in the order of their publication.

    `subject`: of this aggregate only. `after`: after this position. Raises one of UNREADABLE.
    """
    position, is_last = after, False
    end: int | None = None
    while not is_last:
        wanted = {"subject": subject, "after": position, "limit": PAGE}  # None is left out
        page = _ask(settings, publisher, "/events", wanted)
        yield [Envelope.from_dict(item["event"]) for item in page["items"]]
        position = page["next"]
        # A page may hold less than it can and not be the last: a request goes through so many positions and no more.
        # What is published meanwhile is not waited for. A publisher of the version before names no end.
        end = page.get("end") if end is None else end
        is_last = len(page["items"]) < PAGE if end is None else position >= end


def kept(settings: Settings, publisher: str) -> dict[str, datetime | None]:
    """The kinds that `publisher` does not keep for ever, and since when it does, or None; raises one of UNREADABLE."""
    try:
        answer = _ask(settings, publisher, "/events/kept", {})
        return {
            item["type"]: datetime.fromisoformat(item["begins"]) if item["begins"] else None for item in answer["items"]
        }
    except fetching.Refused as fault:
        if fault.status == HTTPStatus.NOT_FOUND:  # a release that keeps everything
            return {}
        raise
    except (KeyError, TypeError, ValueError) as fault:
        raise UnexpectedAnswer(f"what {publisher} keeps: {fault!r}") from fault


def digests(settings: Settings, publisher: str, kinds: Sequence[str]) -> dict[str, TypeDigest]:
    """What `publisher` has announced of these kinds of aggregate, by kind; raises one of UNREADABLE."""
    answer = _ask(settings, publisher, "/events/digest", {"type": sorted(kinds)}, DIGEST_TIMEOUT)
    try:
        found = {item["type"]: TypeDigest(**item) for item in answer["items"]}
    except (KeyError, TypeError) as fault:
        raise UnexpectedAnswer(f"the digest of {publisher}: {fault!r}") from fault
    if any(len(each.buckets) != BUCKETS for each in found.values()):
        raise UnexpectedAnswer(f"the digest of {publisher} has not {BUCKETS} buckets")
    return found


def heads(settings: Settings, publisher: str, kind: str, buckets: Sequence[int]) -> Iterator[Head]:
    """The last versions of the aggregates of some buckets; raises one of UNREADABLE."""
    after: str | None = ""
    while after is not None:
        wanted = {"type": kind, "bucket": buckets, "after": after}
        answer = _ask(settings, publisher, "/events/heads", wanted, DIGEST_TIMEOUT)
        try:
            yield from (Head(item["subject"], item["version"], item["id"]) for item in answer["items"])
            after = answer["next"]
        except (KeyError, TypeError) as fault:
            raise UnexpectedAnswer(f"the aggregates of {publisher}: {fault!r}") from fault


def missing(settings: Settings, publisher: str, cursors: Mapping[str, int]) -> list[Envelope]:
    """The next events of some aggregates after the versions given, at most PAGE; raises one of UNREADABLE."""
    wanted = {"after": [f"{aggregate}:{version}" for aggregate, version in cursors.items()]}
    answer = _ask(settings, publisher, "/events/missing", wanted)
    return [Envelope.from_dict(item) for item in answer["items"]]


def _ask(
    settings: Settings, publisher: str, path: str, wanted: Mapping[str, object], timeout: float = TIMEOUT
) -> Any:  # Any: JSON's values
    url = settings.feeds.get(publisher)
    if url is None:
        raise LookupError(f"no feed of {publisher!r} is configured")
    try:
        return fetching.get(f"{url}{path}", wanted, token=settings.feed_token, timeout=timeout)
    except fetching.Refused as fault:
        if fault.status != HTTPStatus.GONE:
            raise
        last = json.loads(fault.said)["last"]
        raise Archived(
            f"the events of {publisher} up to position {last} are archived; they are read with --archive"
        ) from fault
