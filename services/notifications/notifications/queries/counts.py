"""How many causes, notices and deliveries there are, from the sums and the changes that are not in them yet.

The sum of a period is that until its last day, less that until the day before its first; each of these adds up the
years before, the months before in its year, and the days of its month.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, Table, cast, func, select, true, union_all
from sqlalchemy.orm import Session

from notifications.queries.filters import Period
from notifications.storage import cause_change, cause_sum, delivery_change, delivery_sum
from programme import scope
from programme.callers import Caller

ONE_DAY = timedelta(days=1)
KINDS_OF_CAUSE = ("type", "ruleset", "person", "enterprise", "late", "offices")
KINDS_OF_DELIVERY = ("kind", "channel", "state")


def causes(caller: Caller, period: Period, on: date, *, by_day: bool = False) -> Subquery:
    """Causes by what decides who is to be told of them; `number` must be added up. `by_day`: with the `day` of each."""
    columns = (*KINDS_OF_CAUSE, "number")
    change = cause_change.c
    sums = [
        select(*(cause_sum.c[name] for name in columns[:-1]), cause_sum.c.division, sign * cause_sum.c.number)
        .add_columns(cause_sum.c.since)
        .where(place, span)
        for sign, span in _spans(cause_sum, period, by_day)
        for place in [_seen(cause_sum.c.place, caller, on)]
    ]
    changes = select(
        *(change[name] for name in columns[:-1]), change.division.is_not(None), change.number, change.day
    ).where(scope.within(change.division, caller, on), *period.holds(change.day))
    names = (*columns[:-1], "division", "number", "day")
    return _named([*sums, changes], names)


def deliveries(caller: Caller, period: Period, on: date, basis: str, *, by_day: bool = False) -> Subquery:
    """Deliveries by kind, channel and state; `number` and `maybe_repeated` must be added up.

    `basis` is the day that the period is about: `occurred`, the cause's, or `written`, the notice's.
    """
    added = delivery_sum.c
    sums = [
        select(*(added[name] for name in KINDS_OF_DELIVERY), sign * added.number, sign * added.maybe_repeated)
        .add_columns(added.since)
        .where(_seen(added.place, caller, on), added.basis == basis, span)
        for sign, span in _spans(delivery_sum, period, by_day)
    ]
    change, day = delivery_change.c, delivery_change.c[basis]
    changes = select(*(change[name] for name in KINDS_OF_DELIVERY), change.number, change.maybe_repeated, day).where(
        scope.within(change.division, caller, on), day.is_not(None), *period.holds(day)
    )
    return _named([*sums, changes], (*KINDS_OF_DELIVERY, "number", "maybe_repeated", "day"))


def causes_kept(session: Session) -> dict[str, int]:
    """How many causes of each type there are, of all days."""
    everything = (
        select(cause_sum.c.type, cause_sum.c.number).where(cause_sum.c.place == "", cause_sum.c.grain == "year"),
        select(cause_change.c.type, cause_change.c.number),
    )
    each = union_all(*everything).subquery().c
    found = select(each.type, cast(func.sum(each.number), BigInteger)).group_by(each.type)
    return {kind: number for kind, number in session.execute(found) if number}


def _seen(place: ColumnElement[str], caller: Caller, on: date) -> ColumnElement[bool]:
    """The sums of the province, or of the divisions that the caller sees."""
    return place == "" if scope.sees_whole_province(caller) else scope.within(place, caller, on)


def _spans(sums: Table, period: Period, by_day: bool) -> Iterator[tuple[int, ColumnElement[bool]]]:
    """Which rows are to be added, and which taken off."""
    if by_day:
        yield 1, _all(sums.c.grain == "day", *period.holds(sums.c.since))
        return
    for span in _until(sums, period.until):
        yield 1, span
    if period.since is not None:
        for span in _until(sums, period.since - ONE_DAY):
            yield -1, span


def _until(sums: Table, last: date | None) -> list[ColumnElement[bool]]:
    grain, since = sums.c.grain, sums.c.since
    if last is None:
        return [grain == "year"]
    year, month = last.replace(month=1, day=1), last.replace(day=1)
    return [
        _all(grain == "year", since < year),
        _all(grain == "month", since >= year, since < month),
        _all(grain == "day", since >= month, since <= last),
    ]


def _all(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = true()
    for condition in conditions:
        found = found & condition
    return found


def _named(parts: Sequence[Select[*tuple[object, ...]]], names: Sequence[str]) -> Subquery:
    """All rows of `parts`, whose columns get these names."""
    first, *others = parts
    columns = [column.label(name) for column, name in zip(first.selected_columns, names, strict=True)]
    return union_all(first.with_only_columns(*columns), *others).subquery()
