"""What is added up beside the dated records, in the same transaction, so that a figure of any day is read at once.

`count` follows objects of which each counts for itself. An enterprise counts by its own records and by those of its
appointments, which come as events of different objects and so perhaps through two replicas at once; `cover` lets one
transaction after the other do it.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    text,
)
from sqlalchemy import Row as DatabaseRow
from sqlalchemy.orm import Session

from reporting import storage
from reporting.domain.counts import Figure, Kind
from reporting.domain.coverage import PostState
from reporting.domain.statuses import AppointmentStatus
from reporting.domain.timeline import Counted, Dated, Period, Standing, changes, net, periods, steps
from reporting.handlers.rows import Row, enter, insert_many, insert_new

# Two replicas that have drawn the same lane may wait for each other: the database ends one, whose batch is tried again.
LANES = 16
LANE = random.randrange(LANES)

Named: TypeAlias = tuple[object, ...]  # an object, by its key
Changes: TypeAlias = Mapping[tuple[date, Kind], int]  # by how many on which day

KEYS = bindparam("keys", type_=ARRAY(Text))
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('reporting.totals'))")
# Rows of one statement come in one order, so that no two transactions can wait for each other.
ADD = (
    "INSERT INTO {table} (figure, grain, since, state, kind, channel, lane, number) "
    "SELECT :figure, grain, date_trunc(grain, day)::date, state, kind, channel, :lane, sum(number) "
    "FROM unnest(:days, :states, :kinds, :channels, :numbers) AS added (day, state, kind, channel, number) "
    "CROSS JOIN (VALUES ('day'), ('month'), ('year')) AS grains (grain) "
    "GROUP BY grain, date_trunc(grain, day)::date, state, kind, channel ORDER BY 2, 3, 4, 5, 6 "
    "ON CONFLICT (figure, grain, since, state, kind, channel, lane) "
    "DO UPDATE SET number = {table}.number + excluded.number"
)
ADD_TO = {
    table: text(ADD.format(table=table.name)).bindparams(
        bindparam("days", type_=ARRAY(Date)),
        *(bindparam(name, type_=ARRAY(Text)) for name in ("states", "kinds", "channels")),
        bindparam("numbers", type_=ARRAY(BigInteger)),
    )
    for table in (storage.count_change, storage.delivery_sum)
}
FLAGS = ("above_threshold", "award_contender", "brand_contender")
COUNTS = ("enterprises", "active", "suspended")
ADD_COVERAGE = text(
    f"INSERT INTO coverage_change (grain, since, division, {', '.join((*FLAGS, *COUNTS))}) "
    f"SELECT grain, date_trunc(grain, day)::date, division, {', '.join(FLAGS)}, sum(enterprises), sum(active), "
    "sum(suspended) "
    f"FROM unnest(:day, :division, :{', :'.join((*FLAGS, *COUNTS))}) "
    f"AS added (day, division, {', '.join((*FLAGS, *COUNTS))}) "
    "CROSS JOIN (VALUES ('day'), ('month'), ('year')) AS grains (grain) "
    f"GROUP BY grain, date_trunc(grain, day)::date, division, {', '.join(FLAGS)} "
    f"ON CONFLICT (grain, since, division, {', '.join(FLAGS)}) "
    f"DO UPDATE SET {', '.join(f'{name} = coverage_change.{name} + excluded.{name}' for name in COUNTS)}"
).bindparams(
    bindparam("day", type_=ARRAY(Date)),
    bindparam("division", type_=ARRAY(Text)),
    *(bindparam(name, type_=ARRAY(Boolean)) for name in FLAGS),
    *(bindparam(name, type_=ARRAY(BigInteger)) for name in COUNTS),
)

_enterprise, _appointment, _period = (
    storage.enterprise_history.c,
    storage.appointment_history.c,
    storage.coverage_period.c,
)
STANDINGS = select(
    _enterprise.enterprise_id,
    _enterprise.version,
    _enterprise.on,
    _enterprise.gone,
    _enterprise.division,
    *(_enterprise[name] for name in FLAGS),
).where(_enterprise.enterprise_id == func.any(KEYS))
STATUSES = select(
    _appointment.enterprise_id, _appointment.appointment_id, _appointment.version, _appointment.on, _appointment.status
).where(_appointment.enterprise_id == func.any(KEYS))
FORGET = (
    delete(storage.coverage_period)
    .where(_period.enterprise_id == func.any(KEYS))
    .returning(_period.since, _period.until, _period.division, *(_period[name] for name in FLAGS), _period.state)
)
REMEMBER = insert_many(storage.coverage_period)


def one_at_a_time(session: Session) -> None:
    """Lets only one transaction at a time do what follows, until its end.

    The cursors of its events are locked by then, so that it waits for nothing while others wait for it.
    """
    session.execute(ONE_AT_A_TIME)


def of_status(row: Row) -> Kind:
    """A record of a history of statuses counts by its status."""
    return Kind(str(row["status"]))


def record(
    session: Session,
    figure: Figure,
    history: Table,
    rows: Sequence[Row],
    kind_of: Callable[[Row], Kind] = of_status,
) -> None:
    """Enters records of a history, and counts what they change; `kind_of` says as what a record counts.

    An object is named by the key's columns but the last, which is the version.
    """
    first, *others = history.primary_key.columns.values()[:-1]
    key = [first.name, *(other.name for other in others)]
    # By the first column alone, which an index answers; what else it finds, another year of a person, stays unused.
    known = select(history).where(first == func.any(KEYS))
    before: dict[Named, dict[int, Dated[Kind]]] = defaultdict(dict)
    for found in session.execute(known, {"keys": sorted({str(row[first.name]) for row in rows})}):
        held = dict(found._mapping)
        before[_named(held, key)][found.version] = Dated(found.version, found.on, kind_of(held))
    enter(session, insert_new(history), rows)
    after = {name: dict(before[name]) for name in {_named(row, key) for row in rows}}
    for row in rows:
        version, on = row["version"], row["on"]
        assert isinstance(version, int) and isinstance(on, date)
        after[_named(row, key)].setdefault(version, Dated(version, on, kind_of(row)))
    total: Counter[tuple[date, Kind]] = Counter()
    for name, records in after.items():
        total.update(net(changes(steps(before[name].values())), changes(steps(records.values()))))
    count(session, figure, total)


def forget(
    session: Session,
    figure: Figure,
    history: Table,
    *key: object,
    kind_of: Callable[[Row], Kind] = of_status,
) -> list[DatabaseRow[Any]]:  # Any: its columns
    """Takes an object's records out of a history, and out of the figure; returns them."""
    columns = history.primary_key.columns.values()
    named = [column == value for column, value in zip(columns, key, strict=False)]
    rows = session.execute(delete(history).where(*named).returning(history)).all()
    counted = changes(steps(Dated(row.version, row.on, kind_of(dict(row._mapping))) for row in rows))
    count(session, figure, negative(counted))
    return list(rows)


