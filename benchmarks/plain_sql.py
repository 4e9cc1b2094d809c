"""The dashboard's figures by the plainest SQL there is, over the dated records; to compare the service's answers with.

What held of an object on a day is, of its records that begin by then, the one with the highest version. Where a
division lies on a day is worked out here from the shipped tree, code by code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias

import psycopg
from province.tree import Tree

from registry.domain.divisions import Placement

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape
Counts: TypeAlias = dict[str, tuple[int, int, int]]  # by unit: enterprises, with an active CQO, with a suspended one

HELD = """
    SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY version DESC) AS place
        FROM {table} WHERE "on" <= %(on)s
    ) AS ranked WHERE place = 1
"""
BELONGS = {
    "all": "true",
    "award": "award_contender",
    "brand": "brand_contender",
    "contenders": "award_contender OR brand_contender",
    "above_threshold": "above_threshold",
}


def _held(table: str, key: str) -> str:
    return HELD.format(table=table, key=key)


COVERAGE = f"""
    WITH enterprise AS ({_held("enterprise_history", "enterprise_id")}),
         appointment AS ({_held("appointment_history", "appointment_id")}),
         post AS (
            SELECT enterprise_id, bool_or(status = 'active') AS active, bool_or(status = 'suspended') AS suspended
            FROM appointment GROUP BY enterprise_id
         )
    SELECT division, count(*), count(*) FILTER (WHERE active), count(*) FILTER (WHERE suspended AND NOT active)
    FROM enterprise LEFT JOIN post USING (enterprise_id)
    WHERE NOT gone AND ({{belongs}}) GROUP BY division
"""


def coverage(population: str, place: str | None) -> Callable[[Connection, date], Counts]:
    """Coverage of a population as the staff of a division see it, or the province where `place` is None."""

    def plain(connection: Connection, on: date) -> Counts:
        units = units_on(on)
        home = standing(place, on) if place else None
        visible = {code for code in units if home is None or home.code in above(code, on)}
        if home is not None:  # a part of a unit is named for itself
            units = {code: unit if home.code in above(unit, on) else home.code for code, unit in units.items()}
        found: dict[str, Counter[int]] = {units[code]: Counter() for code in visible}
        rows = connection.execute(COVERAGE.format(belongs=BELONGS[population]), {"on": on})
        for code, *numbers in rows:
            if code in visible:
                found[units[code]].update(dict(enumerate(numbers)))
        return {unit: (count[0], count[1], count[2]) for unit, count in found.items()}

    return plain


def statistics(connection: Connection, on: date) -> dict[str, object]:
    """All counts of the programme."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query, {"on": on}).fetchall()

    def by_status(table: str, key: str) -> dict[str, int]:
        return dict(rows(f"SELECT status, count(*) FROM ({_held(table, key)}) AS held GROUP BY status"))

    standing = f"({_held('enterprise_history', 'enterprise_id')}) AS held WHERE NOT gone"
    late = dict(rows('SELECT late, count(*) FROM filing WHERE "on" <= %(on)s GROUP BY late'))
    enrolments = rows(
        "SELECT kind, passed, count(*) FROM enrolment JOIN training_class USING (class_id) "
        'WHERE "on" <= %(on)s GROUP BY kind, passed ORDER BY kind, passed'
    )
    education = rows(
        "SELECT year, count(*) FILTER (WHERE total_hours >= required_hours), "
        "count(*) FILTER (WHERE total_hours < required_hours) "
        f"FROM ({_held('education', 'person_id, year')}) AS held GROUP BY year ORDER BY year"
    )
    # Those that have passed are no longer there one by one.
    deliveries = rows(
        "SELECT kind, channel, state_then, sum(number)::bigint FROM ("
        "SELECT kind, channel, CASE WHEN \"on\" <= %(on)s THEN state ELSE 'failed' END AS state_then, 1 AS number "
        'FROM delivery WHERE "on" <= %(on)s OR failed_on <= %(on)s '
        "UNION ALL SELECT kind, channel, state, number FROM delivery_sum WHERE grain = 'day' AND since <= %(on)s"
        ") AS held GROUP BY kind, channel, state_then ORDER BY kind, channel, state_then"
    )
    return {
        "enterprises": rows(f"SELECT count(*) FROM {standing}")[0][0],
        "certificates": by_status("certificate_history", "certificate_id"),
        "talents": by_status("talent_history", "person_id"),
        "appointments": by_status("appointment_history", "appointment_id"),
        "filings": {"in_time": late.get(False, 0), "late": late.get(True, 0)},
        "enrolments": [{"class_kind": kind, "passed": passed, "number": number} for kind, passed, number in enrolments],
        "education": [{"year": year, "reached": reached, "behind": behind} for year, reached, behind in education],
        "deliveries": [
            {"kind": kind, "channel": channel, "state": state, "number": number}
            for kind, channel, state, number in deliveries
        ],
    }


PLACEMENTS = Tree().placements


def _on(code: str, on: date) -> Placement | None:
    return next(
        (
            each
            for each in PLACEMENTS
            if each.code == code and each.valid_from <= on and (each.valid_to is None or each.valid_to >= on)
        ),
        None,
    )


def standing(code: str, on: date) -> Placement | None:
    """The placement that holds on that day for a code: its own, its successor's, or its predecessor's."""
    found = _on(code, on)
    if found is None:
        later = [each.successor for each in PLACEMENTS if each.code == code and each.successor]
        earlier = [each.code for each in PLACEMENTS if each.successor == code]
        found = next((held for other in (*later, *earlier) if other and (held := _on(other, on))), None)
    return found


def above(code: str, on: date) -> list[str]:
    """The code that stands for `code` on that day, and the codes above it up to the province."""
    found, held = [], standing(code, on)
    while held is not None:
        found.append(held.code)
        held = _on(held.parent, on) if held.parent else None
    return found


def units_on(on: date) -> dict[str, str]:
    """By code, the reporting unit in which it lies on that day: the division directly below the province."""
    return {code: line[-2] for code in {each.code for each in PLACEMENTS} if len(line := above(code, on)) > 1}
