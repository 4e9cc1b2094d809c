"""Training's yearly plans and its classes, and who passed which."""

from __future__ import annotations

import random
from bisect import bisect_left
from datetime import date, timedelta
from typing import NamedTuple

from province import days
from province.books import Books, as_json
from province.tree import PROVINCE
from training.domain.training_class import BLOCKS

PLACES = 50  # seats that are taken in a class, on average
# In which years how many of a hundred classes are held: the programme grows.
BY_YEAR = {2020: 3, 2021: 5, 2022: 8, 2023: 14, 2024: 23, 2025: 25, 2026: 22}
LASTS = timedelta(days=5)
HOURS, CAPACITY = 48.0, 4 * PLACES


class TrainingClass(NamedTuple):
    """A class of initial training."""

    starts_on: date
    ends_on: date
    id: str
    name: str


class Classes:
    """All classes, by the day on which they begin."""

    def __init__(self, books: Books, people: int) -> None:
        """`books` are those of the whole: each part of the history knows the same classes."""
        number = max(len(BY_YEAR) * 4, people // PLACES)
        starts = sorted(self._start(books.rng) for _ in range(number))
        self.classes = [
            TrainingClass(day, day + LASTS, books.new_id(), f"{day.year}年首席质量官任职培训班第{place}期")
            for place, day in enumerate(starts, 1)
        ]
        self.starts = starts

    def enter(self, books: Books) -> None:
        """Writes the yearly plans and the classes."""
        for year in BY_YEAR:
            books.put(
                "training",
                "plan",
                year=year,
                revision=1,
                focus="质量强省与首席质量官队伍建设",
                syllabus="2014版",
                document=f"吉质联办〔{year}〕3号",
                decided_on=date(year, 1, 4),
            )
        for each in self.classes:
            _enter(books, each)

    def _start(self, rng: random.Random) -> date:
        year = rng.choices(list(BY_YEAR), weights=list(BY_YEAR.values()))[0]
        first = max(date(year, 2, 10), days.FIRST)
        last = min(date(year, 12, 10), days.LAST - timedelta(days=20))
        return first + timedelta(days=rng.randrange((last - first).days))

    def after(self, day: date, rng: random.Random) -> TrainingClass | None:
        """A class that begins after that day; None where there is none left."""
        first = bisect_left(self.starts, day + days.ONE_DAY)
        return self.classes[rng.randrange(first, len(self.classes))] if first < len(self.classes) else None

    def announce(self, books: Books) -> None:
        """Announces each class and how it ended, once all that were in it have been judged."""
        for each in self.classes:
            data = {
                "class_id": each.id,
                "name": each.name,
                "kind": "initial",
                "starts_on": str(each.starts_on),
                "ends_on": str(each.ends_on),
                "hours": HOURS,
                "capacity": CAPACITY,
            }
            scheduled = max(days.FIRST, each.starts_on - timedelta(days=60))
            books.announce("training", "class.scheduled.v1", each.id, data, PROVINCE, scheduled)
            passed, failed = (books.counts.outcomes[each.id, outcome] for outcome in (True, False))
            closed = {"class_id": each.id, "on": str(each.ends_on), "passed": passed, "failed": failed}
            books.announce("training", "class.closed.v1", each.id, closed, PROVINCE, each.ends_on)


def _enter(books: Books, each: TrainingClass) -> None:
    books.put(
        "training",
        "training_class",
        id=each.id,
        version=2,
        division=PROVINCE,
        name=each.name,
        kind="initial",
        starts_on=each.starts_on,
        ends_on=each.ends_on,
        capacity=CAPACITY,
        blocks=as_json([{"name": block, "hours": HOURS / 3, "trainer": "省质量技术监督培训中心"} for block in BLOCKS]),
        quotas="{}",
        syllabus="2014版",
        status="closed",
        closed_on=each.ends_on,
    )
    books.put("notifications", "training_class", id=each.id, name=each.name)
