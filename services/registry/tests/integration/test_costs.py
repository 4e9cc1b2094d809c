"""What one request costs: round trips to the database, and bytes announced. Counts that only a decision may raise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from registry_world import uscc
from sqlalchemy import NullPool, create_engine, select
from sqlalchemy.orm import Session

from chassis.messaging import outbox
from registry.seed import seed
from testkit import Client, RunningService
from testkit.round_trips import CountedDatabase

UNTIL_PREPARED = 8  # the driver prepares a statement at its sixth use, by a round trip of its own


@pytest.fixture
def database(make_database: Callable[[str], str]) -> Iterator[CountedDatabase]:
    url = make_database("registry")
    seed(url)
    with CountedDatabase(url) as counted:
        yield counted


@pytest.fixture
def service(running_service: Callable[..., RunningService], database: CountedDatabase) -> RunningService:
    return running_service("registry", "api", database_url=database.url)


def firm(serial: int) -> dict[str, Any]:
    return {
        "uscc": uscc(serial),
        "name": f"示例企业{serial:02d}",
        "division": "220102",
        "industry": "C36",
        "above_threshold": True,
        "legal_representative": "王强",
        "registered_on": "2010-05-04",
        "phone": "13800000001",
        "email": f"q{serial:02d}@firm.example",
    }


def test_what_one_request_costs(service: RunningService, database: CountedDatabase, token: Callable[..., str]) -> None:
    province = Client(service.url, token("province"))
    changchun = Client(service.url, token("division", division="220100"))
    made = [province.post("/enterprises", firm(serial)) for serial in range(UNTIL_PREPARED)]
    [changchun.post("/enterprises", firm(10 + serial)) for serial in range(UNTIL_PREPARED)]

    def cost(ask: Callable[[], object]) -> int:
        for _ in range(UNTIL_PREPARED):
            ask()
        costs = []
        for _ in range(3):
            before = database.round_trips
            ask()
            costs.append(database.round_trips - before)
        return min(costs)  # what the process does beside requests may fall into one of them

    found = {
        "GET one": cost(lambda: province.get(f"/enterprises/{made[0]['id']}")),
        "GET one, by a division's staff": cost(lambda: changchun.get(f"/enterprises/{made[0]['id']}")),
        "GET a list": cost(lambda: province.get("/enterprises")),
        "GET a list, by a division's staff": cost(lambda: changchun.get("/enterprises")),
    }
    serials = iter(range(20, 99))
    # An earlier answer to the key, BEGIN, the division, the enterprise and its contact with their events, the audit
    # entry with the answer, COMMIT; of staff also whether the division is theirs.
    found["POST"] = cost(lambda: province.post("/enterprises", firm(next(serials))))
    found["POST, by a division's staff"] = cost(lambda: changchun.post("/enterprises", firm(next(serials))))

    assert found == {
        "GET one": 1,
        "GET one, by a division's staff": 1,
        "GET a list": 1,
        "GET a list, by a division's staff": 1,
        "POST": 6,
        "POST, by a division's staff": 7,
    }
    with Session(create_engine(database.target.set(drivername="postgresql+psycopg"), poolclass=NullPool)) as session:
        rows = session.execute(select(outbox.outbox).order_by(outbox.outbox.c.seq.desc()).limit(2))
        sizes = {row.type: len(outbox.envelope(row, "registry").to_bytes()) for row in rows}
    # Of fixed length, but for instants, which are 7 shorter where they have no microseconds.
    assert sizes["enterprise.registered.v1"] <= 761
    assert sizes["contact.changed.v1"] <= 938
