"""Incidents: reported by the CQO, added to, never taken back, and announced when the final report is late (R45–R47)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING, uscc
from sqlalchemy import text

from chassis.errors import NotFound
from chassis.http import PageArguments
from programme.callers import Caller
from registry import queries
from registry.domain.incident import (
    AlreadyClosed,
    AlreadyForwarded,
    FinalAlready,
    Grade,
    InTheFuture,
    KnownBeforeItHappened,
    NotYetClosed,
    ReportKind,
)
from registry.queries import IncidentFilters
from registry.seed import seed
from registry.usecases.incidents import (
    AddReport,
    CloseIncident,
    ForwardIncident,
    ReportIncident,
    add_report,
    close,
    forward,
    miss_final_reports,
    miss_forwardings,
    report,
)
from testkit import Client


@pytest.fixture
def firm(register):
    return register.firm()


@pytest.fixture
def cqo(register, firm):
    """The firm's CQO, as they call."""
    person = register.person(firm)
    register.issue(person)
    register.appoint(person, register.post(firm), register.clock.today())
    register.session.flush()
    return Caller("cqo", "cqo", person_id=person.id)


def told(clock, known_minutes_ago=30, **changes):
    known = clock.now() - timedelta(minutes=known_minutes_ago)
    content = {
        "grade": Grade.III,
        "subject": "压力容器批次不合格",
        "occurred_at": known - timedelta(hours=2),
        "known_at": known,
        "content": "发现三台压力容器焊缝不合格，已停产封存。",
    }
    return ReportIncident(**{**content, **changes})


def listed(session, caller, clock, **filters):
    page = queries.incidents(session, caller, IncidentFilters(**filters), clock.today(), PageArguments(50))
    return [each.id for each in page.items]


def test_the_cqo_reports_within_the_rule_sets_hour_or_late(register, firm, cqo):
    in_time = report(register.session, cqo, firm.id, told(register.clock), register.clock)
    late = report(register.session, cqo, firm.id, told(register.clock, 61), register.clock)

    events = register.announced("incident.reported")
    assert [(each["incident_id"], each["grade"], each["late"]) for each in events] == [
        (in_time.id, "III", False),
        (late.id, "III", True),
    ]
    # What happened is the enterprise's to keep (R48): events say that something did.
    of = {"incident_id", "enterprise_id", "person_id", "grade", "on", "ruleset"}
    assert events[0].keys() == {*of, "late", "province_hours"}
    assert (in_time.person_id, in_time.division) == (cqo.person_id, "220102")


def test_each_grade_has_its_own_clock(register, firm, cqo):
    register.session.execute(
        text("UPDATE ruleset SET parameters = jsonb_set(parameters, '{incident_clocks,I,first_hours}', '2')")
    )
    report(register.session, cqo, firm.id, told(register.clock, 61, grade=Grade.I), register.clock)
    report(register.session, cqo, firm.id, told(register.clock, 61, grade=Grade.II), register.clock)

    assert [each["late"] for each in register.announced("incident.reported")] == [False, True]


def test_the_final_report_follows_the_closing_and_ends_the_clock(register, firm, cqo):
    session, clock = register.session, register.clock
    made = report(session, cqo, firm.id, told(clock), clock)
    add_report(session, cqo, made.id, AddReport(ReportKind.STAGE, "已召回两台。"), clock)
    with pytest.raises(NotYetClosed):
        add_report(session, cqo, made.id, AddReport(ReportKind.FINAL, "终报"), clock)
    close(session, cqo, made.id, CloseIncident(clock.today()), clock)
    with pytest.raises(AlreadyClosed):
        close(session, cqo, made.id, CloseIncident(clock.today()), clock)
    clock.move(days=10)
    add_report(session, cqo, made.id, AddReport(ReportKind.FINAL, "终报", "示例〔2026〕7号"), clock)
    with pytest.raises(FinalAlready):
        add_report(session, cqo, made.id, AddReport(ReportKind.STAGE, "补充"), clock)
    session.flush()

    assert (made.final_due_on, made.final_on) == (date(2026, 3, 12), date(2026, 3, 12))
    assert [(each["kind"], each["late"]) for each in register.announced("incident.report_added")] == [
        ("stage", False),
        ("final", False),
    ]
    assert session.execute(text("SELECT state FROM due WHERE kind = 'incident.final_report'")).scalars().all() == [
        "cancelled"
    ]
    _, reports = queries.incident_with_reports(session, CHANGCHUN, made.id, clock.today())
    assert [each.kind for each in reports] == ["first", "stage", "final"]
    assert register.gaps() == []


def test_a_final_report_that_does_not_come_is_announced_and_late_when_it_does(register, firm, cqo):
    session, clock = register.session, register.clock
    made = report(session, cqo, firm.id, told(clock), clock)
    close(session, cqo, made.id, CloseIncident(clock.today()), clock)
    session.flush()
    [(due_on, payload)] = session.execute(text("SELECT due_on, payload FROM due WHERE kind = 'incident.final_report'"))
    assert due_on == date(2026, 3, 13)

    clock.move(days=11)
    miss_final_reports(session, [payload["incident_id"]], clock)
    add_report(session, cqo, made.id, AddReport(ReportKind.FINAL, "终报"), clock)
    miss_final_reports(session, [payload["incident_id"]], clock)

    [overdue] = register.announced("incident.final_report_overdue")
    assert (overdue["incident_id"], overdue["final_due_on"]) == (made.id, "2026-03-12")
    assert register.announced("incident.report_added")[-1]["late"] is True


