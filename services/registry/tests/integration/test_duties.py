"""Duty records: written by the CQO, read by the bureau, announced once when they don't come (R35–R44)."""

import runpy
from datetime import date
from pathlib import Path

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING, somebody_in_office
from sqlalchemy import event as on_event
from sqlalchemy import text

from chassis.clock import SystemClock
from chassis.due import DueRow
from chassis.errors import NotFound
from chassis.http import PageArguments
from programme.callers import Caller
from registry import queries
from registry.domain.duty import Duty, DutyPaper
from registry.queries import DutyReportFilters
from registry.seed import seed
from registry.usecases import duties
from registry.usecases.deregister import Deregister, deregister
from registry.usecases.duties import ReturnDutyReport, SectionText, WriteDutyReport
from registry.usecases.end_appointment import EndAppointment, end_appointment
from testkit import Client

PLAN, REPORT = DutyPaper


@pytest.fixture
def made(register):
    """An appointment from 1 March 2026 on."""
    firm = register.firm()
    person = register.person(firm)
    register.issue(person)
    found = register.appoint(person, register.post(firm))
    register.session.flush()
    return found


def written(paper=REPORT, year=2026):
    return WriteDutyReport(year, paper, [SectionText(duty, "已完成") for duty in Duty])


def cqo(appointment):
    return Caller("cqo", "cqo", person_id=appointment.person_id)


def sweep(register):
    """Does what has fallen due, as the worker would; returns how often."""
    times = 0
    while rows := register.session.execute(
        text(
            "UPDATE due SET state = 'done' WHERE kind = 'duty_report.due' AND state = 'planned' AND due_on <= :today "
            "RETURNING id, kind, series, key, due_on, payload"
        ),
        {"today": register.clock.today()},
    ).all():
        duties.miss(register.session, [DueRow(*row) for row in rows], register.clock)
        times += 1
    return times


def planned(register):
    rows = register.session.execute(
        text("SELECT payload, due_on FROM due WHERE kind = 'duty_report.due' AND state = 'planned' ORDER BY due_on, id")
    )
    return [(row.payload["paper"], row.payload["year"], row.due_on) for row in rows]


def listed(register, caller, **filters):
    asked = (DutyReportFilters(**filters), register.clock.today(), PageArguments(50))
    return [each.id for each in queries.duty_reports(register.session, caller, *asked).items]


def test_what_does_not_come_is_announced_once_each_year(register, made):
    assert planned(register) == [("plan", 2027, date(2027, 2, 1)), ("report", 2026, date(2027, 2, 1))]
    register.clock.move(days=335)  # 31 January 2027: still in time
    assert sweep(register) == 0
    register.clock.move(days=1)
    sweep(register)

    overdue = register.announced("duty_report.overdue")
    assert sorted((each["paper"], each["year"], each["on"], each["due_on"]) for each in overdue) == [
        ("plan", 2027, "2027-02-01", "2027-01-31"),
        ("report", 2026, "2027-02-01", "2027-01-31"),
    ]
    assert {each["appointment_id"] for each in overdue} == {made.id}
    assert planned(register) == [("plan", 2028, date(2028, 2, 1)), ("report", 2027, date(2028, 2, 1))]
    assert len(listed(register, CHANGCHUN, overdue=True)) == 2
    assert sweep(register) == 0 and register.gaps() == []


def test_what_was_submitted_is_not_overdue_and_a_draft_is(register, made):
    session, clock = register.session, register.clock
    clock.move(days=330)
    own = cqo(made)
    report = duties.write(session, own, made.id, written(), clock)
    duties.write(session, own, made.id, written(PLAN, 2027), clock)
    duties.submit(session, own, report.id, clock)
    session.flush()
    clock.move(days=6)
    sweep(register)
    session.expire_all()

    [overdue] = register.announced("duty_report.overdue")
    assert (overdue["paper"], overdue["duty_report_id"]) == ("plan", listed(register, own, overdue=True)[0])
    assert register.gaps() == []


