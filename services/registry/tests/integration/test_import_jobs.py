"""Lists that are imported as jobs: answered at once, done by the worker, once, whatever is killed meanwhile."""

from __future__ import annotations

import psycopg
import pytest
from registry_world import id_number, make_cipher, uscc, workbook
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from test_imports import HEADERS, PEOPLE_HEADERS, person_row, row

from chassis.stopping import StopSignal
from programme.callers import Caller
from registry.adapters.importer import Importer
from registry.config import Settings
from registry.domain.import_job import ImportKind
from registry.seed import seed
from registry.usecases import import_jobs
from registry.usecases.import_jobs import RequestImport
from testkit import Client
from testkit.client import XLSX

ROWS = 1000


@pytest.fixture
def service(running_service):
    started = running_service("registry")
    seed(started.settings["database_url"])
    return started


@pytest.fixture
def province(service, token):
    return Client(service.url, token("province"), language="en")


def firms(count, **changes):
    return workbook(HEADERS, [row(serial, **changes) for serial in range(1, count + 1)])


def send(client, path, content, expected=202):
    return client.call("POST", path, expected, data=content, headers={"Content-Type": XLSX})


def ended(client, job, wait_until):
    def told():
        found = client.get(f"/imports/{job['id']}")
        return found if found["ended_at"] else None

    return wait_until(told, 60)


def all_of(url, statement):
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def test_a_list_is_answered_at_once_and_imported_by_the_worker_as_whoever_sent_it(service, token, wait_until):
    changchun = Client(service.url, token("division", division="220100", subject="li"), language="zh")
    rows = [row(1), row(2, 所属区划代码="220302"), row(3, 行业代码="机械"), row(3, 统一社会信用代码="1")]

    answer = changchun.send(
        "POST", "/imports/enterprises", data=workbook(HEADERS, rows), headers={"Content-Type": XLSX}
    )
    job = answer.json()
    done = ended(changchun, job, wait_until)

    assert answer.status_code == 202 and answer.headers["Location"] == f"/imports/{job['id']}"
    assert (job["state"], job["rows"], job["requested_by"]) == ("waiting", None, "li")
    assert (done["state"], done["rows"], done["rows_done"]) == ("done", 4, 4)
    assert done["report"] == {"created": 1, "unchanged": 0, "updated": 0, "rejected_rows": 3}
    assert [(each["row"], each["letter"]) for each in done["rejected"]] == [(3, "C"), (4, "D"), (5, "A")]
    assert "管辖范围" in done["rejected"][0]["reason"]
    url = service.settings["database_url"]
    entries = all_of(url, f"SELECT action, actor, role FROM audit_log WHERE subject = '{job['id']}' ORDER BY number")
    assert entries == [("enterprises.import_requested", "li", "division"), ("enterprises.imported", "li", "division")]
    assert all_of(url, "SELECT count(*) FROM import_file") == [(0,)]


def test_killed_in_the_middle_it_is_done_again_and_each_row_comes_in_once(
    running_service, make_database, token, wait_until
):
    url = make_database("registry")
    api = running_service("registry", "api", database_url=url)
    worker = running_service("registry", "worker", database_url=url)
    seed(url)
    province = Client(api.url, token("province"))
    with psycopg.connect(url) as rival:
        # The last row's code is being entered by somebody else, so the import waits for them in its last batch.
        last = max(uscc(serial) for serial in range(1, ROWS + 1))
        rival.execute(
            "INSERT INTO enterprise (id, version, division, uscc, name, industry, above_threshold, award_contender, "
            "brand_contender, legal_representative, registered_on) "
            f"VALUES ('x', 1, '220102', '{last}', 'x', 'C36', false, false, false, 'x', '2010-05-04')"
        )
        job = send(province, "/imports/enterprises", firms(ROWS))
        told = wait_until(lambda: (found := province.get(f"/imports/{job['id']}"))["rows_done"] and found, 30)
        assert told["state"] == "running" and 0 < told["rows_done"] < told["rows"] == ROWS
        # Others go on meanwhile, and so does what else the worker does.
        assert province.get("/enterprises")["items"] == []
        person = {"name": "赵宁", "id_number": id_number(1), "division": "220302", "declaration": True}
        province.call("POST", "/people", 201, json=person)
        published = "SELECT published_at FROM outbox WHERE type = 'person.registered.v1'"
        wait_until(lambda: all_of(url, published)[0][0], 30)
        worker.kill()
        rival.rollback()
    assert all_of(url, "SELECT count(*) FROM enterprise") == [(0,)]
    worker.start()
    done = ended(province, job, wait_until)

    assert (done["state"], done["report"]["created"], done["rows_done"]) == ("done", ROWS, ROWS)
    assert all_of(url, "SELECT attempts FROM import_job") == [(2,)]
    assert all_of(url, "SELECT count(*), count(DISTINCT uscc) FROM enterprise") == [(ROWS, ROWS)]
    events = "SELECT type, count(*), count(DISTINCT aggregate_id) FROM outbox WHERE type LIKE '{}%' GROUP BY type"
    assert all_of(url, events.format("enterprise.")) == [("enterprise.registered.v1", ROWS, ROWS)]
    assert all_of(url, events.format("contact.")) == [("contact.changed.v1", ROWS, ROWS)]


