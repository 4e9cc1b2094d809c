"""Proposals, hazards, public service and grades: by whom, seen by whom, and on which worklist (R29, R42, R46, R49)."""

from datetime import date

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING, somebody_in_office
from sqlalchemy import select, text

from chassis.clock import SystemClock
from chassis.errors import NotFound
from chassis.http import PageArguments
from programme.callers import Caller
from registry import queries, storage
from registry.domain.conduct import HazardKind
from registry.domain.grade import PerformanceGrade
from registry.queries import GradeFilters, HazardFilters, ServiceYear
from registry.seed import seed
from registry.usecases import conduct, grades
from registry.usecases.conduct import CloseHazard, RecordService, ReportHazard
from registry.usecases.enterprises import EnterpriseChanges, change
from registry.usecases.grades import GradePerformance
from testkit import Client

EXCELLENT, GOOD, _, UNQUALIFIED = PerformanceGrade


@pytest.fixture
def made(register):
    firm = register.firm()
    person = register.person(firm)
    register.issue(person)
    found = register.appoint(person, register.post(firm))
    register.session.flush()
    return found


def cqo(appointment):
    return Caller("cqo", "cqo", person_id=appointment.person_id)


def own(appointment):
    return Caller("q", "enterprise", enterprise_id=appointment.enterprise_id)


def reported(register, made):
    told = ReportHazard(kind=HazardKind.HAZARD, found_on=register.clock.today(), description="压力表未检定")
    found = conduct.report(register.session, cqo(made), made.id, told, register.clock)
    register.session.flush()
    return found


def worklist(register, caller, name):
    page = queries.worklist(register.session, caller, name, register.clock.today(), PageArguments(50))
    return [(each.id, each.day) for each in page.items]


def test_a_hazard_that_stays_open_comes_onto_the_worklist_and_leaves_it(register, made):
    found = reported(register, made)
    register.clock.move(days=30)
    assert worklist(register, CHANGCHUN, "hazards_open") == []
    register.clock.move(days=1)

    entry = [(found.id, date(2026, 4, 1))]
    assert [worklist(register, each, "hazards_open") for each in (PROVINCE, CHANGCHUN, own(made))] == [entry] * 3
    assert worklist(register, SIPING, "hazards_open") == []
    asked = (HazardFilters(overdue=True), register.clock.today(), PageArguments(50))
    assert [each.id for each in queries.hazards(register.session, cqo(made), *asked).items] == [found.id]
    told = CloseHazard(register.clock.today(), "已检定")
    conduct.close(register.session, cqo(made), found.id, told, register.clock)
    register.session.flush()
    assert worklist(register, CHANGCHUN, "hazards_open") == []


def test_an_overdue_report_is_on_the_worklist(register, made):
    register.session.execute(
        text(
            "INSERT INTO duty_report (id, version, division, enterprise_id, person_id, appointment_id, year, paper, "
            "due_on, ruleset, status, overdue_on) SELECT 'd1', 1, division, enterprise_id, person_id, id, 2026, "
            "'report', '2027-01-31', 1, 'draft', '2027-02-01' FROM appointment"
        )
    )
    entry = [("d1", date(2027, 1, 31))]

    assert [worklist(register, each, "duty_overdue") for each in (CHANGCHUN, SIPING)] == [entry, []]
    counted = {each.name: each.entries for each in queries.counts(register.session, CHANGCHUN, register.clock.today())}
    assert (counted["duty_overdue"], counted["hazards_open"]) == (1, 0)
    register.session.execute(text("UPDATE duty_report SET submitted_on = '2027-02-05', status = 'submitted'"))
    assert worklist(register, CHANGCHUN, "duty_overdue") == []


def test_hours_are_summed_by_calendar_year(register, made):
    for day, hours in ((date(2026, 3, 2), 2.5), (date(2026, 12, 31), 4), (date(2027, 1, 1), 1)):
        register.clock.move(days=(day - register.clock.today()).days)
        told = RecordService(activity="质量咨询", served_on=day, hours=hours, evidence="签到表")
        conduct.record_service(register.session, cqo(made), made.id, told, register.clock)
    register.session.flush()

    sums = queries.service_years(register.session, CHANGCHUN, made.id, register.clock.today())
    assert sums == [ServiceYear(2026, 2, 6.5), ServiceYear(2027, 1, 1)]
    with pytest.raises(NotFound):
        queries.service_years(register.session, SIPING, made.id, register.clock.today())


