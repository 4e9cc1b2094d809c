"""An installation of 0.1.0, left in the middle of its work, goes on with this version and has lost nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from old_installation import EVENTS, SERVICES, Installation, OldDatabases, commands_of_the_runbook

from cqolocal import agreement
from servers import RabbitServer
from testkit import RunningService, wait_for

MIGRATE, TOPOLOGY, CHECK, TRY_AGAIN, LIST_PARKED = range(5)  # the runbook's commands, in its order
FILING_OVER, NINETY_DAYS, EXPIRED = date(2026, 4, 20), date(2028, 12, 13), date(2029, 3, 14)
RUBBISH = [("dead",)]  # what no service can ever read stays until somebody skips it
PENDING = "SELECT id FROM delivery WHERE channel = 'email' AND state = 'pending'"
DUE_BY = "SELECT count(*) FROM due WHERE state = 'planned' AND due_on <= %s"


@pytest.fixture
def installation(postgres_url: str, rabbitmq: RabbitServer, tmp_path: Path) -> Iterator[Installation]:
    # A broker of its own: on a shared one this version's topology may stand already.
    with OldDatabases(postgres_url) as databases:
        made = Installation(databases, rabbitmq.amqp_url, tmp_path)
        made.load()
        yield made


def test_an_old_installation_upgrades_by_the_runbook_and_loses_nothing(
    installation: Installation, running_service: Callable[..., RunningService], token: Callable[..., str]
) -> None:
    started = time.monotonic()
    commands = commands_of_the_runbook()
    assert [" ".join(each.split()[2:]).partition(" --")[0] for each in commands] == [
        "chassis.process.migrate registry,training,notifications,reporting upgrade",
        "chassis.broker.topology apply",
        "chassis.process.migrate registry,training,notifications,reporting check",
        "chassis.process.cli reporting parked replay-all",
        "chassis.process.cli reporting parked list",
    ]
    old = {service: installation.rows(service, EVENTS) for service in SERVICES}
    letters = {row[0] for row in installation.rows("notifications", PENDING)}
    queued = installation.waiting()
    # The material has some of everything, so that no check below is empty.
    unpublished = {service: sum(row[-1] for row in old[service]) for service in SERVICES}
    assert all(unpublished[service] for service in ("registry", "training", "notifications"))
    assert all(queued.values())
    assert letters
    assert {row[0] for row in installation.rows("reporting", "SELECT state FROM inbox_parked")} == {"waiting", "dead"}

    installation.give_tables_to_owners()
    installation.run(commands[MIGRATE])
    installation.run(commands[TOPOLOGY])
    with installation.mail_server():
        installation.start(running_service)
        installation.run(commands[CHECK])
        installation.run(commands[TOPOLOGY].replace("apply", "check"))
        ops = token("ops")
        wait_for(lambda: installation.is_settled(ops), 30)
        # An event of the old form was in reporting's queue after all: the runbook's own way out of it.
        late = queued["reporting.inbox"]
        assert _parked(installation, ops) > late + len(RUBBISH)
        installation.run(commands[TRY_AGAIN])
        wait_for(lambda: _parked(installation, ops) == late + len(RUBBISH))
        _rebuild_reporting(installation)
        wait_for(lambda: installation.is_settled(ops), 30)
        assert "notice." not in installation.run(commands[LIST_PARKED])
        at_first = _require_whole(installation, old, token)

        wait_for(lambda: letters <= set(installation.letters()), 30)
        for day in (FILING_OVER, NINETY_DAYS, EXPIRED):
            installation.move_clock(day)
            wait_for(lambda: installation.is_settled(ops) and _nothing_is_due(installation, day), 30)  # noqa: B023
        wait_for(lambda: not installation.rows("notifications", PENDING), 30)
        at_last = _require_whole(installation, old, token)
    _require_due_rows_fired_once(installation)
    twice = {delivery for delivery, count in installation.letters().items() if count > 1}
    assert twice == set()
    assert installation.rows("reporting", "SELECT state FROM inbox_parked") == RUBBISH
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        verified = pool.map(
            installation.run, (f"python -m chassis.process.cli {each} audit verify" for each in SERVICES)
        )
        assert all("unbroken" in said for said in verified)

    print(
        f"\n0.1.0 to this version: {sum(map(len, old.values()))} old events, of them {sum(unpublished.values())} not "
        f"yet published; {sum(queued.values())} messages in the queues; {len(letters)} letters that waited, sent once; "
        f"{late} events of the old form mended by the rebuild; {at_first} applications at their readers, "
        f"and {at_last} once three years had passed; lost 0, applied twice 0; {time.monotonic() - started:.1f} s"
    )


def _rebuild_reporting(installation: Installation) -> None:
    """As "A read model is wrong" says."""
    installation.services["reporting"].stop()
    installation.run("python -m chassis.process.cli reporting rebuild")
    installation.services["reporting"].start()


def _parked(installation: Installation, ops: str) -> int:
    return len(installation.client("reporting", ops).get("/ops/parked", limit=500)["items"])


def _require_whole(installation: Installation, old: dict[str, list[Any]], token: Callable[..., str]) -> int:
    """Each event has come to each of its readers once; returns how many applications that were."""
    urls = {name: service.url for name, service in installation.services.items()}
    pairs = agreement.compare(urls, token("ops"))
    # Notifications reads these kinds from this version on: what was announced of them before comes by the comparison,
    # and with it what has been announced since and waited for that, as a talent that lapses on a revocation in a queue.
    new = {"registry": ("post", "talent"), "training": ("education", "class"), "reporting": ()}
    announced = {
        ("notifications", publisher): sum(row[0] in kinds for row in installation.rows(publisher, EVENTS))
        for publisher, kinds in new.items()
    }
    fetched = {(pair.reader, pair.publisher): pair.fetched for pair in pairs if pair.fetched}
    # What waited for these is applied a moment later.
    wait_for(lambda: all(pair.agrees for pair in agreement.compare(urls, token("ops"))))
    assert len(pairs) == 12
    assert {pair for pair, count in fetched.items() if count > announced.get(pair, 0)} == set()
    for publisher in SERVICES:
        now = {row[4] for row in installation.rows(publisher, EVENTS)}
        assert {row[4] for row in old[publisher]} <= now
    # A checkpoint of an audit log may come between two readings; what was applied twice, or not at all, stays so.
    wait_for(lambda: all(seen == published for *_, seen, published in _applications(installation, token("ops"))))
    applications = sum(published for *_, published in _applications(installation, token("ops")))
    proof = installation.client("notifications", token("ops")).get("/notices/proof")["total"]
    assert (proof["missing"], proof["due"] > 0) == (0, True)
    return applications


def _applications(installation: Installation, ops: str) -> list[tuple[str, str, int, int]]:
    """Of each type of event and each of its readers, how many that has applied, and how many were published."""
    states = {service: installation.client(service, ops).get("/ops/state") for service in SERVICES}
    found = []
    published = [each for state in states.values() for each in state["outbox"]["by_type"].items()]
    for kind, events in published:
        for reader in SERVICES:
            seen = states[reader]["inbox"]["by_type"].get(kind, {"applied": 0, "moved": 0})
            if kind in states[reader]["inbox"]["handles"] or seen["moved"]:
                found.append((kind, reader, seen["applied"] + seen["moved"], events["published"]))
    return found


def _nothing_is_due(installation: Installation, day: date) -> bool:
    return not any(installation.rows(service, DUE_BY, day)[0][0] for service in SERVICES)


def _require_due_rows_fired_once(installation: Installation) -> None:
    """Each certificate that was not revoked has expired once, and each filing that was missed was told once."""
    events = Counter((row[1], row[2]) for service in SERVICES for row in installation.rows(service, EVENTS))
    of_type = {kind: Counter(subject for each, subject in events if each == kind) for kind, _ in events}
    for kind in ("certificate.expired.v1", "appointment.filing_overdue.v1"):
        assert of_type[kind], kind
        assert {events[kind, subject] for subject in of_type[kind]} == {1}
    ended = set(of_type["certificate.expired.v1"]) | set(of_type["certificate.revoked.v1"])
    assert ended == set(of_type["certificate.issued.v1"])
