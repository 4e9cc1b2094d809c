"""The running service: events in, figures out over HTTP, and targets set by several at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import amqp
import pytest
from reporting_world import CHANGBAISHAN, CHANGCHUN, GONGZHULING_OLD, MEIHEKOU, NANGUAN, SIPING
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from chassis.broker import connect
from chassis.ids import new_id
from chassis.process import migrate
from testkit import Client, publish

GOAL = {"division": "220000", "year": 2026, "population": "award", "percent": 90, "document": "示例文号〔2026〕1号"}
OF_CHANGCHUN = GOAL | {"division": CHANGCHUN, "percent": 95}


class Service:
    """The running service, and short words for asking it."""

    def __init__(self, running, amqp_url, token, wait_until):
        self.running, self.amqp_url, self.token, self.wait_until = running, amqp_url, token, wait_until

    def publish(self, *events):
        publish(self.amqp_url, *events)

    def send(self, method, path, body=None, role="province", headers=None, **claims):
        client = Client(self.running.url, self.token(role, **claims), timeout=30)
        return client.send(method, path, json=body, headers=headers)

    def ask(self, path, role="province", **claims):
        answer = self.send("GET", path, role=role, **claims)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def applied(self, kind, number):
        """Waits until that many events of that type have been applied."""

        def applied() -> bool:
            by_type = self.ask("/ops/state")["inbox"]["by_type"]
            return bool(by_type.get(kind, {}).get("applied") == number)

        self.wait_until(applied, 20)

    def unit(self, code, on):
        return next(row for row in self.ask(f"/coverage?on={on}")["units"] if row["unit"] == code)

    def announced(self):
        return self.ask("/events", "service")["items"]


@pytest.fixture
def service(running_service, topology, token, wait_until, chronicle):
    started = Service(running_service("reporting"), topology, token, wait_until)
    tree = chronicle.tree()
    started.publish(*tree)
    started.applied("division.placed.v1", len(tree))
    return started


def refused(answer, status, name):
    """Whether the answer is that problem, and tells nothing internal."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{name}"
    assert "psycopg" not in answer.text and "SELECT" not in answer.text
    return answer.json()


def test_events_are_seen_over_http_as_of_the_day_asked(service, chronicle):
    enterprise = chronicle.enterprise(award_contender=True)
    made = chronicle.made(enterprise, "2026-01-05")
    later = [chronicle.then(made, "suspended", "2026-01-20"), chronicle.then(made, "restored", "2026-02-01")]
    service.publish(enterprise, made, *later, enterprise, *later)
    service.applied("appointment.restored.v1", 1)

    seen = {day: service.unit(CHANGCHUN, day) for day in ("2026-01-04", "2026-01-19", "2026-01-25", "2026-02-01")}
    assert [(row["active"], row["suspended"], row["percent"]) for row in seen.values()] == [
        (0, 0, 0.0),
        (1, 0, 100.0),
        (0, 1, 0.0),
        (1, 0, 100.0),
    ]
    assert service.unit(CHANGBAISHAN, "2026-01-19")["percent"] is None
    (record,) = service.ask(f"/coverage/records?on=2026-01-25&unit={CHANGCHUN}&state=suspended")["items"]
    assert record["enterprise_id"] == enterprise.subject
    assert service.ask("/statistics?on=2026-01-25")["appointments"] == {"suspended": 1}
    assert service.ask("/coverage?on=2026-01-19", "division", division=SIPING)["total"]["enterprises"] == 0


def test_garbage_is_dead_lettered_and_later_events_still_apply(service, chronicle):
    connection = connect(service.amqp_url, "test")
    channel = connection.channel()
    for garbage in (b"", b"\xff\xfe{", b'{"specversion": "1.0"}'):
        channel.basic_publish(amqp.Message(garbage, delivery_mode=2), routing_key="reporting.inbox")
    connection.close()
    service.publish(chronicle.enterprise())
    service.applied("enterprise.registered.v1", 1)

    parked = service.wait_until(lambda: len(found := service.ask("/ops/parked", "ops")["items"]) == 3 and found, 30)

    assert {row["type"] for row in parked} == {None}
    assert service.unit(CHANGCHUN, "2026-01-01")["enterprises"] == 1