def graded(register, made, grade, fen=None):
    told = GradePerformance(year=2026, grade=grade, document="示例〔2027〕3号", allowance_fen=fen)
    found = grades.grade(register.session, own(made), made.id, told, register.clock)
    register.session.flush()
    return found


def test_a_correction_keeps_both_and_each_day_knows_its_own(register, made):
    register.clock.move(days=310)
    first_day = register.clock.today()
    graded(register, made, GOOD, 1_200_000)
    register.clock.move(days=30)
    graded(register, made, EXCELLENT, 1_500_000)

    def listed(caller=CHANGCHUN, **filters):
        page = queries.grades(
            register.session, caller, GradeFilters(**filters), register.clock.today(), PageArguments(50)
        )
        return [(each.year, str(each.grade), each.allowance_fen) for each in page.items]

    assert listed() == [(2026, "excellent", 1_500_000)]
    assert listed(known_on=first_day) == [(2026, "good", 1_200_000)]
    assert listed(known_on=date(2026, 12, 31)) == listed(grade=GOOD) == listed(SIPING) == []
    assert [listed(each) for each in (own(made), cqo(made))] == [listed()] * 2
    whole = queries.grades_of(register.session, own(made), made.id, register.clock.today())
    assert [(str(each.grade), each.corrects) for each in whole] == [("good", False), ("excellent", True)]
    events = register.announced("appointment.graded")
    assert [(each["grade"], each["corrects"]) for each in events] == [("good", False), ("excellent", True)]
    assert register.gaps() == []


def test_all_of_it_moves_with_the_enterprise(register, made):
    reported(register, made)
    graded(register, made, UNQUALIFIED)
    change(register.session, PROVINCE, made.enterprise_id, 1, EnterpriseChanges(division="220302"), register.clock)
    register.session.flush()

    for table in (storage.hazard, storage.performance):
        assert register.session.scalars(select(table.c.division)).all() == ["220302"]


def test_conduct_over_http(running_service, token):
    service = running_service("registry", "api")
    seed(service.settings["database_url"])
    appointment = somebody_in_office(service.settings["database_url"], SystemClock())
    today = str(appointment.appointed_on)
    firm = Client(service.url, token("enterprise", enterprise=appointment.enterprise_id))
    holder = Client(service.url, token("cqo", person=appointment.person_id))
    stranger = Client(service.url, token("cqo", person="other"))
    of_it = f"/appointments/{appointment.id}"

    told = {"made_on": today, "addressed_to": "总经理办公会", "content": "增设出厂检验岗位"}
    proposal = holder.post(f"{of_it}/proposals", told)
    decision = {"decision": "accepted", "on": today}
    assert firm.call("POST", f"/proposals/{proposal['id']}/decision", 200, json=decision)["decision"] == "accepted"
    firm.call("POST", f"/proposals/{proposal['id']}/decision", 409, json=decision)

    hazard = {"kind": "problem", "found_on": today, "description": "来料未检"}
    firm.call("POST", f"{of_it}/hazards", 403, json=hazard)
    stranger.call("POST", f"{of_it}/hazards", 404, json=hazard)
    found = holder.post(f"{of_it}/hazards", hazard)
    firm.call("POST", f"/hazards/{found['id']}/closing", 403, json={"on": today, "measure": "x"})
    for method in ("PATCH", "PUT", "DELETE"):
        assert holder.send(method, f"/hazards/{found['id']}", json={}).status_code in (404, 405)
    assert [each["id"] for each in firm.all("/hazards", closed="false")] == [found["id"]]

    served = {"activity": "质量咨询", "served_on": today, "hours": 0, "evidence": "签到表"}
    holder.call("POST", f"{of_it}/public-service", 422, json=served)
    holder.post(f"{of_it}/public-service", {**served, "hours": 2.5})
    assert firm.get(f"{of_it}/public-service")["items"] == [
        {"year": appointment.appointed_on.year, "activities": 1, "hours": 2.5}
    ]

    grade = {"year": appointment.appointed_on.year, "grade": "good", "document": "示例〔2027〕3号"}
    holder.call("POST", f"{of_it}/grades", 403, json=grade)
    firm.post(f"{of_it}/grades", {**grade, "allowance_fen": 1200000})
    assert [each["allowance_fen"] for each in holder.all("/grades")] == [1200000]
    assert stranger.all("/grades") == stranger.all("/proposals") == stranger.all("/public-service") == []
