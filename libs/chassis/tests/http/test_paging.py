"""Every row that was there at the start comes exactly once, whatever is inserted meanwhile."""

from __future__ import annotations

from datetime import date

import pytest
from sample.storage import item
from sample_process import Sample
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from chassis.errors import InvalidInput
from chassis.http import PageArguments, paginate
from chassis.ids import new_id


def fill(engine: Engine, count: int, first: int = 0) -> set[str]:
    rows = [{"id": new_id(), "version": 1, "name": f"item {n}", "size": n % 7} for n in range(first, first + count)]
    with engine.begin() as connection:
        connection.execute(insert(item), rows)
    return {row["id"] for row in rows}


def test_a_thousand_rows_come_once_each_while_others_are_inserted(sample: Sample) -> None:
    there = fill(sample.engine, 1000)
    seen: list[str] = []
    path = "/items?limit=37"
    while path:
        answer = sample.call("GET", path)
        page = answer.json()
        seen += [row["id"] for row in page["items"]]
        fill(sample.engine, 5, first=10_000 + len(seen))
        path = answer.links["next"]["url"] if page["next"] else ""

    assert len(seen) == len(set(seen))
    assert there <= set(seen)


def test_the_last_page_has_no_next_and_filters_stay_in_the_link(sample: Sample) -> None:
    fill(sample.engine, 60)

    first = sample.call("GET", "/items?min_size=1")
    last = sample.call("GET", first.links["next"]["url"])

    assert len(first.json()["items"]) == 50
    assert "min_size=1" in first.headers["Link"]
    assert len(last.json()["items"]) == sum(n % 7 >= 1 for n in range(60)) - 50
    assert last.json()["next"] is None
    assert "Link" not in last.headers


@pytest.mark.parametrize("descending", [False, True])
def test_a_page_merged_from_several_lists_is_that_of_the_whole(engine: Engine, descending: bool) -> None:
    fill(engine, 60)
    sizes = select(item.c.size).where(item.c.size.in_([1, 4, 6])).distinct().subquery("sizes")
    whole = select(item.c.id).where(item.c.size.in_([1, 4, 6]))
    of_each = select(item.c.id).where(item.c.size == sizes.c.size)
    pages, expected, cursor, after = [], [], None, None
    with Session(engine) as session:
        while not pages or cursor:
            one = paginate(session, whole, [item.c.id], PageArguments(7, after), descending=descending)
            merged = paginate(
                session, of_each, [item.c.id], PageArguments(7, cursor), descending=descending, each_of=sizes
            )
            pages.append([row["id"] if isinstance(row, dict) else row for row in merged.items])
            expected.append([row["id"] if isinstance(row, dict) else row for row in one.items])
            cursor, after = merged.next_cursor, one.next_cursor

    assert pages == expected
    assert len(pages) == 4 and sum(map(len, pages)) == 25


def test_a_cursor_of_another_list_is_refused(engine: Engine) -> None:
    fill(engine, 3)
    with Session(engine) as session:
        by_id = paginate(session, select(item), [item.c.id], PageArguments(1))
        with pytest.raises(InvalidInput):
            paginate(session, select(item), [item.c.size, item.c.id], PageArguments(1, by_id.next_cursor))


def test_pages_run_backwards_too_and_by_days(engine: Engine) -> None:
    with engine.begin() as connection:
        for day in range(1, 10):
            values = {"id": f"i{day}", "version": 1, "name": "a", "size": 1, "made_on": date(2026, 1, day)}
            connection.execute(insert(item).values(**values))
    with Session(engine) as session:
        seen: list[str] = []
        cursor = None
        while True:
            wanted = PageArguments(2, cursor)
            page = paginate(session, select(item.c.id), [item.c.made_on, item.c.id], wanted, descending=True)
            seen += page.items
            cursor = page.next_cursor
            if cursor is None:
                break

    assert seen == [f"i{day}" for day in range(9, 0, -1)]
