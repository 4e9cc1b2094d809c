"""Numbers that are given out in one row over the whole history, while its parts are written side by side."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Numbers:
    """Those of part `part` of `parts`: no two parts give the same one, whatever is written first."""

    part: int
    parts: int

    def after(self, last: int) -> int:
        """The next number after the last that the part gave out; 0 where it has given none."""
        return last + self.parts if last else self.part + 1