def test_a_target_is_announced_and_figures_tell_the_way_to_it(service, chronicle):
    goal = service.send("POST", "/targets", GOAL)
    local = service.send("POST", "/targets", OF_CHANGCHUN, "division", division=CHANGCHUN)
    assert (goal.status_code, local.status_code) == (201, 201)
    events = service.wait_until(lambda: len(found := service.announced()) == 2 and found, 10)

    assert [item["event"]["type"] for item in events] == ["target.set.v1"] * 2
    assert events[1]["event"]["data"].items() >= OF_CHANGCHUN.items() and events[1]["event"]["sequence"] == 1
    service.publish(chronicle.enterprise(award_contender=True))
    service.applied("enterprise.registered.v1", 1)
    row, *others = service.ask(f"/coverage?on={events[0]['event']['data']['on']}&population=award")["units"]
    assert (row["target_percent"], row["gap"]) == (95, 95) and {each["target_percent"] for each in others} == {90}


def test_of_many_who_set_one_target_at_once_one_wins_and_the_others_are_told_the_rule(service):
    with ThreadPoolExecutor(8) as writers:
        bodies = [GOAL | {"percent": 80 + number} for number in range(8)]
        answers = list(writers.map(lambda body: service.send("POST", "/targets", body), bodies))

    won = [answer for answer in answers if answer.status_code == 201]
    lost = [answer for answer in answers if answer.status_code != 201]
    assert len(won) == 1
    for answer in lost:
        refused(answer, 409, "already-set")
    assert [item["percent"] for item in service.ask("/targets")["items"]] == [won[0].json()["percent"]]
    service.wait_until(service.announced, 10)
    assert len(service.announced()) == 1


def test_a_key_repeated_sets_one_target_and_gets_one_answer(service):
    def post(body):
        return service.send("POST", "/targets", body, headers={"Idempotency-Key": "goal-1"})

    with ThreadPoolExecutor(4) as writers:
        answers = list(writers.map(post, [GOAL] * 4))

    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.text for answer in answers}) == 1 and len(service.ask("/targets")["items"]) == 1
    refused(post(GOAL | {"percent": 91}), 422, "key-reused")


def test_a_revision_needs_the_version_it_was_made_on(service):
    made = service.send("POST", "/targets", GOAL)
    path, change = f"/targets/{made.json()['id']}", {"percent": 96, "document": "示例文号〔2026〕2号"}
    refused(service.send("PUT", path, change), 428, "version-required")

    revised = service.send("PUT", path, change, headers={"If-Match": made.headers["ETag"]})

    assert (revised.status_code, revised.json()["percent"], revised.json()["version"]) == (200, 96, 2)
    refused(service.send("PUT", path, change, headers={"If-Match": made.headers["ETag"]}), 412, "stale-version")
    current = {"If-Match": revised.headers["ETag"]}
    refused(service.send("PUT", path, change, "division", current, division=CHANGCHUN), 404, "not-found")


def test_targets_that_break_a_rule_or_name_no_division_are_refused(service):
    assert service.send("POST", "/targets", GOAL).status_code == 201
    elsewhere = service.send("POST", "/targets", OF_CHANGCHUN, "division", division=SIPING)
    refused(elsewhere, 403, "outside-division")
    low = refused(service.send("POST", "/targets", OF_CHANGCHUN | {"percent": 89}), 409, "below-provincial-goal")
    assert (low["rule"], low["provincial_percent"]) == ("R50", 90)
    for code in ("229999", GONGZHULING_OLD):
        fault = refused(service.send("POST", "/targets", OF_CHANGCHUN | {"division": code}), 422, "invalid-input")
        assert fault["errors"][0]["pointer"] == "/division"
    refused(service.send("POST", "/targets", OF_CHANGCHUN, "auditor"), 403, "forbidden")
    assert len(service.ask("/targets")["items"]) == 1


