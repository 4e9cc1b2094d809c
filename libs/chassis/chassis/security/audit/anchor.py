"""Asks the service that anchors this one for the checkpoints that it keeps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from chassis import fetching
from chassis.security.audit.checkpoints import CHECKPOINTS_AT_ONCE, Checkpoint, SigningKeys
from chassis.security.signing import Unsigned
from chassis.settings import Settings

TIMEOUT = 10  # seconds


class Kept(NamedTuple):
    """The checkpoints that are kept of a service, in a part of its chain, and the last of all."""

    checkpoints: tuple[Checkpoint, ...] = ()
    problem: str | None = None  # why they are not to be had, or not all of them can be trusted


NOT_ASKED = Kept()


def kept_checkpoints(settings: Settings, after: int, through: int) -> Kept:
    """What the anchoring service keeps of the places after `after` to `through`, and its last; it is asked over HTTP.

    A service that has no anchor has no checkpoints.
    """
    anchor = settings.audit_anchor
    if anchor is None:
        return NOT_ASKED
    try:
        return opened(settings, _signed(settings, anchor, after, through))
    except (fetching.NotFetched, LookupError, TypeError, ValueError) as fault:
        return Kept(problem=f"the checkpoints that {anchor} keeps could not be had: {type(fault).__name__}: {fault}")


def opened(settings: Settings, signed: Iterable[str]) -> Kept:
    """The checkpoints of this service among `signed`; raises ValueError if CQO_AUDIT_KEY has no keys to verify them."""
    keys = SigningKeys(settings.audit_key or "")
    found: dict[str, Checkpoint] = {}
    problem = None
    for each in signed:
        try:
            checkpoint = keys.open(each)
        except Unsigned as fault:
            problem = problem or f"a checkpoint that is kept is not this service's: {fault}"
            continue
        if checkpoint.service == settings.service:
            found[each] = checkpoint
    return Kept(tuple(found.values()), problem)


def _signed(settings: Settings, anchor: str, after: int, through: int) -> list[str]:
    signed: list[str] = []
    while True:
        answer = _ask(settings, anchor, {"service": settings.service, "after": after, "through": through})
        items = answer["items"]
        signed += [item["signed"] for item in items]
        if len(items) < CHECKPOINTS_AT_ONCE:
            return signed + ([answer["last"]["signed"]] if answer["last"] else [])
        after = items[-1]["seal"]


def _ask(settings: Settings, anchor: str, wanted: dict[str, str | int]) -> Any:  # Any: JSON's values
    url = settings.feeds.get(anchor)
    if url is None or settings.feed_token is None:
        raise LookupError(f"no address of {anchor}, or no CQO_FEED_TOKEN, is configured")
    wanted = wanted | {"limit": CHECKPOINTS_AT_ONCE}
    return fetching.get(f"{url}/audit/checkpoints", wanted, token=settings.feed_token, timeout=TIMEOUT)