def test_a_worker_that_is_told_to_stop_leaves_the_job_to_the_next_and_the_attempt_does_not_count(
    running_service, make_database, token, wait_until
):
    url = make_database("registry")
    api = running_service("registry", "api", database_url=url)
    worker = running_service("registry", "worker", database_url=url)
    seed(url)
    province = Client(api.url, token("province"))
    job = send(province, "/imports/enterprises", firms(6 * ROWS))
    wait_until(lambda: province.get(f"/imports/{job['id']}")["rows_done"], 30)
    worker.stop()

    assert all_of(url, "SELECT state, attempts FROM import_job") == [("waiting", 0)]
    worker.start()
    assert ended(province, job, wait_until)["report"]["created"] == 6 * ROWS


def test_a_file_that_cannot_be_used_is_refused_with_the_reason_and_the_next_one_is_done(province, wait_until):
    bad = send(province, "/imports/enterprises", workbook(HEADERS[1:], []))
    good = send(province, "/imports/enterprises", firms(2))

    assert ended(province, good, wait_until)["report"]["created"] == 2
    refused = ended(province, bad, wait_until)
    assert (refused["state"], refused["reason"]["code"]) == ("refused", "missing_headers")
    assert "lacks these headers" in refused["reason"]["reason"] and refused["report"] is None
    listed = province.get("/imports")["items"]
    assert [job["id"] for job in listed] == [good["id"], bad["id"]] and "rejected" not in listed[0]
    assert [job["id"] for job in province.get("/imports", state="refused")["items"]] == [bad["id"]]


def test_candidates_are_imported_for_an_enterprise_and_only_its_own_staff_see_that(
    service, token, province, wait_until
):
    send(province, "/imports/enterprises", firms(2))
    wait_until(lambda: len(province.get("/enterprises")["items"]) == 2, 30)
    own, other = (each["id"] for each in province.get("/enterprises")["items"])
    code = province.get(f"/enterprises/{own}")["uscc"]
    firm = Client(service.url, token("enterprise", enterprise=own))
    content = workbook(PEOPLE_HEADERS, [person_row(1, code), person_row(2, uscc(2 if code == uscc(1) else 1))])

    job = send(firm, "/imports/people", content)
    done = ended(firm, job, wait_until)

    assert done["report"]["created"] == 1 and done["rejected"][0]["letter"] == "E"
    may_see = {
        "the bureau": Client(service.url, token("division", division="220100")),
        "the province": province,
    }
    may_not = {
        "another firm": Client(service.url, token("enterprise", enterprise=other)),
        "another bureau": Client(service.url, token("division", division="220300")),
    }
    assert all(client.get(f"/imports/{job['id']}")["id"] == job["id"] for client in may_see.values())
    assert {client.send("GET", f"/imports/{job['id']}").status_code for client in may_not.values()} == {404}
    assert [client.get("/imports")["items"] for client in may_not.values()] == [[], []]
    assert firm.send("POST", "/imports/enterprises", data=content, headers={"Content-Type": XLSX}).status_code == 403


def test_a_job_that_breaks_off_again_and_again_is_given_up_and_says_so(make_database, clock):
    engine = create_engine(make_url(make_database("registry")).set(drivername="postgresql+psycopg"))
    importer = Importer()
    importer.engine, importer.clock, importer.cipher = engine, clock, make_cipher()
    importer.stop_signal = StopSignal()
    with Session(engine) as session, session.begin():
        command = RequestImport(ImportKind.ENTERPRISES, b"", "0192f3a0-0001")
        job_id = import_jobs.request(session, Caller("wang", "province"), command, importer.cipher, clock).id
        session.execute(text("UPDATE import_file SET content = 'not sealed'"))
    for _ in range(import_jobs.MOST_ATTEMPTS):
        with pytest.raises(Exception, match=r"."):
            importer.do_next()

    assert importer.do_next() and not importer.do_next()
    with Session(engine) as session:
        found = session.execute(text("SELECT state, reason ->> 'en' FROM import_job WHERE id = :id"), {"id": job_id})
        state, reason = found.one()
        assert state == "failed" and "given up" in reason
        assert session.scalar(text("SELECT count(*) FROM import_file")) == 0
    engine.dispose()


def test_only_so_many_lists_wait_of_one_sender_and_in_all(register):
    command = RequestImport(ImportKind.ENTERPRISES, b"x", "0192f3a0-0001")

    def request(sender, times):
        for number in range(times):
            caller = Caller(sender, "province", token_id=str(number))
            import_jobs.request(register.session, caller, command, register.cipher, register.clock)

    request("wang", import_jobs.MOST_WAITING_OF_ONE)
    with pytest.raises(import_jobs.TooManyImports):
        request("wang", 1)
    for sender in ("li", "zhao", "liu"):
        request(sender, import_jobs.MOST_WAITING_OF_ONE)
    with pytest.raises(import_jobs.TooManyImports):
        request("chen", 1)


def test_a_job_is_forgotten_after_thirty_days(register):
    command = RequestImport(ImportKind.ENTERPRISES, b"x", "0192f3a0-0001")
    import_jobs.request(register.session, Caller("wang", "province"), command, register.cipher, register.clock)
    register.clock.move(days=30)
    settings = object.__new__(Settings)
    assert import_jobs.forget_imports(register.session, register.clock.now(), settings) == 0
    register.clock.move(days=1)

    assert import_jobs.forget_imports(register.session, register.clock.now(), settings) == 1
    assert register.session.scalar(text("SELECT count(*) FROM import_file")) == 0