def test_the_bureau_tells_the_province_within_the_rule_sets_hours_of_the_first_report(register, firm, cqo):
    session, clock = register.session, register.clock
    made, late = (report(session, cqo, firm.id, told(clock), clock) for _ in range(2))
    session.flush()
    planned = session.execute(
        text("SELECT due_on, not_before - clock_timestamp() FROM due WHERE kind = 'incident.forwarding'")
    )
    assert all(due_on == clock.today() and timedelta(hours=1) < wait < timedelta(hours=2) for due_on, wait in planned)

    clock.move(hours=2)
    forward(session, CHANGCHUN, made.id, ForwardIncident("长市监报〔2026〕3号"), clock)
    with pytest.raises(AlreadyForwarded):
        forward(session, PROVINCE, made.id, ForwardIncident(), clock)
    assert listed(session, PROVINCE, clock, forwarded=False) == [late.id]
    clock.move(seconds=1)
    miss_forwardings(session, [made.id, late.id], clock)
    forward(session, CHANGCHUN, late.id, ForwardIncident(), clock)
    miss_forwardings(session, [late.id], clock)

    assert made.forwarding_document == "长市监报〔2026〕3号" and made.forwarded_at == made.province_due_at
    assert [(each["incident_id"], each["late"]) for each in register.announced("incident.forwarded")] == [
        (made.id, False),
        (late.id, True),
    ]
    [overdue] = register.announced("incident.forwarding_overdue")
    assert (overdue["incident_id"], overdue["province_hours"]) == (late.id, 2)
    states = session.execute(text("SELECT key, state FROM due WHERE kind = 'incident.forwarding' ORDER BY id"))
    assert [tuple(row) for row in states] == [(made.id, "cancelled"), (late.id, "cancelled")]
    assert register.gaps() == []


def test_what_the_province_enters_itself_it_need_not_be_told(register, firm):
    made = report(register.session, PROVINCE, firm.id, told(register.clock), register.clock)

    assert (made.forwarded_at, made.province_due_at) == (register.clock.now(), None)
    assert register.announced("incident.reported")[0]["province_hours"] is None
    assert register.session.execute(text("SELECT count(*) FROM due WHERE kind = 'incident.forwarding'")).scalar() == 0


def test_what_can_not_be_is_refused(register, firm, cqo):
    clock = register.clock
    ahead = told(clock, -5)
    reversed_order = told(clock, occurred_at=clock.now())
    for refused, command in ((InTheFuture, ahead), (KnownBeforeItHappened, reversed_order)):
        with pytest.raises(refused):
            report(register.session, cqo, firm.id, command, clock)


def test_everybody_sees_what_is_theirs(register, firm, cqo):
    session, clock = register.session, register.clock
    made = report(session, cqo, firm.id, told(clock), clock)
    close(session, cqo, made.id, CloseIncident(clock.today()), clock)
    session.flush()

    own = Caller("q", "enterprise", enterprise_id=firm.id)
    assert [listed(session, each, clock) for each in (PROVINCE, CHANGCHUN, own, cqo)] == [[made.id]] * 4
    for caller, filters in ((SIPING, {}), (CHANGCHUN, {"overdue": True}), (CHANGCHUN, {"grade": Grade.I})):
        assert listed(session, caller, clock, **filters) == []
    clock.move(days=11)
    assert listed(session, CHANGCHUN, clock, overdue=True) == [made.id]
    with pytest.raises(NotFound):
        report(session, cqo, register.firm().id, told(clock), clock)


def test_the_enterprises_account_can_neither_enter_nor_edit_nor_withdraw(running_service, token):
    service = running_service("registry", "api")
    seed(service.settings["database_url"])
    province = Client(service.url, token("province"))
    firm = {
        "uscc": uscc(1),
        "name": "示例企业",
        "division": "220102",
        "industry": "C36",
        "above_threshold": True,
        "legal_representative": "王强",
        "registered_on": "2010-05-04",
    }
    firm_id = province.post("/enterprises", firm)["id"]
    own = Client(service.url, token("enterprise", enterprise=firm_id))
    known = datetime.now(UTC) - timedelta(minutes=5)
    incident = {
        "grade": "II",
        "subject": "批次不合格",
        "occurred_at": known.isoformat(),
        "known_at": known.isoformat(),
        "content": "已停产封存。",
    }
    made = province.post(f"/enterprises/{firm_id}/incidents", incident)

    path = f"/incidents/{made['id']}"
    assert own.get(path)["reports"][0]["content"] == "已停产封存。"
    own.call("POST", f"/enterprises/{firm_id}/incidents", 403, json=incident)
    own.call("POST", f"{path}/reports", 403, json={"kind": "stage", "content": "一切正常"})
    own.call("POST", f"{path}/closing", 403, json={"on": str(known.date())})
    own.call("POST", f"{path}/forwarding", 403, json={})
    for client in (own, province):
        for method in ("PATCH", "PUT", "DELETE"):
            assert client.send(method, path, json={}).status_code in (404, 405)