def test_the_enterprise_owes_nothing_of_whoever_was_in_office_for_too_short(register, made):
    register.clock.move(days=60)
    end_appointment(register.session, PROVINCE, made.id, EndAppointment(date(2026, 5, 1), "离职"), register.clock)
    register.session.flush()
    register.clock.move(days=300)
    sweep(register)

    assert register.announced("duty_report.overdue") == [] and planned(register) == []


def test_who_left_after_long_enough_still_owes_the_report(register, made):
    register.clock.move(days=200)
    end_appointment(register.session, PROVINCE, made.id, EndAppointment(date(2026, 9, 1), "离职"), register.clock)
    register.session.flush()
    register.clock.move(days=200)
    sweep(register)

    assert [each["paper"] for each in register.announced("duty_report.overdue")] == ["report"]
    assert planned(register) == []


def test_of_an_enterprise_that_was_deregistered_nothing_is_asked(register, made):
    register.clock.move(days=250)
    told = Deregister(register.clock.today(), "市监注销〔2026〕1号")
    deregister(register.session, PROVINCE, made.enterprise_id, told, register.clock)
    register.session.flush()
    register.clock.move(days=100)
    sweep(register)

    assert register.announced("duty_report.overdue") == [] and planned(register) == []


def test_the_migration_plans_for_those_in_office_what_an_appointment_plans(register):
    session, firm, today = register.session, register.firm(), SystemClock().today()
    session.execute(text('UPDATE ruleset SET parameters = parameters || \'{"appoint_without_experience": "warn"}\''))
    register.clock.move(days=(today - register.clock.today()).days)
    days = (date(2019, 5, 4), date(2024, 1, 31), today.replace(month=1, day=1), today)
    for number, appointed_on in enumerate(days):
        person = register.person(firm)
        register.issue(person, on=date(2019, 1, 1), until=date(2040, 1, 1), number=str(number))
        register.appoint(person, register.post(firm, f"岗位{number}"), appointed_on)
    session.flush()
    whole = text("SELECT series, key, due_on, payload FROM due WHERE kind = 'duty_report.due' ORDER BY key")
    expected = session.execute(whole).all()
    session.execute(text("DELETE FROM due WHERE kind = 'duty_report.due'"))
    migration = Path(__file__).parents[2] / "migrations/versions/0031_duty_records.py"
    session.execute(text(runpy.run_path(str(migration))["PLAN"]))

    assert len(expected) == 8 and session.execute(whole).all() == expected


def test_a_rule_set_may_move_the_day_meanwhile(register, made):
    register.session.execute(text("UPDATE ruleset SET parameters = parameters || '{\"duty_report_days\": 59}'"))
    register.clock.move(days=336)
    sweep(register)

    assert [each["paper"] for each in register.announced("duty_report.overdue")] == ["plan"]
    assert ("report", 2026, date(2027, 3, 1)) in planned(register)
    register.clock.move(days=28)
    sweep(register)
    assert [each["due_on"] for each in register.announced("duty_report.overdue")] == ["2027-01-31", "2027-02-28"]


def test_a_chunk_of_a_sweep_takes_as_many_statements_whatever_its_rows(register):
    firm = register.firm()
    for number in range(6):
        person = register.person(firm)
        register.issue(person, number=str(number))
        register.appoint(person, register.post(firm, f"岗位{number}"))
    register.session.flush()
    register.clock.move(days=336)
    rows = register.session.execute(
        text("SELECT id, kind, series, key, due_on, payload FROM due WHERE kind = 'duty_report.due' ORDER BY id")
    ).all()
    counted = []
    on_event.listen(register.session.connection(), "before_cursor_execute", lambda *_: counted.append(1))

    def cost(some):
        register.session.expunge_all()
        counted.clear()
        duties.miss(register.session, [DueRow(*row) for row in some], register.clock)
        return len(counted)

    # Rules, appointments, histories, enterprises, reports' ids, events, new reports, next year's rows.
    assert cost(rows[:2]) == cost(rows[2:]) <= 8
    assert len(register.announced("duty_report.overdue")) == 12


