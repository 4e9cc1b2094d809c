"""Changes of the tree of divisions: a division is moved, renamed, merged into another or split, as of a day.

What stood before that day is never touched but for its end. A code that ends has a successor, along which all that was
entered under it keeps its place (`programme.scope`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from chassis.errors import InvalidInput, NotFound, RuleBroken
from registry.domain.divisions import Placement

LEVELS = ("province", "prefecture", "county")

Tree = Mapping[str, Sequence[Placement]]  # by code, the oldest placement first


class ChangeKind(StrEnum):
    """What becomes of a division."""

    MOVE = "move"
    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"


class DivisionEnded(RuleBroken):
    """The division has ended, or its end has been entered already; name the one that took its place."""

    zh = "该区划已经撤销，或其撤销已经录入，请填写承接其的区划。"


class ChangeOutOfOrder(RuleBroken):
    """The day lies before the division's last change took effect: what stood then is not rewritten."""

    zh = "生效日期早于该区划上一次变更的生效日期，历史记录不得改写。"


class HasDivisionsBelow(RuleBroken):
    """Divisions lie below this one: move them first."""

    zh = "该区划下还有区划，请先调整其隶属关系。"


class TheProvinceStays(RuleBroken):
    """The province itself can't be moved, merged or split."""

    zh = "省级区划不得调整、合并或者拆分。"


@dataclass(frozen=True)
class Part:
    """A division that begins with a split."""

    code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class DivisionChange:
    """What is to become of the division `code` from the day `effective_on`, by a document.

    move: `parent`. rename: `name`. Both may give it a `new_code`. merge: `into`, the division that takes it in. split:
    `parts`; unless it `stays` beside them it ends, and the first part is its successor.
    """

    kind: ChangeKind
    code: str
    effective_on: date
    document: str
    parent: str | None = None
    name: str | None = None
    new_code: str | None = None
    into: str | None = None
    parts: tuple[Part, ...] = ()
    stays: bool = False


@dataclass
class EnteredChange:
    """A change as it was entered; `placements` are those that it ended and began, as they then were, in JSON."""

    id: str
    kind: ChangeKind
    code: str
    effective_on: date
    document: str
    recorded_on: date
    placements: list[dict[str, object]]


# Which fields each kind needs, and which it may have.
FIELDS: Mapping[ChangeKind, tuple[frozenset[str], frozenset[str]]] = {
    ChangeKind.MOVE: (frozenset({"parent"}), frozenset({"new_code"})),
    ChangeKind.RENAME: (frozenset({"name"}), frozenset({"new_code"})),
    ChangeKind.MERGE: (frozenset({"into"}), frozenset()),
    ChangeKind.SPLIT: (frozenset({"parts"}), frozenset({"stays"})),
}


def placements_after(tree: Tree, change: DivisionChange) -> list[Placement]:
    """The placements that the change ends and begins; `tree` is the whole tree."""
    _require_fields(change)
    present = _present(tree, change.code, change.effective_on)
    below = [each for each in _open(tree) if each.parent == change.code]
    match change.kind:
        case ChangeKind.MOVE | ChangeKind.RENAME:
            return _moved(tree, present, below, change)
        case ChangeKind.MERGE:
            return _merged(tree, present, below, change)
        case ChangeKind.SPLIT:
            return _split(tree, present, below, change)


def _moved(tree: Tree, present: Placement, below: Sequence[Placement], change: DivisionChange) -> list[Placement]:
    """It stands elsewhere, or under another name; what lies below goes along with a new code."""
    if change.parent is not None:
        _require_above(tree, present, change.parent, change.effective_on)
    code = change.new_code or present.code
    if change.new_code is not None:
        _require_unused(tree, change.new_code, "/new_code")
    after = _from(present, change.effective_on, code=code)
    after = replace(after, name=change.name or present.name, parent=change.parent or present.parent)
    placements = [_until(present, change.effective_on, change.new_code), after]
    for child in below if change.new_code is not None else ():
        _require_after(child, change.effective_on)
        placements += [_until(child, change.effective_on), _from(child, change.effective_on, parent=code)]
    return placements


