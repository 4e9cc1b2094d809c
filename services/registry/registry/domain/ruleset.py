"""What a decision needs to know of the rule set in force: its number, its document and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol


class RuleSet(Protocol):
    """The figures that the source leaves open; each decision stores the version it was made by."""

    @property
    def version(self) -> int: ...
    @property
    def effective_from(self) -> date: ...
    @property
    def document(self) -> str: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...