def _named(row: Row, key: Sequence[str]) -> Named:
    return tuple(row[name] for name in key)


def negative(found: Changes) -> Changes:
    """The changes that take these back."""
    return {place: -number for place, number in found.items()}


def count(session: Session, figure: Figure, found: Changes, where: Table = storage.count_change) -> None:
    """Adds changes to a figure: to what is counted from the records, or to what is counted of those that are gone."""
    places = [(day, kind, number) for (day, kind), number in found.items() if number]
    if not places:
        return
    columns = {
        "days": [day for day, _, _ in places],
        "states": [kind.state for _, kind, _ in places],
        "kinds": [kind.kind for _, kind, _ in places],
        "channels": [kind.channel for _, kind, _ in places],
        "numbers": [number for _, _, number in places],
    }
    session.execute(ADD_TO[where], {"figure": figure, "lane": LANE, **columns})


def cover(session: Session, enterprise_ids: Iterable[str]) -> None:
    """Works out anew what these enterprises counted as, and adds what has changed to the coverage.

    The caller has taken `one_at_a_time` before it entered the records.
    """
    keys = {"keys": sorted(set(enterprise_ids))}
    standings: dict[str, list[Dated[Standing | None]]] = defaultdict(list)
    for enterprise_id, version, on, gone, *facts in session.execute(STANDINGS, keys):
        standings[enterprise_id].append(Dated(version, on, None if gone else Standing(*facts)))
    appointments: dict[str, dict[str, list[Dated[AppointmentStatus]]]] = defaultdict(lambda: defaultdict(list))
    for enterprise_id, appointment_id, version, on, status in session.execute(STATUSES, keys):
        appointments[enterprise_id][appointment_id].append(Dated(version, on, status))
    before = [Period(since, until, Counted(*facts)) for since, until, *facts in session.execute(FORGET, keys)]
    after = {key: periods(standings[key], appointments[key]) for key in standings}
    rows = [_row(key, period) for key, line in after.items() for period in line]
    if rows:
        enter(session, REMEMBER, rows)
    total = _ends(period for line in after.values() for period in line)
    total.subtract(_ends(before))
    _add(session, {place: number for place, number in total.items() if number})


def _ends(found: Iterable[Period]) -> Counter[tuple[date, Counted]]:
    """One more where a period begins, one less where it ends."""
    total: Counter[tuple[date, Counted]] = Counter()
    for period in found:
        total[period.since, period.counted] += 1
        if period.until is not None:
            total[period.until, period.counted] -= 1
    return total


def _row(enterprise_id: str, period: Period) -> Row:
    return {"enterprise_id": enterprise_id, "since": period.since, "until": period.until, **vars(period.counted)}


def _add(session: Session, found: Mapping[tuple[date, Counted], int]) -> None:
    if not found:
        return
    rows = [
        {
            "day": day,
            **{name: getattr(counted, name) for name in ("division", *FLAGS)},
            "enterprises": number,
            "active": number if counted.state is PostState.ACTIVE else 0,
            "suspended": number if counted.state is PostState.SUSPENDED else 0,
        }
        for (day, counted), number in found.items()
    ]
    session.execute(ADD_COVERAGE, {name: [row[name] for row in rows] for name in rows[0]})
