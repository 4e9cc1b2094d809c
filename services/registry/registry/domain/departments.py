"""The departments that a CQO directs (R27), by the source's terms and by the enterprise's own names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeAlias


class Department(StrEnum):
    """What a department does, whatever an enterprise calls it."""

    QUALITY_MANAGEMENT = "quality_management"
    QUALITY_INSPECTION = "quality_inspection"
    QUALITY_SAFETY = "quality_safety"


Directed: TypeAlias = dict[str, str]  # the enterprise's name of a department, by its key

TERMS = {
    Department.QUALITY_MANAGEMENT: "质量管理",
    Department.QUALITY_INSPECTION: "质量检验",
    Department.QUALITY_SAFETY: "质量安全",
}
DEPARTMENTS = tuple(TERMS.values())


def directed(names: Iterable[str], stated: Mapping[str, str]) -> Directed:
    """The departments among `names`, whose key a term of the source in the name tells, and those stated by key."""
    known = {str(key): name for name in names for key, term in TERMS.items() if term in name}
    return {**known, **stated}


def named(names: Iterable[str], stated: Mapping[str, str]) -> list[str]:
    """All names, each once, with those that were stated by key only."""
    return list(dict.fromkeys([*names, *stated.values()]))
