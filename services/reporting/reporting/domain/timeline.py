"""What held of an object from day to day, from its dated records; and by how many a figure changed on which day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from reporting.domain.coverage import PostState
from reporting.domain.statuses import AppointmentStatus

HeldT = TypeVar("HeldT", bound=Hashable)


class Dated(NamedTuple, Generic[HeldT]):
    """A record: what holds from the day `on`, by the event of that version."""

    version: int
    on: date
    held: HeldT


@dataclass(frozen=True)
class Standing:
    """What an enterprise counts as."""

    division: str
    above_threshold: bool
    award_contender: bool
    brand_contender: bool


@dataclass(frozen=True)
class Counted(Standing):
    """The same, with how its CQO's post is held."""

    state: PostState


class Period(NamedTuple):
    """An enterprise counted so from `since` until the day before `until`; None is still."""

    since: date
    until: date | None
    counted: Counted


def steps(records: Iterable[Dated[HeldT]]) -> list[tuple[date, HeldT]]:
    """From which day what held; a day after which nothing differs is left out.

    What held on a day is, of the records that begin by then, the one with the highest version.
    """
    found: list[tuple[date, HeldT]] = []
    highest = -1
    for record in sorted(records, key=lambda each: (each.on, each.version)):
        if record.version < highest:
            continue
        highest = record.version
        if found and found[-1][0] == record.on:
            found.pop()
        if not found or found[-1][1] != record.held:
            found.append((record.on, record.held))
    return found


def periods(
    standings: Iterable[Dated[Standing | None]], appointments: Mapping[str, Sequence[Dated[AppointmentStatus]]]
) -> list[Period]:
    """What an enterprise counted as, from its own records and those of its appointments; None of it: it is gone."""
    own = steps(standings)
    posts = [steps(records) for records in appointments.values()]
    found: list[tuple[date, Counted | None]] = []
    for day in sorted({day for day, _ in own} | {day for post in posts for day, _ in post}):
        standing = held_on(own, day)
        state = _state(held_on(post, day) for post in posts)
        counted = Counted(**vars(standing), state=state) if standing else None
        if counted != (found[-1][1] if found else None):
            found.append((day, counted))
    ends = [day for day, _ in found[1:]]
    return [Period(day, until, counted) for (day, counted), until in zip(found, [*ends, None], strict=True) if counted]


def held_on(line: Sequence[tuple[date, HeldT]], day: date) -> HeldT | None:
    """What held on a day; None before the first."""
    return next((held for since, held in reversed(line) if since <= day), None)


def _state(statuses: Iterable[AppointmentStatus | None]) -> PostState:
    """An active appointment outweighs a suspended one."""
    found = set(statuses)
    if AppointmentStatus.ACTIVE in found:
        return PostState.ACTIVE
    return PostState.SUSPENDED if AppointmentStatus.SUSPENDED in found else PostState.NONE


def changes(line: Sequence[tuple[date, HeldT]]) -> Counter[tuple[date, HeldT]]:
    """By how many each count changed on which day because of one object."""
    found: Counter[tuple[date, HeldT]] = Counter()
    before: HeldT | None = None
    for day, held in line:
        found[day, held] += 1
        if before is not None:
            found[day, before] -= 1
        before = held
    return found


def net(before: Counter[tuple[date, HeldT]], after: Counter[tuple[date, HeldT]]) -> dict[tuple[date, HeldT], int]:
    """What must be added where it was `before` and is `after`."""
    total = Counter(after)
    total.subtract(before)
    return {place: number for place, number in total.items() if number}