def test_everybody_sees_what_is_theirs_and_drafts_are_their_authors(register, made):
    session, clock = register.session, register.clock
    own, firm = cqo(made), Caller("q", "enterprise", enterprise_id=made.enterprise_id)
    report = duties.write(session, own, made.id, written(), clock)
    session.flush()

    assert [listed(register, each) for each in (PROVINCE, CHANGCHUN, firm, own)] == [[report.id]] * 4
    assert listed(register, SIPING) == listed(register, Caller("x", "cqo", person_id="other")) == []

    def revisions(caller):
        return len(queries.duty_report_with_revisions(session, caller, report.id, clock.today())[1])

    assert (revisions(own), revisions(firm), revisions(CHANGCHUN)) == (1, 1, 0)
    with pytest.raises(NotFound):
        duties.submit(session, Caller("x", "cqo", person_id="other"), report.id, clock)
    duties.submit(session, firm, report.id, clock)
    duties.give_back(session, CHANGCHUN, report.id, ReturnDutyReport("缺少数据"), clock)
    session.flush()
    assert revisions(CHANGCHUN) == 1
    # What it says is the enterprise's to keep (R48): events tell how far it has come.
    told = {"duty_report_id", "appointment_id", "enterprise_id", "person_id", "paper", "year", "on", "ruleset"}
    [returned] = register.announced("duty_report.returned")
    assert returned.keys() == told


def test_a_report_over_http(running_service, token):
    service = running_service("registry", "api")
    seed(service.settings["database_url"])
    appointment = somebody_in_office(service.settings["database_url"], SystemClock())
    province = Client(service.url, token("province"))
    own = Client(service.url, token("cqo", person=appointment.person_id))
    path, year = f"/appointments/{appointment.id}/duty-reports", appointment.appointed_on.year
    sections = [{"duty": str(duty), "text": "已完成"} for duty in Duty]

    draft = own.call("PUT", path, 200, json={"year": year, "paper": "report", "sections": sections[:3]})
    found = f"/duty-reports/{draft['id']}"
    refused = own.call("POST", f"{found}/submission", 409)
    assert (refused["type"].rpartition("/")[2], len(refused["sections"])) == ("sections-missing", 7)
    assert province.get(found)["revisions"] == []
    own.call("PUT", path, 200, json={"year": year, "paper": "report", "sections": sections})
    assert own.call("POST", f"{found}/submission", 200)["status"] == "submitted"
    own.call("POST", f"{found}/noting", 403)
    assert province.call("POST", f"{found}/return", 200, json={"reason": "缺少数据"})["status"] == "returned"
    own.call("PUT", path, 200, json={"year": year, "paper": "report", "sections": sections[::-1]})
    own.call("POST", f"{found}/submission", 200)
    assert province.call("POST", f"{found}/noting", 200)["status"] == "noted"
    province.call("POST", f"{found}/noting", 409)

    whole = Client(service.url, token("enterprise", enterprise=appointment.enterprise_id)).get(found)
    assert [(each["number"], each["written_by"]) for each in whole["revisions"]] == [(1, "test-cqo"), (2, "test-cqo")]
    first = whole["revisions"][1]["sections"][0]
    assert (first["rule"], first["name"]) == ("R35", "Quality law and policy")
    twice = {"year": year, "paper": "report", "sections": [sections[0], sections[0]]}
    own.call("PUT", path, 422, json=twice)
    own.call("PUT", path, 409, json={"year": year + 1, "paper": "report", "sections": sections})
    assert [each["id"] for each in province.all("/duty-reports", year=year, status="noted")] == [draft["id"]]
