"""What the rules have sent on later days: planned by events, sent on its day to those whom it then concerns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from notice_world import ELSEWHERE, PREFECTURE, PROVINCE
from sqlalchemy import func, select

from chassis.due import due
from notifications.domain.notice import State
from notifications.handlers.replanning import replan
from notifications.queries.filters import ProofFilters
from notifications.queries.proof import proof
from notifications.storage import calendar_year, certificate, delivery, matter, notice
from programme import rulesets
from programme.callers import Caller

OFFICE = Caller("wang", "province")
ENDS = date(2029, 3, 1)  # of the world's certificates
THRESHOLDS = (90, 60, 30, 7, 0)


@pytest.fixture
def holder(world, tell):
    firm = world.firm()
    person = world.person(firm)
    tell(firm, person)
    return person


@pytest.fixture
def certified(world, tell, holder):
    issued = world.certificate(holder)
    tell(issued)
    return issued


@pytest.fixture
def come_to(clock, sweep):
    """Comes to a day and has swept what is due."""

    def go(day: date) -> int:
        clock.at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        return sweep()

    return go


def reminders(session, kind="certificate_expiring", recipient="person"):
    columns = (notice.c.due_on, notice.c.about, notice.c.body)
    of = (notice.c.kind == kind, notice.c.recipient_kind == recipient)
    return session.execute(select(*columns).where(*of).order_by(notice.c.due_on)).all()


def told(session, kind):
    """To whom a kind of notice went, by the day on which it was due."""
    rows = session.execute(
        select(notice.c.due_on, notice.c.recipient_id)
        .where(notice.c.kind == kind, notice.c.about.not_like("event:%"))
        .order_by(notice.c.due_on)
    )
    return [tuple(row) for row in rows]


def planned(session):
    return dict(session.execute(select(due.c.state, func.count()).group_by(due.c.state)).all())


def missing(session, clock):
    found, each = (proof(session, OFFICE, ProofFilters(each=way), clock.today()) for way in (False, True))
    assert found.items == each.items
    return found.total.missing


def publish(session, clock, **changes):
    newest, *_ = rulesets.all_versions(session)
    changed = {**newest.parameters, **changes}
    rulesets.publish(session, OFFICE, rulesets.PublishRuleSet(clock.today(), "示例〔2026〕3号", changed, "示例"), clock)


def test_each_threshold_is_told_once_on_its_day_with_the_days_that_are_left(session, certified, come_to, clock):
    for days in THRESHOLDS:
        assert come_to(ENDS - timedelta(days=days + 1)) == 0
        assert come_to(ENDS - timedelta(days=days)) == 1
        assert come_to(ENDS - timedelta(days=days)) == 0

    found = reminders(session)
    assert [row.due_on for row in found] == [ENDS - timedelta(days=days) for days in THRESHOLDS]
    assert {row.about for row in found} == {f"certificate:{certified.subject}"}
    assert all(f"还有{days}日" in row.body for row, days in zip(found, THRESHOLDS[:-1], strict=False))
    assert "有效期至今日" in found[-1].body
    assert missing(session, clock) == 0


def test_after_an_outage_only_the_tightest_is_told_with_the_days_that_are_left_then(session, certified, come_to, clock):
    come_to(ENDS - timedelta(days=20))

    (found,) = reminders(session)
    assert found.due_on == ENDS - timedelta(days=30) and "还有20日" in found.body
    assert planned(session) == {"done": 1, "superseded": 2, "planned": 2}
    assert missing(session, clock) == 0


def test_the_clock_may_jump_by_a_day_and_nothing_is_missed_doubled_or_early(session, certified, come_to):
    day = ENDS - timedelta(days=90)
    for jump in (-2, -1, -2, 0, -1, 0, 1, 0, 1, 2):
        come_to(day + timedelta(days=jump))

    assert [row.due_on for row in reminders(session)] == [day]
    assert (
        session.scalar(select(func.min(notice.c.created_at)).where(notice.c.kind == "certificate_expiring")).date()
        == day
    )


def test_it_goes_to_the_employer_and_the_offices_of_the_day(session, world, tell, certified, holder, come_to):
    other = world.firm(ELSEWHERE)
    tell(other, world.appointment(holder, other))

    come_to(ENDS - timedelta(days=90))

    assert {recipient for _, recipient in told(session, "certificate_expiring")} == {
        holder.subject,
        other.subject,
        ELSEWHERE,
    }


def test_a_renewal_ends_the_reminders_of_the_old_term_and_begins_those_of_the_new(
    session, world, tell, certified, come_to
):
    come_to(ENDS - timedelta(days=90))
    until = ENDS + timedelta(days=1096)
    of = {"previous_valid_until": ENDS.isoformat(), "valid_until": until.isoformat()}
    tell(world.of_certificate("renewed", certified, ENDS - timedelta(days=80), **of))

    come_to(ENDS)
    assert len(reminders(session)) == 1
    assert planned(session) == {"done": 1, "cancelled": 4, "planned": 5}
    assert session.scalar(select(certificate.c.valid_until)) == until
    come_to(until - timedelta(days=90))
    assert [row.due_on for row in reminders(session)] == [ENDS - timedelta(days=90), until - timedelta(days=90)]


@pytest.mark.parametrize("what", ["revoked", "suspended", "expired", "replaced"])
def test_nobody_is_reminded_of_the_end_of_what_does_not_hold(session, world, tell, certified, come_to, what):
    told_of = world.of_certificate(what, certified, ENDS - timedelta(days=100), replaced_by_number="示例")
    tell(told_of)

    come_to(ENDS)

    assert reminders(session) == [] and planned(session) == {"cancelled": 5}
    assert session.scalar(select(certificate.c.state)) == what


def test_one_that_is_reinstated_is_reminded_of_from_then_on(session, world, tell, certified, come_to):
    tell(world.of_certificate("suspended", certified, ENDS - timedelta(days=100)))
    tell(world.of_certificate("reinstated", certified, ENDS - timedelta(days=40), valid_until=ENDS.isoformat()))

    come_to(ENDS - timedelta(days=31))
    assert reminders(session) == []
    come_to(ENDS - timedelta(days=30))
    assert [row.due_on for row in reminders(session)] == [ENDS - timedelta(days=30)]


def test_what_holds_no_longer_is_withdrawn_and_says_why(session, world, certified, come_to, clock):
    """The condition is looked at again, whatever was planned: here nothing took the plan off."""
    session.execute(certificate.update().values(valid_until=date(2032, 3, 1)))

    come_to(ENDS - timedelta(days=90))

    found = session.execute(
        select(delivery.c.state, delivery.c.answer).join(notice).where(notice.c.kind == "certificate_expiring")
    )
    assert set(map(tuple, found)) == {(State.WITHDRAWN, "the certificate is valid until 2032-03-01")}
    total = proof(session, OFFICE, ProofFilters(kind="certificate_expiring"), clock.today()).total
    assert (total.due, total.withdrawn, total.missing) == (6, 6, 0)


def test_a_planned_notice_that_is_not_swept_is_held_up(session, certified, come_to, clock):
    clock.at = datetime(2028, 12, 2, 1, tzinfo=UTC)

    found = proof(session, OFFICE, ProofFilters(), clock.today())
    assert [(row.type, row.number) for row in found.held_up] == [("notice.due", 1)] and not found.proved


def test_one_that_training_reminds_of_and_that_was_not_known_is_reminded_of_from_then_on(
    session, world, tell, holder, come_to, clock
):
    old = world.certificate(holder)
    day = ENDS - timedelta(days=60)
    clock.at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    tell(world.of_certificate("expiring", old, day, valid_until=ENDS.isoformat(), days_left=60))

    come_to(day)
    come_to(ENDS - timedelta(days=30))

    assert [row.due_on for row in reminders(session)] == [day, ENDS - timedelta(days=30)]


# Escalation


def overdue(world, holder, on=date(2026, 3, 2)):
    appointment_id = f"a{on}"
    of = {"appointment_id": appointment_id, "enterprise_id": holder.data["enterprise_id"], "person_id": holder.subject}
    late = world.event(
        "appointment.filing_overdue.v1", appointment_id, {**of, "filing_due_on": "2026-03-01", "on": on.isoformat()}
    )
    return replace(late, time=datetime(on.year, on.month, on.day, 1, tzinfo=UTC))


def test_what_stays_undone_goes_up_by_working_days_each_stage_once(session, world, tell, holder, come_to, clock):
    # From Friday 20 March on: the holiday of 清明 on Monday 6 April is no working day.
    tell(overdue(world, holder, date(2026, 3, 20)))
    assert told(session, "appointment_filing_overdue") == []

    for day in range(21, 32):
        come_to(date(2026, 3, day))
    for day in range(1, 15):
        come_to(date(2026, 4, day))

    assert told(session, "appointment_filing_overdue") == [
        (date(2026, 3, 27), PREFECTURE),
        (date(2026, 4, 3), PROVINCE),
    ]
    assert missing(session, clock) == 0
    bodies = session.scalars(select(notice.c.body).where(notice.c.recipient_id == PREFECTURE)).all()
    assert bodies[0].startswith("长春市市场监督管理部门：") and "由长春市南关区市场监督管理部门督促办理" in bodies[0]


def test_it_goes_no_further_once_the_fact_is_put_right(session, world, tell, holder, come_to):
    late = overdue(world, holder)
    tell(late)
    come_to(date(2026, 3, 9))
    assert told(session, "appointment_filing_overdue") == [(date(2026, 3, 9), PREFECTURE)]

    submitted = {**late.data, "late": True, "on": "2026-03-10"}
    tell(world.event("appointment.filing_submitted.v1", late.subject, submitted))
    come_to(date(2026, 4, 30))

    assert len(told(session, "appointment_filing_overdue")) == 1
    assert planned(session) == {"done": 1, "cancelled": 1}
    row = session.execute(select(matter.c.kind, matter.c.opened_on, matter.c.closed_on)).one()
    assert tuple(row) == ("filing", date(2026, 3, 2), date(2026, 3, 2))


def test_after_an_outage_each_stage_is_told_to_its_own(session, world, tell, holder, come_to):
    tell(overdue(world, holder))

    come_to(date(2026, 4, 30))

    assert [recipient for _, recipient in told(session, "appointment_filing_overdue")] == [PREFECTURE, PROVINCE]


def vacancy(world, holder):
    firm = holder.data["enterprise_id"]
    data = {"post_id": "p1", "enterprise_id": firm, "title": "首席质量官", "vacant_since": "2025-12-02"}
    return world.event("post.vacancy_overdue.v1", "p1", {**data, "grace_days": 90, "on": "2026-03-02", "ruleset": 1})


@pytest.mark.parametrize("comes_first", ["vacancy", "appointment"])
def test_an_appointment_fills_the_post_whichever_event_comes_first(
    session, world, tell, holder, come_to, clock, comes_first
):
    made = world.appointment(holder, world.firm())
    made = made.with_data({**made.data, "post_id": "p1", "enterprise_id": holder.data["enterprise_id"]})
    tell(*((vacancy(world, holder), made) if comes_first == "vacancy" else (made, vacancy(world, holder))))

    come_to(date(2026, 4, 30))

    states = session.scalars(select(delivery.c.state).join(notice).where(notice.c.about == "post:p1").distinct()).all()
    assert states in ([], [State.WITHDRAWN])
    assert missing(session, clock) == 0


def test_both_papers_of_a_year_are_matters_of_their_own(session, world, tell, holder, come_to):
    of = {"duty_report_id": "d1", "enterprise_id": holder.data["enterprise_id"], "person_id": holder.subject}
    data = {**of, "year": 2026, "on": "2026-03-02", "due_on": "2026-03-01", "ruleset": 1}
    for paper in ("plan", "report"):
        tell(world.event("duty_report.overdue.v1", "d1", {**data, "paper": paper}))
    tell(world.event("duty_report.submitted.v1", "d1", {**data, "paper": "plan"}))

    come_to(date(2026, 3, 9))

    about = session.scalars(select(notice.c.about).where(notice.c.recipient_id == PREFECTURE)).all()
    assert about == ["duty_report:d1:report"]


def test_a_final_report_ends_what_is_open_and_a_stage_report_does_not(session, world, tell, holder, come_to):
    of = {"incident_id": "i1", "enterprise_id": holder.data["enterprise_id"], "person_id": holder.subject, "grade": "I"}
    data = {**of, "on": "2026-03-02", "ruleset": 1}
    tell(world.event("incident.final_report_overdue.v1", "i1", {**data, "final_due_on": "2026-03-01"}))
    for kind, closed in (("stage", None), ("final", date(2026, 3, 2))):
        tell(world.event("incident.report_added.v1", "i1", {**data, "kind": kind}))
        assert session.scalar(select(matter.c.closed_on)) == closed
    come_to(date(2026, 4, 30))
    assert told(session, "incident_final_report_overdue") == []


def test_nothing_is_left_open_of_an_enterprise_that_is_no_more(session, world, tell, holder, come_to):
    firm = holder.data["enterprise_id"]
    tell(overdue(world, holder), vacancy(world, holder))

    tell(world.event("enterprise.deregistered.v1", firm, {"enterprise_id": firm, "on": "2026-03-03"}))
    come_to(date(2026, 4, 30))

    assert told(session, "appointment_filing_overdue") == told(session, "post_vacancy_overdue") == []


def test_a_stage_waits_where_holidays_became_known_after_it_was_planned(session, world, tell, holder, come_to):
    """2031 is a year that neither the table nor the library knows."""
    tell(overdue(world, holder, date(2031, 1, 20)))
    days = [date(2031, 1, 23) + timedelta(days=n) for n in range(8)]
    off = [day.isoformat() for day in days if day.weekday() < 5]
    year = {"year": 2031, "days_off": off, "days_worked": [], "document": "示例", "entered_on": date(2031, 1, 1)}
    session.execute(calendar_year.insert().values(**year))
    come_to(date(2031, 1, 27))
    assert told(session, "appointment_filing_overdue") == []
    for later in range(1, 9):
        come_to(date(2031, 1, 27) + timedelta(days=later))
    assert [recipient for _, recipient in told(session, "appointment_filing_overdue")] == [PREFECTURE]


# The rules of the day


def test_other_thresholds_hold_for_what_was_planned_before(session, certified, come_to, clock):
    newest, *_ = rulesets.all_versions(session)
    while replan(session, clock.now(), None):
        pass
    clock.at = datetime(2028, 10, 1, 1, tzinfo=UTC)
    rules = [dict(each) for each in newest.parameters["notices"]]
    for each in rules:
        if each["key"] == "certificate_expiring":
            each["due"] = {"field": "valid_until", "days": [-120, -30]}
    publish(session, clock, notices=rules)

    assert replan(session, clock.now(), None) == 1
    assert replan(session, clock.now(), None) == 0
    for days in (120, 90, 60, 30, 7, 0):
        come_to(ENDS - timedelta(days=days))

    assert [row.due_on for row in reminders(session)] == [ENDS - timedelta(days=days) for days in (120, 30)]


def test_a_rule_that_was_dropped_sends_nothing_that_it_planned(session, certified, come_to, clock):
    newest, *_ = rulesets.all_versions(session)
    rules = [each for each in newest.parameters["notices"] if each["key"] != "certificate_expiring"]
    publish(session, clock, notices=rules)

    come_to(ENDS - timedelta(days=90))

    assert reminders(session) == [] and missing(session, clock) == 0
