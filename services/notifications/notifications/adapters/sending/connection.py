"""What a sender needs of a channel: a connection that hands one message over and says what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notifications.adapters import texts
from notifications.domain.notice import Channel, Outcome
from notifications.usecases.letters import LimitsOf


class ServerDown(Exception):
    """No connection to the server: it can't be reached, or did not let us in."""


class CannotCompose(Exception):
    """The message can't be put into the channel's form; nothing was handed over."""


@dataclass(frozen=True)
class Message:
    """One message to one address. `identity` is the same on each attempt; `references` are the notices in it."""

    identity: str
    address: str  # in clear
    text: texts.Text
    references: Sequence[str]
    at: datetime


class Connection(Protocol):
    """Hands messages over, one after the other."""

    @property
    def channel(self) -> Channel:
        """Which it is of."""

    @property
    def at_once(self) -> int:
        """How many letters a sender may hold, which is what a crash leaves in doubt."""

    @property
    def limits_of(self) -> LimitsOf | None:
        """On which limits a letter is counted, where the channel has any."""

    @property
    def is_open(self) -> bool:
        """Whether a message can be handed over."""

    def open(self) -> None:
        """Connects, unless a usable connection is open; raises ServerDown."""

    def close(self) -> None:
        """Ends the connection."""

    def close_if_idle(self) -> None:
        """Ends a connection that has not been used for a while."""

    def send(self, message: Message) -> Outcome:
        """Hands one message over; the connection must be open. CannotCompose; what else breaks is in the outcome."""
