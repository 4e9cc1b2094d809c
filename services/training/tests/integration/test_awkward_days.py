"""Leap days and ends of months, and what happens to a certificate while a class of its holder is being judged."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from training_world import CENTRE

from chassis.due import DueRow
from training.domain.certificate_refusals import EducationShort
from training.usecases import certificates, expiry, suspensions


@pytest.mark.parametrize(
    ("issued", "last", "reminders"),
    [
        (date(2028, 2, 29), date(2031, 2, 28), [(90, date(2030, 11, 30)), (7, date(2031, 2, 21))]),
        (date(2029, 3, 1), date(2032, 2, 29), [(60, date(2031, 12, 31)), (30, date(2032, 1, 30))]),
        (date(2026, 8, 31), date(2029, 8, 30), [(60, date(2029, 7, 1)), (30, date(2029, 7, 31))]),
    ],
)
def test_a_term_over_a_leap_day_or_the_end_of_a_month_is_reminded_and_ended_on_its_days(
    centre, issued, last, reminders
):
    [certificate] = centre.certify(centre.somebody(), closed_on=issued)
    centre.session.flush()
    due = centre.session.execute(text("SELECT kind, due_on, payload FROM due WHERE kind LIKE 'certificate.%'")).all()
    planned = {row.payload["days_left"]: row.due_on for row in due if row.kind == expiry.REMINDER}

    assert certificate.valid_until == last == planned[0]
    assert {(days, planned[days]) for days, _ in reminders} == set(reminders)
    [end] = [row.due_on for row in due if row.kind == expiry.END]
    centre.go_to(end)
    row = DueRow(1, expiry.END, "s", "k", end, {"certificate_id": certificate.id})
    expiry.expire(centre.session, [row], centre.clock)
    [expired] = centre.announced("certificate.expired")
    assert (end - last).days == 1 and expired["on"] == str(end)


def test_who_renews_late_while_the_exam_of_a_further_class_is_being_marked_keeps_that_certificate(centre):
    [item] = centre.somebody()
    [held] = centre.certify([item])
    for year in (2027, 2028):
        centre.educate(item["person_id"], year, 16)
    centre.go_to(date(2029, 3, 13))
    row = DueRow(1, expiry.END, "s", "k", centre.clock.today(), {"certificate_id": held.id})
    expiry.expire(centre.session, [row], centre.clock)
    again = centre.schedule(starts_on=date(2029, 3, 19), ends_on=date(2029, 3, 23))
    [accepted] = centre.nominate(again, [item])
    assert accepted.nomination_id
    centre.go_to(date(2029, 3, 23))
    centre.attend(again, [item["person_id"]])
    centre.sit(again, [item["person_id"]])

    renewed = centre.renew(held, held.version + 1)
    assert centre.close(again).passed == 1

    assert (renewed.status, renewed.valid_until) == ("valid", date(2032, 3, 22))
    assert len(certificates.held(centre.session, [item["person_id"]])) == 1
    assert len(centre.announced("certificate.issued")) == 1 and centre.announced("certificate.replaced") == []
    assert centre.planned(expiry.END) == [date(2032, 3, 23)]
    assert centre.gaps() == []


def test_by_the_other_rule_the_new_certificate_takes_the_place_of_the_one_renewed_meanwhile(centre):
    [item] = centre.somebody()
    [held] = centre.certify([item])
    centre.publish_rules(date(2027, 1, 1), second_certificate="replace")
    for year in (2027, 2028):
        centre.educate(item["person_id"], year, 16)
    centre.go_to(date(2029, 2, 1))
    again = centre.schedule(starts_on=date(2029, 2, 5), ends_on=date(2029, 2, 9))
    centre.nominate(again, [item])
    centre.go_to(date(2029, 2, 9))
    centre.attend(again, [item["person_id"]])
    centre.sit(again, [item["person_id"]])
    centre.renew(held)
    centre.close(again)

    [current] = certificates.held(centre.session, [item["person_id"]])
    [replaced] = centre.announced("certificate.replaced")
    assert (replaced["certificate_id"], current.valid_until) == (held.id, date(2032, 2, 8))
    assert centre.planned(expiry.END) == [date(2032, 2, 9)]  # nothing is due of the renewed term any more
    assert centre.gaps() == []


def test_who_is_suspended_meanwhile_is_not_certified_anew_and_the_end_of_the_term_stays_due(centre):
    [item] = centre.somebody()
    [held] = centre.certify([item])
    centre.publish_rules(date(2027, 1, 1), second_certificate="replace")
    centre.go_to(date(2027, 3, 1))
    again = centre.schedule(starts_on=date(2027, 3, 8), ends_on=date(2027, 3, 12))
    centre.nominate(again, [item])
    centre.go_to(date(2027, 3, 12))
    centre.attend(again, [item["person_id"]])
    centre.sit(again, [item["person_id"]])
    command = certificates.Revoke("示例：调查期间", "示例文号〔2027〕1号")
    suspensions.suspend(centre.session, CENTRE, held.id, held.version, command, centre.clock)
    centre.close(again)

    assert len(centre.announced("certificate.issued")) == 1
    assert centre.planned(expiry.END) == [date(2029, 3, 13)]


def test_hours_of_a_class_count_for_a_renewal_once_it_has_been_closed(centre):
    [item] = centre.somebody()
    [held] = centre.certify([item])
    centre.educate(item["person_id"], 2027, 16)
    running = centre.schedule(
        kind="continuing", lengths={"update": 16}, starts_on=date(2028, 12, 28), ends_on=date(2028, 12, 30)
    )
    centre.nominate(running, [item])
    centre.attend(running, [item["person_id"]])
    centre.go_to(date(2029, 1, 15))
    with pytest.raises(EducationShort) as refused, centre.session.begin_nested():
        centre.renew(held)
    assert refused.value.facts["years"] == [2028]

    centre.close(running)
    assert centre.renew(held).valid_until == date(2032, 3, 12)
