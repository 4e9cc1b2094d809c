"""What a change leaves alone: a field that was not given, which is something else than one given as null."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any, Final


class Unset(Enum):
    """The type of UNSET, for a field's declaration: `degree: str | None | Unset = UNSET`."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


def given(changes: Any) -> dict[str, Any]:  # Any: a frozen dataclass of any fields
    """The fields of `changes`, a dataclass, that were given, with their values."""
    values = {field.name: getattr(changes, field.name) for field in dataclasses.fields(changes)}
    return {name: value for name, value in values.items() if value is not UNSET}
