"""Adds what the triggers have noted of causes, notices and deliveries to the sums that the proof is read from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.settings import Settings

AT_ONCE = 5000  # changes in one step

GRAINS = "CROSS JOIN (VALUES ('day'), ('month'), ('year')) AS grains (grain)"
PLACES = "CROSS JOIN LATERAL (SELECT '' UNION ALL SELECT division WHERE division IS NOT NULL) AS places (place)"
TAKEN = (
    "DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} LIMIT :limit FOR UPDATE SKIP LOCKED)) "
    "RETURNING *"
)
CAUSES = text(
    f"WITH taken AS ({TAKEN.format(table='cause_change')}), added AS ("
    "INSERT INTO cause_sum (place, grain, since, type, ruleset, person, enterprise, division, late, offices, number) "
    "SELECT place, grain, date_trunc(grain, day)::date, type, ruleset, person, enterprise, division IS NOT NULL, "
    f"late, offices, sum(number) FROM taken {GRAINS} {PLACES} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 "
    "ON CONFLICT (place, grain, since, type, ruleset, person, enterprise, division, late, offices) "
    "DO UPDATE SET number = cause_sum.number + excluded.number) SELECT count(*) FROM taken"
)
DELIVERIES = text(
    f"WITH taken AS ({TAKEN.format(table='delivery_change')}), added AS ("
    "INSERT INTO delivery_sum (place, basis, grain, since, kind, channel, state, number, maybe_repeated) "
    "SELECT place, basis, grain, date_trunc(grain, day)::date, kind, channel, state, sum(number), sum(maybe_repeated) "
    "FROM taken CROSS JOIN LATERAL (VALUES ('occurred', occurred), ('written', written)) AS days (basis, day) "
    f"{GRAINS} {PLACES} WHERE day IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7 "
    "HAVING sum(number) <> 0 OR sum(maybe_repeated) <> 0 "
    "ON CONFLICT (place, basis, grain, since, kind, channel, state) "
    "DO UPDATE SET number = delivery_sum.number + excluded.number, "
    "maybe_repeated = delivery_sum.maybe_repeated + excluded.maybe_repeated) SELECT count(*) FROM taken"
)


def add_changes(session: Session, now: datetime, settings: Settings) -> int:
    """Takes some changes into the sums; returns how many. The upkeep lets one replica at a time do it."""
    return sum(session.execute(each, {"limit": AT_ONCE}).scalar_one() for each in (CAUSES, DELIVERIES))
