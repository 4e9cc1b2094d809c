"""The tree of divisions: announced once from the shipped file, and looked up by everything that lies in one."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.resources import files

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import InvalidInput
from chassis.messaging import outbox
from programme import scope
from programme.tables import division as tree
from registry.domain.divisions import Division, Placement, place_violation
from registry.storage import division_record


def shipped() -> list[Placement]:
    """The placements of `data/divisions.csv`."""
    with (files("registry") / "data" / "divisions.csv").open(encoding="utf-8") as file:
        return [_placement(row) for row in csv.DictReader(file)]


def _placement(row: dict[str, str]) -> Placement:
    return Placement(
        code=row["code"],
        name=row["name"],
        level=row["level"],
        parent=row["parent"] or None,
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        successor=row["successor"] or None,
    )


def seed(session: Session, placements: Iterable[Placement], clock: Clock) -> int:
    """Enters and announces the shipped placements that are new or differ; returns how many. Twice changes nothing.

    A division of which somebody has entered a change is left as that change has it.
    """
    changed = set(session.scalars(CHANGED))
    return place(session, [each for each in placements if each.code not in changed], clock)


def place(session: Session, placements: Sequence[Placement], clock: Clock, document: str | None = None) -> int:
    """Enters and announces placements that are new or differ; returns how many."""
    known = {(each.code, each.valid_from): each for rows in stored(session).values() for each in rows}
    records = _locked_records(session, {placement.code for placement in placements})
    placed = []
    for placement in placements:
        record = records[placement.code]
        event = record.place(placement, known.get((placement.code, placement.valid_from)), document)
        if event:
            outbox.add(session, record, event, clock)
            placed.append(scope.Placement(**vars(placement)))
    scope.upsert_placements(session, placed)
    return len(placed)


def _locked_records(session: Session, codes: set[str]) -> dict[str, Division]:
    locked = select(Division).where(division_record.c.id.in_(codes)).order_by(division_record.c.id).with_for_update()
    records = {record.id: record for record in session.scalars(locked)}
    for code in sorted(codes - records.keys()):
        records[code] = Division(code)
        session.add(records[code])
    return records


# The codes of which a change was entered.
CHANGED = text("SELECT DISTINCT each ->> 'code' FROM division_change, jsonb_array_elements(placements) AS each")
OF_CODE = select(tree).where(tree.c.code == bindparam("of_code")).order_by(tree.c.valid_from)


def stored(session: Session, codes: Iterable[str] | None = None) -> dict[str, list[Placement]]:
    """The placements by code, of some codes or of all."""
    wanted = select(tree).order_by(tree.c.code, tree.c.valid_from)
    if codes is not None:
        wanted = wanted.where(tree.c.code.in_(set(codes)))
    by_code: dict[str, list[Placement]] = defaultdict(list)
    for row in session.execute(wanted):
        by_code[row.code].append(Placement(**row._mapping))
    return by_code


def require_county(session: Session, code: str, on: date) -> None:
    """Refuses a code in which nothing can lie on that day."""
    placements = [Placement(**row) for row in session.execute(OF_CODE, {"of_code": code}).mappings()]
    violation = place_violation(placements, code, on)
    if violation:
        raise InvalidInput.at("/division", violation.en, violation.zh)
