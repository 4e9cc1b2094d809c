"""Taking over the fields of something that are to be otherwise."""

from __future__ import annotations

from collections.abc import Mapping


def differing(of: object, changes: Mapping[str, object]) -> dict[str, object]:
    """Those of the changes, by field, that say otherwise than `of` does."""
    return {name: value for name, value in changes.items() if getattr(of, name) != value}


def take_over(of: object, changes: Mapping[str, object]) -> bool:
    """Takes over what differs; whether anything does."""
    changed = differing(of, changes)
    for name, value in changed.items():
        setattr(of, name, value)
    return bool(changed)