def _merged(tree: Tree, present: Placement, below: Sequence[Placement], change: DivisionChange) -> list[Placement]:
    assert change.into is not None
    if below:
        raise HasDivisionsBelow(divisions=[each.code for each in below])
    into = next((each for each in tree.get(change.into, ()) if each.holds_on(change.effective_on)), None)
    if into is None or into.valid_to is not None or into.level != present.level or into.code == present.code:
        raise InvalidInput.at(
            "/into", "No other division of its level stands there on that day.", "该日没有与其同级的其他区划。"
        )
    return [_until(present, change.effective_on, change.into)]


def _split(tree: Tree, present: Placement, below: Sequence[Placement], change: DivisionChange) -> list[Placement]:
    if below:
        raise HasDivisionsBelow(divisions=[each.code for each in below])
    if len({part.code for part in change.parts}) < len(change.parts):
        raise InvalidInput.at("/parts", "A code stands twice.", "区划代码重复。")
    for place, part in enumerate(change.parts):
        _require_unused(tree, part.code, f"/parts/{place}/code")
    begun = [replace(_from(present, change.effective_on, code=part.code), name=part.name) for part in change.parts]
    return begun if change.stays else [_until(present, change.effective_on, change.parts[0].code), *begun]


def _require_fields(change: DivisionChange) -> None:
    needed, allowed = FIELDS[change.kind]
    given = {name for name in ("parent", "name", "new_code", "into", "parts", "stays") if getattr(change, name)}
    missing, strange = sorted(needed - given), sorted(given - needed - allowed)
    if missing:
        raise InvalidInput.at(f"/{missing[0]}", f"Needed to {change.kind} a division.", "此类变更必须填写本项。")
    if strange:
        raise InvalidInput.at(f"/{strange[0]}", f"Not given to {change.kind} a division.", "此类变更不得填写本项。")


def _present(tree: Tree, code: str, on: date) -> Placement:
    """The division as it stands, without an end."""
    if code not in tree:
        raise NotFound()
    last = tree[code][-1]
    if last.parent is None:
        raise TheProvinceStays()
    if last.valid_to is not None:
        raise DivisionEnded(valid_to=last.valid_to.isoformat(), successor=last.successor)
    _require_after(last, on)
    return last


def _require_after(placement: Placement, on: date) -> None:
    if on <= placement.valid_from:
        raise ChangeOutOfOrder(division=placement.code, since=placement.valid_from.isoformat())


def _require_above(tree: Tree, present: Placement, parent: str, on: date) -> None:
    above = next((each for each in tree.get(parent, ()) if each.holds_on(on)), None)
    if above is None or above.valid_to is not None or LEVELS.index(above.level) >= LEVELS.index(present.level):
        raise InvalidInput.at(
            "/parent", "No division of a level above stands there on that day.", "该日没有可作为其上级的区划。"
        )


def _require_unused(tree: Tree, code: str, pointer: str) -> None:
    if code in tree:
        raise InvalidInput.at(pointer, "This code has been a division's already.", "该区划代码已经使用过。")


def _until(placement: Placement, on: date, successor: str | None = None) -> Placement:
    """The same, until the day before."""
    return replace(placement, valid_to=on - timedelta(days=1), successor=successor)


def _from(placement: Placement, on: date, *, code: str | None = None, parent: str | None = None) -> Placement:
    """The same from that day on, by another code or below another division."""
    return replace(placement, code=code or placement.code, parent=parent or placement.parent, valid_from=on)


def _open(tree: Tree) -> list[Placement]:
    """The placements without an end."""
    return [placement for placements in tree.values() for placement in placements if placement.valid_to is None]
