"""How many rows the database goes through for what a test asks of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session


def rows_read(session: Session, ask: Callable[[], object], analyze: bool = True) -> int:
    """How many rows the statements of `ask` go through in tables and indexes, those thrown away included.

    Each SELECT is run once more, with EXPLAIN ANALYZE, by statistics that are made for that, unless `analyze` is False.
    """
    session.flush()
    if analyze:
        session.execute(text("ANALYZE"))
    with _recorded(session) as statements:
        ask()
    driver = session.connection().connection.cursor()
    total = 0
    for statement, parameters in statements:
        driver.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
        [(explained,)] = driver.fetchall()
        total += sum(_scanned(explained[0]["Plan"]))
    return total


@contextmanager
def _recorded(session: Session) -> Iterator[list[tuple[str, Any]]]:  # Any: a statement's parameters
    """The SELECTs that are sent meanwhile, with their parameters."""
    found: list[tuple[str, Any]] = []  # Any: the same

    def record(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:  # Any: the same
        if statement.lstrip().startswith(("SELECT", "WITH")):
            found.append((statement, parameters))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", record)
    try:
        yield found
    finally:
        event.remove(connection, "before_cursor_execute", record)


def _scanned(node: dict[str, Any]) -> Iterator[int]:  # Any: JSON
    if "Relation Name" in node:
        removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        yield int((node["Actual Rows"] + removed) * node["Actual Loops"])
    for inner in node.get("Plans", ()):
        yield from _scanned(inner)
