"""What the author announces: a thing or a lot has changed, with what its reader is to make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class ThingChanged:
    """A thing has changed."""

    type: ClassVar[str] = "thing.changed.v1"
    number: int = 0
    poison: bool = False  # the handler raises until the aggregate is mended
    crash: bool = False  # the handler's process is killed until the aggregate is mended
    failure_rate: float = 0.0  # how often the handler is not ready for it yet
    seconds: float = 0.0  # how long the handler takes
    echo: bool = False  # the handler announces something itself
    broken: bool = False  # the handler breaks a constraint that the database looks at only when it commits


@dataclass(frozen=True)
class LotChanged(ThingChanged):
    """A lot has changed; its reader takes many at once."""

    type: ClassVar[str] = "lot.changed.v1"


@dataclass(frozen=True)
class HintGiven:
    """Nobody handles this."""

    type: ClassVar[str] = "thing.hinted.v1"
    number: int = 0
