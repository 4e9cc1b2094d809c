"""What is announced of classes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar


@dataclass(frozen=True)
class ClassScheduled:
    type: ClassVar[str] = "class.scheduled.v1"
    class_id: str
    name: str
    kind: str
    starts_on: date
    ends_on: date
    hours: float
    capacity: int


@dataclass(frozen=True)
class ClassClosed:
    type: ClassVar[str] = "class.closed.v1"
    class_id: str
    on: date
    passed: int
    failed: int


@dataclass(frozen=True)
class ClassChanged:
    """The class as it is now; `changed` names the fields that were other before."""

    type: ClassVar[str] = "class.changed.v1"
    class_id: str
    name: str
    starts_on: date
    ends_on: date
    capacity: int
    mode: str
    venue: str | None
    changed: list[str]
    on: date


@dataclass(frozen=True)
class ClassCancelled:
    """The class will not be held."""

    type: ClassVar[str] = "class.cancelled.v1"
    class_id: str
    name: str
    reason: str
    on: date
