"""Where classes are held on site."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from chassis.errors import RuleBroken
from training.domain.changes import take_over


class ClosesBeforeOpening(RuleBroken):
    """The last day of the venue is before the first."""

    zh = "场地停用日期早于启用日期。"


class VenueHasClasses(RuleBroken):
    """Classes at the venue would have too few seats, or days on which it is closed; move or change them first."""

    zh = "已排定在该场地的培训班将超出座位数或停用日期，请先调整培训班。"


class CapacityBeyondSeats(RuleBroken):
    """The class would have more places than the venue has seats."""

    zh = "培训班名额数超过场地座位数。"
    rule = "R61"


class VenueClosed(RuleBroken):
    """The venue is not open on each day of the class."""

    zh = "该场地在培训日期内并非每日可用。"


class VenueTaken(RuleBroken):
    """Another class is held at the venue on the same days."""

    zh = "该场地在同一日期已安排其他培训班。"


@dataclass
class Venue:
    """A place with seats, which may be used from a day until a day."""

    id: str
    name: str
    division: str  # in which it lies
    address: str
    seats: int
    valid_from: date
    valid_until: date | None = None
    version: int = 0

    @property
    def described(self) -> str:
        """Its name and address, as those who are invited read it."""
        return f"{self.name}（{self.address}）"

    def require_days(self) -> None:
        """Refuses a last day before the first."""
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ClosesBeforeOpening()

    def require_fits(self, capacity: int, days: Collection[date]) -> None:
        """Refuses a class that has more places than there are seats, or days on which the venue is not open."""
        if capacity > self.seats:
            raise CapacityBeyondSeats(capacity=capacity, seats=self.seats)
        closed = [day for day in sorted(days) if not self._is_open(day)]
        if closed:
            raise VenueClosed(first_day=closed[0].isoformat())

    def _is_open(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    def change(self, changes: Mapping[str, object]) -> bool:
        """Takes over what differs, by field; whether anything does."""
        changed = take_over(self, changes)
        self.require_days()
        return changed
