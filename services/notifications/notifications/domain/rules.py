"""The parameters of this service's rule sets: by which channels notices go out, who signs them, and what they cite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from notifications.domain.notice import Channel

OFFICE = "office"  # the body that signs where a kind names no other


@dataclass(frozen=True)
class Body:
    """Who signs a letter; `document_number` is the number under which its letters go out, where there is one."""

    name: str
    telephone: str | None = None
    document_number: str | None = None


@dataclass(frozen=True)
class Rules:
    """A rule set; channels are named as its document has them."""

    version: int
    effective_from: date
    document: str
    channels: Sequence[str]
    channels_by_kind: Mapping[str, Sequence[str]]  # for kinds of notice that go out by others
    address_wait_days: int  # for which a letter without an address waits for one
    bodies: Mapping[str, Mapping[str, str | None]]  # who may sign, by key; each as a Body
    body_by_kind: Mapping[str, str]  # for kinds of notice that another than the office signs
    # What a revocation's letter says of remedies: 行政复议 and 行政诉讼.
    review_body: str
    review_days: int
    court: str
    court_months: int

    def channels_of(self, kind: str) -> list[Channel]:
        """The channels by which a kind of notice goes out."""
        return [Channel(name) for name in self.channels_by_kind.get(kind, self.channels)]

    def body_of(self, kind: str) -> Body:
        """Who signs a kind of notice."""
        found = self.bodies[self.body_by_kind.get(kind, OFFICE)]
        return Body(str(found["name"]), found.get("telephone"), found.get("document_number"))
