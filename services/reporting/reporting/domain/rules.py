"""The parameters of this service's rule sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Rules:
    """A rule set; the coverage of a day is figured by the one in force on that day."""

    version: int
    effective_from: date
    document: str
    count_suspended_as_covered: bool
