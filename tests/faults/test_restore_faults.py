"""Each service put back to an earlier moment while changes go on, and the broker's disk lost: told, listed, mended."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from programme_world import SERVICES, Load, Programme, Subscriber, differing, elapsed, workbook

from chassis.broker import topology
from chassis.messaging.inbox.mending import SURELY_GIVEN
from cqolocal import agreement
from cqolocal.demo import expiry
from servers import RabbitServer
from testkit import RunningService, wait_for

TOPOLOGY = topology.load(Path(__file__).parents[2] / "deploy/rabbitmq/definitions.json")
REASON = "the database was put back to the last dump"
READERS = {
    "registry": ("training", "notifications", "reporting"),
    "training": ("registry", "notifications", "reporting"),
    "notifications": ("reporting",),
    "reporting": ("registry", "notifications"),
}
LATEST = "SELECT DISTINCT ON ({key}) {key}, {what} FROM {table} ORDER BY {key}, version DESC"
# What a publisher holds, and what a reader has of it: two queries that must give the same rows.
EQUAL = {
    "enterprises": [
        ("registry", "SELECT id, name, division FROM enterprise"),
        ("training", "SELECT id, name, division FROM enterprise"),
        ("notifications", "SELECT id, name, division FROM enterprise"),
        ("reporting", LATEST.format(key="enterprise_id", what="name, division", table="enterprise_history")),
    ],
    "people": [
        ("registry", "SELECT id, name, division, enterprise_id FROM person"),
        ("training", "SELECT id, name, division, enterprise_id FROM person"),
        ("notifications", "SELECT id, name, division, enterprise_id FROM person"),
    ],
    "appointments": [
        ("registry", "SELECT id, status = 'ended' FROM appointment"),
        ("notifications", "SELECT id, ended_on IS NOT NULL FROM appointment"),
        (
            "reporting",
            f"SELECT appointment_id, status = 'ended' FROM "
            f"({LATEST.format(key='appointment_id', what='status', table='appointment_history')}) AS latest",
        ),
    ],
    "talents": [
        ("registry", "SELECT id, status FROM talent"),
        ("reporting", LATEST.format(key="person_id", what="status", table="talent_history")),
    ],
    "certificates": [
        ("training", "SELECT id, status FROM certificate"),
        ("reporting", LATEST.format(key="certificate_id", what="status", table="certificate_history")),
        (
            "registry",
            "SELECT DISTINCT ON (certificate_id) certificate_id, status FROM certificate_fact "
            "ORDER BY certificate_id, id DESC",
        ),
    ],
    "education, each event once": [
        ("training", "SELECT person_id, year, count(*), sum(hours) FROM education_entry GROUP BY 1, 2"),
        ("reporting", "SELECT person_id, year, count(*), max(total_hours) FROM education GROUP BY 1, 2"),
        ("registry", "SELECT person_id, year, count(*), max(total_hours) FROM education_fact GROUP BY 1, 2"),
    ],
    "deliveries": [
        # One without an address has failed, until there is one.
        (
            "notifications",
            "SELECT id, replace(state, 'no_address', 'failed') FROM delivery "
            "WHERE state IN ('sent', 'failed', 'no_address')",
        ),
        ("reporting", "SELECT delivery_id, state FROM delivery"),
    ],
    **{
        f"{figure}s counted": [
            ("reporting", f"SELECT status, count(*) FROM ({latest}) AS latest GROUP BY status"),
            (
                "reporting",
                "SELECT state, sum(number)::bigint FROM count_change "
                f"WHERE figure = '{figure}' AND grain = 'year' GROUP BY state HAVING sum(number) <> 0",
            ),
        ]
        for figure, latest in (
            ("appointment", LATEST.format(key="appointment_id", what="status", table="appointment_history")),
            ("certificate", LATEST.format(key="certificate_id", what="status", table="certificate_history")),
            ("talent", LATEST.format(key="person_id", what="status", table="talent_history")),
            ("delivery", "SELECT state AS status FROM delivery"),
        )
    },
    "enterprises counted": [
        ("reporting", "SELECT count(DISTINCT enterprise_id) FROM enterprise_history"),
        ("reporting", "SELECT sum(enterprises)::bigint FROM coverage_change WHERE grain = 'year'"),
    ],
    "divisions": [(name, "SELECT code, valid_from, name, parent FROM division") for name in SERVICES],
}


@pytest.fixture
def programme(
    running_service: Callable[..., RunningService],
    make_database: Callable[[str], str],
    rabbitmq: RabbitServer,
    token: Callable[..., str],
    tmp_path: Path,
) -> Iterator[Programme]:
    topology.apply(rabbitmq.amqp_url, TOPOLOGY, wait=10)
    databases = {name: make_database(name) for name in SERVICES}
    made = Programme(running_service, databases, rabbitmq.amqp_url, token, tmp_path)
    with made.mail_server():
        yield made
    made.forget_saved()


def test_each_service_put_back_under_load_is_told_listed_and_mended(
    programme: Programme, rabbitmq: RabbitServer, token: Callable[..., str]
) -> None:
    started = time.monotonic()
    played = programme.play()
    programme.save()
    subscriber = Subscriber(programme.client("registry", "auditor", patience=20))
    lines = []
    with Load(programme, played) as load:
        played.province.upload("registry", "/enterprises/import", workbook("enterprises"))
        expiry.revoke(played, played.appointments[0]["person_id"])
        wait_for(lambda: min(load.done[name] for name in ("registry", "training", "reporting")) >= 15, 30)
        subscriber.read()
        for name in ("registry", "training", "reporting", "notifications"):
            lines.append(put_back_and_mend(programme, name, token))
            if name == "registry":
                load.with_contacts = False  # a reader can't fetch those again: see below
                ended = time.monotonic()
            if name == "reporting":
                # The last of what can't be fetched is taken for lost when it can't be under way any more.
                wait_for(lambda: 1000 * (time.monotonic() - ended) > SURELY_GIVEN, 60)  # noqa: B023 - at once
        lines.append(lose_the_brokers_disk(programme, rabbitmq, token))
    changes = dict(load.done)
    subscriber.read()
    pairs = settled(programme, token)
    assert differing(pairs) == []
    assert subscriber.times_put_back == 1
    assert subscriber.heads == heads_of(programme, "registry")
    assert {what: found for what, sides in EQUAL.items() if (found := unequal(programme, sides))} == {}
    print(f"\nchanges made meanwhile: {changes}")
    print("\n".join(lines))
    print(f"differences afterwards 0, in {len(EQUAL)} models of {len(pairs)} pairs; {elapsed(started)} s in all")


def put_back_and_mend(programme: Programme, name: str, token: Callable[..., str]) -> str:
    programme.put_back(name)
    began = time.monotonic()
    urls = {service.service: service.url for service in programme.services.values()}
    pairs = agreement.compare(urls, token("ops"))
    fetched = sum(pair.fetched for pair in pairs if pair.reader == name)
    told = parted_from(name, pairs)
    told_after = elapsed(began)
    assert told, f"nobody has told that {name} was put back"
    for pair in told:
        require_told(programme, pair.reader, name)
    began = time.monotonic()
    lost, anew, again, made_equal, rounds, readers = set(), set(), 0, 0, 0, len(told)
    while told:  # what was under way when it was put back may part them once more
        for answer in (
            *programme.reconcile(name, accept=REASON).values(),
            *programme.reconcile(*READERS[name], accept=REASON).values(),
        ):
            for pair in answer["publishers"]:
                made_equal += pair["mended"]
                for finding in pair["findings"]:
                    again += finding["again"]
                    lost |= {(finding["aggregate"], version) for version in finding["lost"]}
                    anew |= {finding["aggregate"]} if finding["enter_anew"] else set()
        pairs = agreement.compare(urls, token("ops"))
        told = parted_from(name, pairs)
        rounds += 1
        assert rounds < 4, told
    return (
        f"{name} put back: told after {told_after} s by {readers} readers, mended after {elapsed(began)} s; its own "
        f"inbox caught up on {fetched} events; lost {len(lost)} versions, {made_equal} aggregates made equal, "
        f"{again} events taken again, {len(anew)} to be entered anew"
    )


def parted_from(publisher: str, pairs: Sequence[agreement.Pair]) -> list[agreement.Pair]:
    """The readers that have said that `publisher` was put back."""
    return [pair for pair in pairs if pair.publisher == publisher and {"ahead", "conflicting"} & set(pair.differing)]


def require_told(programme: Programme, reader: str, publisher: str) -> None:
    """On the ready page, which stays ready; in the state; in the metrics; by a line of the log."""
    service, ops = programme.services[reader], programme.client(reader, "ops")
    metric = f'cqo_agreement_differing_aggregates{{publisher="{publisher}",service="{reader}"'

    def is_on_the_ready_page() -> bool:
        status, page = service.get(f"{service.worker_url}/health/ready")
        check = page["checks"]["agreement"]
        return status == 200 and not check["ok"] and publisher in check["detail"]

    wait_for(is_on_the_ready_page)
    wait_for(lambda: metric in ops.session.get(f"{service.worker_url}/metrics").text)
    state = ops.get("/ops/state")["agreement"][publisher]
    assert state["agrees"] is False and state["differing"]
    assert f"otherwise than {publisher} has announced them" in service.log.read_text()


def lose_the_brokers_disk(programme: Programme, rabbitmq: RabbitServer, token: Callable[..., str]) -> str:
    rabbitmq.kill()
    shutil.rmtree(rabbitmq.folder / "mnesia")
    rabbitmq.start()
    topology.apply(rabbitmq.amqp_url, TOPOLOGY, wait=20)
    began = time.monotonic()
    for service in programme.services.values():
        service.wait_until_ready(60)
    urls = {service.service: service.url for service in programme.services.values()}
    pairs = agreement.compare(urls, token("ops"))
    fetched = sum(pair.fetched for pair in pairs)
    return f"the broker's disk lost: {fetched} events fetched, in {elapsed(began)} s"


def settled(programme: Programme, token: Callable[..., str]) -> list[agreement.Pair]:
    """The pairs, once nothing is under way any more."""
    urls = {service.service: service.url for service in programme.services.values()}

    def is_quiet() -> bool:
        states = [programme.client(name, "ops").get("/ops/state") for name in SERVICES]
        return not sum(state["outbox"]["unpublished"] + sum(state["overdue"].values()) for state in states)

    wait_for(is_quiet, 60)
    for _ in range(3):  # what comes of what was fetched is announced in its turn
        if not differing(agreement.compare(urls, token("ops"))):
            break
    wait_for(is_quiet, 60)
    under_way = "SELECT 1 FROM delivery WHERE state IN ('pending', 'sending') LIMIT 1"
    wait_for(lambda: not programme.rows("notifications", under_way), 60)
    wait_for(is_quiet, 60)
    return agreement.compare(urls, token("ops"))


def heads_of(programme: Programme, publisher: str) -> dict[str, tuple[int, str]]:
    found = programme.rows(
        publisher,
        "SELECT DISTINCT ON (aggregate_type, aggregate_id) aggregate_type || ':' || aggregate_id, aggregate_version, "
        "id::text FROM outbox WHERE aggregate_type <> 'contact' "
        "ORDER BY aggregate_type, aggregate_id, aggregate_version DESC",
    )
    return {aggregate: (version, event_id) for aggregate, version, event_id in found}


def unequal(programme: Programme, sides: Sequence[tuple[str, str]]) -> list[tuple[str, tuple[Any, ...]]]:
    """Rows that not all sides have: who has each."""
    found = [(service, set(programme.rows(service, query))) for service, query in sides]
    common = set.intersection(*(rows for _, rows in found))
    return [(service, row) for service, rows in found for row in rows - common]
