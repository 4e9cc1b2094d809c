"""Certificates: numbers, renewal, revocation, what is due, and as of a day; on a real database."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from training_world import CENTRE, CHANGCHUN, END, Centre, firm_id, person_id

from chassis.data import engine_for
from chassis.errors import NotFound, StaleVersion
from chassis.http import PageArguments
from programme.callers import Caller
from testkit import divisions
from training import queries, views
from training.adapters.numbers import is_valid
from training.domain.certificate import CertificateStatus, Decision
from training.domain.certificate_refusals import (
    EducationShort,
    EndedSuspended,
    HoldsCertificate,
    IsReplaced,
    IsRevoked,
    IsSuspended,
    NotSuspended,
    NotValid,
    OutsideRenewalWindow,
)
from training.domain.criteria import Criterion
from training.domain.education import AlreadyExempt, BelowNothing
from training.queries import CertificateFilters, ReminderFilters, VerificationQuery
from training.usecases import certificates, education, expiry, suspensions
from training.usecases.certificates import Reinstate, Revoke
from training.usecases.nominations import Accepted

UNTIL = date(2029, 3, 12)
REMINDERS = [UNTIL - timedelta(days=days) for days in (90, 60, 30, 7, 0)]
REVOCATION = Revoke(reason="示例：申报材料不实", document="示例文号〔2027〕1号")


@pytest.fixture
def holder(centre):
    [certificate] = centre.certify(centre.somebody())
    return certificate


def educate(centre, holder, hours=16):
    """Has the holder do what the years of the first term ask for."""
    for year in (2027, 2028):
        centre.educate(holder.person_id, year, hours)


def revoke(centre, holder, version=1):
    return certificates.revoke(centre.session, CENTRE, holder.id, version, REVOCATION, centre.clock)


def status(centre, on, certificate):
    centre.session.flush()
    listed = queries.list_certificates(
        centre.session, CENTRE, CertificateFilters(on=on), centre.clock.today(), PageArguments(50)
    )
    return {item.id: (item.status, item.valid_until) for item in listed.items}.get(certificate.id)


def verify(centre, number, today, name="李明0"):
    return views.verification(number, queries.find_genuine(centre.session, VerificationQuery(number, name), today))


def fired(holder, days_left):
    payload = {"certificate_id": holder.id, "days_left": days_left}
    return SimpleNamespace(key=f"{holder.id}:{UNTIL}:{days_left}", payload=payload)


def test_numbers_run_without_a_gap_within_a_year_and_reporting_unit(centre):
    first = centre.certify(centre.somebody(6, ("220102", "220381", "220581")))
    second = centre.certify(centre.somebody(2, ("JL-CBS", "220102")))

    stems = sorted(certificate.number[:-1] for certificate in first + second)
    assert stems == [
        "CQO-JL-2026-220100-00001",
        "CQO-JL-2026-220100-00002",
        "CQO-JL-2026-220100-00003",
        "CQO-JL-2026-220100-00004",
        "CQO-JL-2026-220100-00005",
        "CQO-JL-2026-220581-00001",
        "CQO-JL-2026-220581-00002",
        "CQO-JL-2026-CBS-00001",
    ]
    assert all(is_valid(certificate.number) for certificate in first + second)


def test_two_classes_closed_at_once_give_out_no_number_twice_and_leave_none_out(make_database, clock):
    engine = engine_for(make_database("training"), "test")
    closing = []
    with Session(engine) as session, session.begin():
        divisions.place(session)
        centre = Centre(session, clock)
        for _ in range(2):
            training_class, items = centre.schedule(), centre.somebody(20, ("220102", "220302"))
            people = [item["person_id"] for item in items]
            centre.nominate(training_class, items)
            centre.attend(training_class, people)
            centre.sit(training_class, people)
            closing.append(SimpleNamespace(id=training_class.id))
    clock.move(days=11)
    together = threading.Barrier(2)

    def close(training_class):
        with Session(engine) as session, session.begin():
            together.wait()
            Centre(session, clock).close(training_class)

    threads = [threading.Thread(target=close, args=(training_class,)) for training_class in closing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    with Session(engine) as session:
        numbers = session.scalars(text("SELECT substr(number, 1, 24) FROM certificate")).all()
    assert sorted(numbers) == [f"CQO-JL-2026-{unit}-{n:05d}" for unit in ("220100", "220300") for n in range(1, 21)]


def test_the_reminders_and_the_end_are_planned_when_it_is_issued(centre, holder):
    assert holder.valid_until == UNTIL
    assert centre.planned("certificate.expiring") == REMINDERS
    assert centre.planned("certificate.expired") == [UNTIL + timedelta(days=1)]


def test_a_later_rule_set_leaves_the_reminders_of_a_term_and_plans_those_of_the_next(centre, holder):
    centre.publish_rules(expiry_notice_days=[45], on=date(2028, 1, 1))
    centre.go_to(date(2029, 1, 15))
    assert centre.planned("certificate.expiring") == REMINDERS

    educate(centre, holder)
    renewed = centre.renew(holder)
    assert centre.planned("certificate.expiring") == [renewed.valid_until - timedelta(days=45)]


def test_what_is_stored_of_a_certificate_comes_back_as_the_records_it_was(centre, holder):
    educate(centre, holder, 20)
    centre.go_to(date(2029, 1, 15))
    centre.renew(holder)
    revoke(centre, holder, 2)
    centre.session.flush()
    centre.session.expire_all()
    read = queries.get_certificate(centre.session, CENTRE, holder.id, None, centre.clock.today())
    stored = centre.session.scalars(text("SELECT grounds FROM certificate_status ORDER BY id")).all()

    assert read.status is CertificateStatus.REVOKED
    assert [record.decision for record in read.history] == [Decision.ISSUED, Decision.RENEWED, Decision.REVOKED]
    assert [set(grounds) for grounds in stored] == [{"enrolment_id"}, {"criteria"}, {"reason", "document"}]
    assert read.history[1].grounds.criteria[1] == Criterion("continuing education 2027", "R34", "16", "20", True)


def test_a_renewal_plans_anew_and_cancels_what_was_due_of_the_old_term(centre, holder):
    educate(centre, holder)
    centre.go_to(date(2029, 1, 15))
    renewed = centre.renew(holder)

    assert renewed.valid_until == date(2032, 3, 12)
    assert centre.planned("certificate.expiring", "cancelled") == REMINDERS
    assert centre.planned("certificate.expiring") == [
        renewed.valid_until - timedelta(days=n) for n in (90, 60, 30, 7, 0)
    ]
    assert centre.planned("certificate.expired") == [date(2032, 3, 13)]
    [event] = centre.announced("certificate.renewed")
    assert (event["previous_valid_until"], event["valid_until"]) == ("2029-03-12", "2032-03-12")
    assert centre.gaps() == []


def test_a_renewal_is_refused_outside_the_window_without_education_and_from_a_version_gone_by(centre, holder):
    with pytest.raises(OutsideRenewalWindow), centre.session.begin_nested():
        centre.renew(holder)
    centre.go_to(date(2029, 1, 15))
    centre.educate(holder.person_id, 2027, 40)
    with pytest.raises(EducationShort), centre.session.begin_nested():
        centre.renew(holder)
    centre.educate(holder.person_id, 2028, 16)
    with pytest.raises(StaleVersion), centre.session.begin_nested():
        centre.renew(holder, version=7)

    assert centre.planned("certificate.expiring") == REMINDERS
    assert centre.renew(holder).version == 2


def test_who_skipped_a_year_of_the_term_is_not_renewed_and_is_told_which(centre, holder):
    centre.educate(holder.person_id, 2028, 40)
    centre.go_to(date(2029, 1, 15))
    with pytest.raises(EducationShort) as refused:
        centre.renew(holder)

    assert refused.value.facts == {"years": [2027], "hours": 0, "required_hours": 16}


def test_each_year_of_the_term_is_measured_by_its_own_rules_also_where_they_have_changed_since(centre, holder):
    centre.publish_rules(on=date(2028, 1, 1), continuing_hours=24)
    centre.publish_rules(on=date(2029, 1, 1), continuing_hours=40)
    centre.educate(holder.person_id, 2027, 16)
    centre.educate(holder.person_id, 2028, 24)
    centre.go_to(date(2029, 1, 15))

    assert centre.renew(holder).valid_until == date(2032, 3, 12)
    with pytest.raises(OutsideRenewalWindow):
        centre.renew(holder, version=2)
    for year, hours in ((2029, 40), (2030, 40)):
        centre.educate(holder.person_id, year, hours)
    centre.go_to(date(2032, 1, 15))
    with pytest.raises(EducationShort) as refused:
        centre.renew(holder, version=2)
    assert refused.value.facts == {"years": [2031], "hours": 0, "required_hours": 40}


def exempt(centre, person, year, document="示例文号〔2028〕3号"):
    command = education.Exempt("示例：产假", document)
    return education.exempt(centre.session, CENTRE, person, year, command, centre.clock)


def test_who_is_exempt_from_a_year_is_renewed_without_its_hours(centre, holder):
    exempt(centre, holder.person_id, 2027)
    centre.educate(holder.person_id, 2028, 16)
    centre.go_to(date(2029, 1, 15))

    assert centre.renew(holder).valid_until == date(2032, 3, 12)
    first = centre.announced("education.recorded")[0]
    assert (first["year"], first["hours"], first["required_hours"]) == (2027, 0, 0)
    assert not any("产假" in str(event) for event in centre.announced("education.recorded"))
    with pytest.raises(AlreadyExempt), centre.session.begin_nested():
        exempt(centre, holder.person_id, 2027)
    with pytest.raises(NotFound):
        exempt(centre, "nobody", 2027)
    with pytest.raises(NotFound):
        exempt(centre, holder.person_id, 99999999999)


def test_hours_entered_wrongly_are_taken_back_on_a_document_and_never_below_nothing(centre, holder):
    centre.educate(holder.person_id, 2027, 16)
    centre.educate(holder.person_id, 2027, -6, document="示例更正1号")
    assert [event["total_hours"] for event in centre.announced("education.recorded")] == [16, 10]
    with pytest.raises(BelowNothing), centre.session.begin_nested():
        centre.educate(holder.person_id, 2027, -11, document="示例更正2号")


def take_again(centre, holder, day=date(2026, 9, 11), nominated=None):
    """Has the holder take the training for a first certificate again; what became of the nomination."""
    again = centre.schedule(starts_on=day - timedelta(days=4), ends_on=day)
    item = {"enterprise_id": firm_id(0), "person_id": holder.person_id}
    [result] = centre.nominate(again, [item])
    if isinstance(result, Accepted):
        centre.attend(again, [holder.person_id])
        centre.sit(again, [holder.person_id])
        centre.go_to(day)
        centre.close(again)
    return result


def test_who_holds_a_valid_certificate_is_not_nominated_for_a_first_one(centre, holder):
    assert isinstance(take_again(centre, holder).refusal, HoldsCertificate)
    refresher = centre.schedule(kind="continuing", lengths={"update": 8})
    item = {"enterprise_id": firm_id(0), "person_id": holder.person_id}

    assert isinstance(centre.nominate(refresher, [item])[0], Accepted)


def test_who_gets_a_certificate_while_in_two_classes_gets_no_second_one(centre):
    items = centre.somebody()
    [person] = [item["person_id"] for item in items]
    other = centre.schedule()
    centre.nominate(other, items)
    centre.attend(other, [person])
    centre.sit(other, [person])
    [certificate] = centre.certify(items)
    centre.close(other)

    assert [event["certificate_id"] for event in centre.announced("certificate.issued")] == [certificate.id]


def test_by_the_rule_set_the_new_certificate_takes_the_place_of_the_older_one(centre, holder):
    centre.publish_rules(on=date(2026, 8, 1), second_certificate="replace")
    take_again(centre, holder)
    centre.session.flush()

    [replaced] = centre.announced("certificate.replaced")
    newest = centre.announced("certificate.issued")[-1]
    assert (replaced["certificate_id"], replaced["replaced_by"]) == (holder.id, newest["certificate_id"])
    assert status(centre, date(2026, 9, 10), holder) == ("valid", UNTIL)
    assert status(centre, date(2026, 9, 11), holder) == ("replaced", UNTIL)
    assert centre.planned("certificate.expiring", "cancelled") == REMINDERS
    assert verify(centre, holder.number, date(2026, 9, 11)).status == "replaced"
    found = queries.get_certificate(centre.session, CENTRE, holder.id, None, date(2026, 9, 11))
    assert found.replaced_by == newest["certificate_id"]
    for change in (lambda: revoke(centre, holder, 2), lambda: centre.renew(holder, 2)):
        with pytest.raises(IsReplaced), centre.session.begin_nested():
            change()
    assert centre.gaps() == []


def test_a_certificate_that_has_expired_is_not_renewed_beside_the_one_that_followed_it(centre, holder):
    centre.go_to(date(2029, 5, 1))
    expiry.expire(centre.session, [fired(holder, 0)], centre.clock)
    assert isinstance(take_again(centre, holder, day=date(2029, 9, 14)), Accepted)

    assert [event["certificate_id"] for event in centre.announced("certificate.replaced")] == [holder.id]
    educate(centre, holder)
    with pytest.raises(IsReplaced):
        centre.renew(holder, 3)


def suspend(centre, holder, version=1):
    return suspensions.suspend(centre.session, CENTRE, holder.id, version, REVOCATION, centre.clock)


def reinstate(centre, holder, version=2):
    command = Reinstate("示例文号〔2027〕2号")
    return suspensions.reinstate(centre.session, CENTRE, holder.id, version, command, centre.clock)


def test_a_certificate_is_suspended_for_a_time_while_its_term_runs_on(centre, holder):
    centre.go_to(date(2027, 1, 5))
    suspend(centre, holder)
    assert verify(centre, holder.number, date(2027, 1, 5)).status == "suspended"
    assert centre.planned("certificate.expiring") == REMINDERS
    for refused, change in (
        (IsSuspended, lambda: centre.renew(holder, 2)),
        (NotValid, lambda: suspend(centre, holder, 2)),
        (NotValid, lambda: reissue(centre, holder, 2)),
    ):
        with pytest.raises(refused), centre.session.begin_nested():
            change()
    centre.go_to(date(2027, 3, 1))
    reinstate(centre, holder)

    days = (date(2027, 1, 4), date(2027, 1, 5), date(2027, 2, 28), date(2027, 3, 1))
    assert [status(centre, on, holder)[0] for on in days] == ["valid", "suspended", "suspended", "valid"]
    [event] = centre.announced("certificate.reinstated")
    assert (event["valid_until"], event["document"]) == (str(UNTIL), "示例文号〔2027〕2号")
    with pytest.raises(NotSuspended):
        reinstate(centre, holder, 3)


def test_a_suspended_certificate_ends_with_its_term_and_is_not_undone_by_new_training(centre, holder):
    centre.publish_rules(on=date(2026, 8, 1), second_certificate="replace")
    suspend(centre, holder)
    assert isinstance(take_again(centre, holder).refusal, HoldsCertificate)
    centre.go_to(UNTIL + timedelta(days=1))
    assert status(centre, UNTIL + timedelta(days=1), holder) == ("expired", UNTIL)
    expiry.expire(centre.session, [fired(holder, 0)], centre.clock)

    assert [event["certificate_id"] for event in centre.announced("certificate.expired")] == [holder.id]
    with pytest.raises(NotSuspended):
        reinstate(centre, holder, 3)


def test_a_suspension_that_nobody_ended_is_not_undone_by_a_renewal_after_the_term(centre, holder):
    educate(centre, holder)
    suspend(centre, holder)
    centre.go_to(UNTIL + timedelta(days=1))
    expiry.expire(centre.session, [fired(holder, 0)], centre.clock)

    with pytest.raises(EndedSuspended):
        centre.renew(holder, 3)


def test_one_that_was_reinstated_in_time_is_renewed_after_its_term(centre, holder):
    educate(centre, holder)
    suspend(centre, holder)
    reinstate(centre, holder)
    centre.go_to(UNTIL + timedelta(days=1))
    expiry.expire(centre.session, [fired(holder, 0)], centre.clock)

    assert centre.renew(holder, 4).status == "valid"


def reissue(centre, holder, version=1):
    return suspensions.reissue(centre.session, CENTRE, holder.id, version, REVOCATION, centre.clock)


def test_a_lost_certificate_is_issued_again_for_the_same_term_and_keeps_the_duties_of_its_chain(centre, holder):
    centre.go_to(date(2028, 6, 1))
    centre.session.execute(text("UPDATE person SET name = '李明改' WHERE id = :id"), {"id": holder.person_id})
    again = reissue(centre, holder)
    centre.session.flush()

    assert (again.valid_until, again.name, again.issued_on) == (UNTIL, "李明改", date(2028, 6, 1))
    assert is_valid(again.number) and again.number.startswith("CQO-JL-2028-220100-00001")
    assert status(centre, date(2028, 6, 1), holder)[0] == "replaced"
    assert centre.planned("certificate.expiring") == REMINDERS
    assert [event["replaced_by"] for event in centre.announced("certificate.replaced")] == [again.id]
    centre.educate(holder.person_id, 2028, 16)
    centre.go_to(date(2029, 1, 15))
    with pytest.raises(EducationShort) as refused, centre.session.begin_nested():
        centre.renew(again)
    assert refused.value.facts["years"] == [2027]
    centre.educate(holder.person_id, 2027, 16)
    assert centre.renew(again).valid_until == date(2032, 3, 12)
    assert centre.gaps() == []


def test_a_revocation_cancels_all_that_was_due_and_can_not_be_undone_by_a_renewal(centre, holder):
    revoke(centre, holder)

    assert centre.planned("certificate.expiring") == centre.planned("certificate.expired") == []
    [event] = centre.announced("certificate.revoked")
    assert (event["reason"], event["document"]) == (REVOCATION.reason, REVOCATION.document)
    for change in (lambda: revoke(centre, holder, 2), lambda: centre.renew(holder, 2)):
        with pytest.raises(IsRevoked), centre.session.begin_nested():
            change()


def test_a_certificate_shows_what_held_on_a_past_day(centre, holder):
    centre.go_to(UNTIL + timedelta(days=1))
    expiry.expire(centre.session, [fired(holder, 0)], centre.clock)
    centre.go_to(date(2029, 5, 1))
    educate(centre, holder)
    centre.renew(holder, version=2)
    centre.go_to(date(2030, 2, 1))
    revoke(centre, holder, 3)

    held = {
        on: status(centre, on, holder)
        for on in (
            END - timedelta(days=1),
            END,
            UNTIL,
            UNTIL + timedelta(days=1),
            date(2029, 5, 1),
            date(2030, 2, 1),
        )
    }
    assert list(held.values()) == [
        None,
        ("valid", UNTIL),
        ("valid", UNTIL),
        ("expired", UNTIL),
        ("valid", date(2032, 4, 30)),
        ("revoked", date(2032, 4, 30)),
    ]
    past = queries.get_certificate(centre.session, CENTRE, holder.id, date(2029, 6, 1), centre.clock.today())
    assert (past.status, past.revoked_reason) == ("valid", None)
    assert [line.decision for line in past.history] == ["issued", "expired", "renewed"]


def test_a_term_that_has_ended_counts_as_expired_also_while_the_sweep_is_behind(centre, holder):
    day = UNTIL + timedelta(days=1)

    assert status(centre, day, holder) == ("expired", UNTIL)
    assert verify(centre, holder.number, day).status == "expired"
    assert verify(centre, holder.number, UNTIL).status == "valid"


def test_who_knows_number_and_name_may_verify_a_certificate_and_who_only_counts_learns_nothing(centre, holder):
    answer = verify(centre, holder.number, END)

    assert answer == views.GenuineView(number=holder.number, genuine=True, status="valid", valid_until=UNTIL)
    assert verify(centre, holder.number, END, name="王小红") == views.NotGenuineView(
        number=holder.number, genuine=False
    )
    wrong = holder.number[:-1] + ("0" if holder.number[-1] != "0" else "1")
    assert verify(centre, wrong, END) == views.NotGenuineView(number=wrong, genuine=False)


def test_each_decision_is_explained_with_its_rule_set_and_grounds(centre, holder):
    educate(centre, holder, 20)
    centre.go_to(date(2029, 1, 15))
    centre.renew(holder)
    revoke(centre, holder, 2)
    issued, renewed, revoked = queries.explain_certificate(
        centre.session, CENTRE, holder.id, centre.clock.today()
    ).decisions

    assert {criterion.name: criterion.met for criterion in issued.criteria} == {
        "hours": True,
        "attendance": True,
        "score": True,
    }
    assert [(c.name, c.required, c.found) for c in renewed.criteria] == [
        ("renewal window", "2028-12-12 to 2030-03-12", "2029-01-15"),
        ("continuing education 2027", "16", "20"),
        ("continuing education 2028", "16", "20"),
    ]
    assert (revoked.reason, revoked.document) == (REVOCATION.reason, REVOCATION.document)
    assert {decision.ruleset.document for decision in (issued, renewed, revoked)} == {"吉质联办〔2013〕10号"}


def test_every_reminder_that_was_due_is_listed_with_the_event_that_announced_it(centre, holder):
    centre.go_to(REMINDERS[0])
    expiry.remind(centre.session, [fired(holder, 90)], centre.clock)
    centre.session.execute(text("UPDATE due SET state = 'done' WHERE due_on = :day"), {"day": REMINDERS[0]})
    listed = queries.list_reminders_due(
        centre.session, ReminderFilters(until=REMINDERS[1]), centre.clock.today(), PageArguments(50)
    ).items

    assert [(row.days_left, row.due_on, row.state) for row in listed] == [
        (90, REMINDERS[0], "done"),
        (60, REMINDERS[1], "planned"),
    ]
    event_id = centre.session.scalar(text("SELECT id FROM outbox WHERE type = 'certificate.expiring.v1'"))
    assert [row.event_id for row in listed] == [str(event_id), None]
    assert {row.certificate_id for row in listed} == {holder.id}


def test_a_caller_sees_the_certificates_of_its_division_its_firm_or_its_own(centre):
    changchun, siping = centre.certify(centre.somebody(2, ("220102", "220302")))

    def seen(caller):
        page = queries.list_certificates(
            centre.session, caller, CertificateFilters(), centre.clock.today(), PageArguments(50)
        )
        return [item.id for item in page.items]

    assert seen(CHANGCHUN) == [changchun.id]
    assert seen(Caller("q", "enterprise", enterprise_id=firm_id(1))) == [siping.id]
    assert seen(Caller("p", "cqo", person_id=person_id(0))) == [changchun.id]
    with pytest.raises(NotFound):
        queries.get_certificate(centre.session, CHANGCHUN, siping.id, None, centre.clock.today())


def test_a_renewal_that_meets_a_sweep_waits_for_it_and_finds_its_version_gone_by(make_database, clock):
    engine = engine_for(make_database("training"), "test")
    with Session(engine) as session, session.begin():
        divisions.place(session)
        centre = Centre(session, clock)
        [holder] = centre.certify(centre.somebody())
        educate(centre, holder)
    clock.move(days=(REMINDERS[0] - clock.today()).days)
    outcome = []

    def renew():
        with Session(engine) as session, session.begin():
            try:
                Centre(session, clock).renew(holder)
            except StaleVersion as stale:
                outcome.append(stale)

    renewing = threading.Thread(target=renew)
    with Session(engine) as sweep, sweep.begin():
        sweep.execute(text("SELECT id FROM due WHERE due_on = :day FOR UPDATE"), {"day": REMINDERS[0]})
        renewing.start()
        with Session(engine) as watch:
            waiting = text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            while not watch.scalar(waiting):
                watch.rollback()
        expiry.remind(sweep, [fired(holder, 90)], clock)
    renewing.join(10)

    assert [type(fault) for fault in outcome] == [StaleVersion]
