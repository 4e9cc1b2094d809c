"""A decision taken apart: each criterion, what was required, what was found, and whether it was met."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Criterion:
    """One criterion of a decision; `rule` is the programme's rule it comes from."""

    name: str
    rule: str
    required: str
    found: str
    met: bool

    def shortfall(self) -> str:
        """What is missing, in words: `hours 32 of 40`."""
        return f"{self.name} {self.found} of {self.required}"
