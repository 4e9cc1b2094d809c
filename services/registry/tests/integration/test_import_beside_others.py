"""A list of 20,000 people comes in while others go on reading and registering."""

from __future__ import annotations

import threading
import time
from datetime import date

import pytest
from registry_world import id_number, uscc, workbook

from registry.adapters import candidate_list, enterprise_list
from registry.seed import seed
from testkit import Client
from testkit.client import XLSX

DAY = date(2010, 5, 4)
ROWS, FIRMS = 20_000, 100
SLOWEST_GET, SLOWEST_POST = 0.25, 2.0


@pytest.fixture
def service(running_service):
    return running_service("registry")


@pytest.fixture
def province(service, token):
    seed(service.settings["database_url"])
    return Client(service.url, token("province"))


def firms():
    rows = [
        [*f"{uscc(n)} 示例企业{n} 220102 C36 是 否 否 王强".split(), "", "13800000001", f"q{n}@f.example", DAY]
        for n in range(FIRMS)
    ]
    return workbook([column.header for column in enterprise_list.COLUMNS], rows)


def candidates(count=ROWS):
    rows = [
        [f"李明{n}", id_number(n), "13900000001", f"p{n}@ren.example", uscc(n % FIRMS), 5, "工程师", "是", "本科"]
        for n in range(count)
    ]
    return workbook([column.header for column in candidate_list.COLUMNS], rows)


def upload(client, path, content):
    return client.call("POST", path, 200, data=content, headers={"Content-Type": XLSX}, timeout=120)


def timed(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def test_others_read_and_register_while_twenty_thousand_people_come_in(service, token, province):
    upload(province, "/enterprises/import", firms())
    content, reports = candidates(), []
    took = []
    importing = threading.Thread(
        target=lambda: took.append(timed(lambda: reports.append(upload(province, "/people/import", content))))
    )
    reader, clerk = Client(service.url, token("province")), Client(service.url, token("province"))
    gets, posts, serial = [], [], ROWS
    importing.start()
    while importing.is_alive():
        gets += [timed(lambda: reader.call("GET", "/enterprises?limit=10")) for _ in range(10)]
        person = {"name": "赵宁", "id_number": id_number(serial), "division": "220302"}
        posts.append(timed(lambda: clerk.send("POST", "/people", json=person)))  # noqa: B023
        serial += 1
    gets.sort()
    print(
        f"\n{ROWS} rows in {sum(took):.1f} s; "
        f"meanwhile {len(gets)} GET, p99 {1000 * gets[int(0.99 * len(gets))]:.0f} ms, "
        f"worst {1000 * gets[-1]:.0f} ms; {len(posts)} registrations elsewhere, worst {1000 * max(posts):.0f} ms"
    )

    assert reports[0]["created"] == ROWS
    assert gets[int(0.99 * len(gets))] < SLOWEST_GET and max(posts) < SLOWEST_POST


def test_two_lists_with_the_same_people_at_once_enter_each_of_them_once(token, service, province):
    upload(province, "/enterprises/import", firms())
    content, reports = candidates(300), []

    def send():
        reports.append(upload(Client(service.url, token("province")), "/people/import", content))

    rivals = [threading.Thread(target=send) for _ in range(3)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()

    assert sorted(report["created"] for report in reports) == [0, 0, 300]
    assert sorted(report["unchanged"] for report in reports) == [0, 300, 300]


def test_of_several_who_register_one_person_at_once_all_but_one_are_told(token, service, province):
    person = {"name": "赵宁", "id_number": id_number(1), "division": "220302"}
    statuses = []
    rivals = [
        threading.Thread(
            target=lambda: statuses.append(
                Client(service.url, token("province")).send("POST", "/people", json=person).status_code
            )
        )
        for _ in range(8)
    ]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()

    assert sorted(statuses) == [201] + [409] * 7
