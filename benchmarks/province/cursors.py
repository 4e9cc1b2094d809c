"""The cursors of the readers: where each stands at what the others have announced, having applied all of it."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from province.books import SERVICES, STAGED
from province.retention import PASSING, Retention

HEADS = """
SELECT aggregate_type || ':' || aggregate_id, version::bigint, event_id::text, occurred_at FROM outbox_head
WHERE aggregate_type = ANY ({kinds}) AND aggregate_type <> '{passing}'
"""
# A reader forgets what has passed somewhat later than its publisher's heads do; a delivery has one event.
PASSED = f"""
SELECT aggregate_type || ':' || aggregate_id, aggregate_version::bigint, id::text, occurred_at FROM {STAGED}
WHERE aggregate_type = ANY ({{kinds}}) AND aggregate_type = '{PASSING}' AND occurred_at >= '{{since}}'
"""
COLUMNS = "aggregate, version, event_id, event_time"


def copy_all(urls: Mapping[str, str], reader: str, bound: Mapping[str, tuple[str, ...]], retention: Retention) -> int:
    """Copies the heads of all publishers to a reader that is bound to their kinds; returns how many."""
    kinds = [kind for kind, readers in bound.items() if reader in readers]
    array = f"ARRAY[{', '.join(map(repr, kinds))}]::text[]"
    found = 0
    for publisher in SERVICES:
        for query in (HEADS, PASSED):
            wanted = query.format(kinds=array, passing=PASSING, since=retention.cursors)
            found += _pipe(urls[publisher], wanted, urls[reader])
    return found


def _pipe(source: str, query: str, target: str) -> int:
    """Rows of one database into another, as the one writes and the other reads them."""
    with psycopg.connect(source) as reading, psycopg.connect(target) as writing:
        with (
            reading.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as rows,
            writing.cursor() as cursor,
            cursor.copy(f"COPY inbox_cursor ({COLUMNS}) FROM STDIN (FORMAT binary)") as copy,
        ):
            for some in rows:
                copy.write(some)
        return cursor.rowcount