def test_targets_cascade_and_a_goal_set_later_counts_like_one_set_before(service):
    """R50: whichever comes first, no locality aims below the division above it."""
    first = OF_CHANGCHUN | {"percent": 85}
    assert service.send("POST", "/targets", first, "division", division=CHANGCHUN).status_code == 201
    county = OF_CHANGCHUN | {"division": NANGUAN, "percent": 84}
    low = refused(service.send("POST", "/targets", county, "division", division=NANGUAN), 409, "below-goal-above")
    assert (low["rule"], low["division"], low["percent"]) == ("R50", CHANGCHUN, 85)
    ahead = county | {"percent": 95}
    assert service.send("POST", "/targets", ahead, "division", division=NANGUAN).status_code == 201

    over = refused(service.send("POST", "/targets", GOAL), 409, "targets-below")
    assert over["targets"] == [{"division": CHANGCHUN, "percent": 85}]
    raised = service.send("POST", "/targets", GOAL | {"raise_lower": True})

    assert raised.status_code == 201
    found = {
        row["division"]: (row["percent"], row["document"], row["version"]) for row in service.ask("/targets")["items"]
    }
    assert found == {
        "220000": (90, GOAL["document"], 1),
        CHANGCHUN: (90, GOAL["document"], 2),
        NANGUAN: (95, ahead["document"], 1),
    }
    service.wait_until(lambda: len(service.announced()) == 4, 10)
    # Of a revision the same.
    (mine,) = service.ask("/targets?division=220000")["items"]
    path, change = f"/targets/{mine['id']}", {"percent": 92, "document": "示例文号〔2026〕2号"}
    refused(service.send("PUT", path, change, headers={"If-Match": '"1"'}), 409, "targets-below")
    assert service.send("PUT", path, change | {"raise_lower": True}, headers={"If-Match": '"1"'}).status_code == 200
    assert service.ask(f"/targets?division={CHANGCHUN}")["items"][0]["percent"] == 92


def test_those_who_compete_for_the_award_or_the_brand_can_have_a_target(service, chronicle):
    """吉林省质量管理奖、吉林省名牌争创企业全面推行 (R12, R13)."""
    made = service.send("POST", "/targets", GOAL | {"population": "contenders", "percent": 100})
    assert made.status_code == 201
    (event,) = service.wait_until(service.announced, 10)

    assert (event["event"]["type"], event["event"]["data"]["population"]) == ("target.set.v2", "contenders")
    day = event["event"]["data"]["on"]
    assert service.ask(f"/coverage?on={day}&population=contenders")["total"]["target_percent"] == 100


@pytest.mark.parametrize("path", ["/coverage", "/coverage/records", "/statistics", "/targets"])
def test_questions_that_make_no_sense_are_refused(service, path):
    for query in ("on=2026-02-30", "on=yesterday", "nonsense=1", "population=everyone", "on=2026-01-01&on=2026-01-02"):
        refused(service.send("GET", f"{path}?{query}"), 422, "invalid-input")


def test_a_unit_unknown_or_out_of_sight_is_not_found(service):
    def ask(unit, on="2026-01-01", role="province", **claims):
        return service.send("GET", f"/coverage/records?on={on}&unit={unit}", role=role, **claims)

    assert ask(CHANGCHUN).json()["items"] == []
    # 梅河口 was no reporting unit before 2022, and a county never is one.
    for unit, day in (("999999", "2026-01-01"), (NANGUAN, "2026-01-01"), (MEIHEKOU, "2021-12-31")):
        refused(ask(unit, day), 404, "unknown-unit")
    refused(ask(CHANGCHUN, role="division", division=SIPING), 404, "unknown-unit")
    change = {"percent": 1, "document": "示例文号"}
    refused(service.send("PUT", f"/targets/{new_id()}", change, headers={"If-Match": '"1"'}), 404, "not-found")


def test_a_revised_target_leaves_earlier_days_as_they_were(service):
    made = service.send("POST", "/targets", GOAL)
    (event,) = service.wait_until(service.announced, 10)
    today = event["event"]["data"]["on"]
    before = service.ask("/coverage?on=2026-01-01&population=award")["total"]["target_percent"]
    change = {"percent": 96, "document": "示例文号〔2026〕2号"}
    service.send("PUT", f"/targets/{made.json()['id']}", change, headers={"If-Match": made.headers["ETag"]})

    assert before is None
    assert service.ask("/coverage?on=2026-01-01&population=award")["total"]["target_percent"] is None
    assert service.ask(f"/coverage?on={today}&population=award")["total"]["target_percent"] == 96


def test_the_models_are_what_the_migrations_made(make_database):
    url = make_database("reporting")
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM ruleset")) == 1
    engine.dispose()

    assert migrate.check("reporting", url) == []
