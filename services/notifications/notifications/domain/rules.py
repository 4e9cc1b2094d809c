"""The parameters of this service's rule sets: by which channels notices go out, and who signs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from notifications.domain.notice import Channel


@dataclass(frozen=True)
class Rules:
    """A rule set; channels are named as its document has them."""

    version: int
    effective_from: date
    document: str
    channels: Sequence[str]
    channels_by_kind: Mapping[str, Sequence[str]]  # for kinds of notice that go out by others
    address_wait_days: int  # for which a letter without an address waits for one
    signature: str

    def channels_of(self, kind: str) -> list[Channel]:
        """The channels by which a kind of notice goes out."""
        return [Channel(name) for name in self.channels_by_kind.get(kind, self.channels)]
