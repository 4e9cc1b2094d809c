"""Reporting's targets: for each year, of the province and of each reporting unit, for three populations."""

from __future__ import annotations

from datetime import date

from province.books import Books
from province.classes import BY_YEAR
from province.tree import PROVINCE, SHARES

POPULATIONS = {"award": 100.0, "brand": 80.0, "above_threshold": 60.0}


def set_targets(books: Books) -> None:
    """Each is set at the beginning of its year."""
    for year in BY_YEAR:
        for division in (PROVINCE, *SHARES):
            if division == "220581" and year < 2022:
                continue  # 梅河口 reports by itself from then on
            for population, percent in POPULATIONS.items():
                _set(books, year, division, population, percent)


def _set(books: Books, year: int, division: str, population: str, percent: float) -> None:
    target_id, on, document = books.new_id(), date(year, 1, 15), f"吉质联办〔{year}〕1号"
    facts = {"division": division, "year": year, "population": population, "percent": percent, "document": document}
    data = {"target_id": target_id, **facts, "on": str(on)}
    books.put("reporting", "target", id=target_id, version=1, **facts)
    books.put("reporting", "target_history", target_id=target_id, version=1, on=on, percent=percent)
    books.announce("reporting", "target.set.v1", target_id, data, division, on)
