"""What an import did: how many rows came in, and why the others did not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from registry.adapters.workbook import Rejection

# Beyond this many violations the file is the wrong one; `rejected_rows` still counts them all.
MOST_REJECTIONS = 2000
Tell: TypeAlias = Callable[[int], None]


def nobody(_: int) -> None:
    """Nobody is told how far an import is."""


@dataclass
class ImportReport:
    """How many rows came in anew, as they were, or changed; and each violation in those that did not, by row."""

    rejections: list[Rejection] = field(default_factory=list)
    created: int = 0
    unchanged: int = 0
    updated: int = 0

    @classmethod
    def of(cls, rejections: Iterable[Rejection]) -> ImportReport:
        """A report in which nothing has come in yet."""
        return cls(sorted(rejections, key=lambda rejection: rejection.row))

    @cached_property
    def rejected_rows(self) -> int:
        """How many rows did not come in; all rejections are known by the first row that does."""
        return len({rejection.row for rejection in self.rejections})

    @property
    def rows(self) -> int:
        """How many rows have been dealt with."""
        return self.created + self.unchanged + self.updated + self.rejected_rows

    def count(self, existed: bool, changed: bool) -> None:
        """Counts a row that came in."""
        if not existed:
            self.created += 1
        elif changed:
            self.updated += 1
        else:
            self.unchanged += 1

    def figures(self) -> dict[str, int]:
        """The numbers of rows, by what became of them."""
        return {
            "created": self.created,
            "unchanged": self.unchanged,
            "updated": self.updated,
            "rejected_rows": self.rejected_rows,
        }
