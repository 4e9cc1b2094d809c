"""What an import did: how many rows came in, and why the others did not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from registry.adapters.workbook import Rejection


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

    @property
    def rejected_rows(self) -> int:
        """How many rows did not come in."""
        return len({rejection.row for rejection in self.rejections})

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
