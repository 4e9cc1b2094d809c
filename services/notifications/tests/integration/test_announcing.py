"""From an event to notices, inboxes and the proof; on a real database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from notice_world import COUNTY, ELSEWHERE, PREFECTURE, PROVINCE
from sqlalchemy import delete, insert, select, text

from chassis.errors import NotFound, Transient
from chassis.http import PageArguments
from chassis.messaging.inbox.tables import inbox_applied, inbox_parked
from chassis.security import audit
from notifications.adapters.texts import KINDS
from notifications.domain.notice import AlreadyDelivered, Channel, State
from notifications.domain.rules import Rules
from notifications.queries import inbox as inboxes
from notifications.queries import notices
from notifications.queries.due import Tally
from notifications.queries.filters import InboxFilters, NoticeFilters, ProofFilters, SummaryFilters
from notifications.queries.proof import Received, proof
from notifications.storage import StoredDelivery, StoredNotice, cause, delivery, notice
from notifications.usecases import letters
from notifications.usecases.addresses import Unaddressed
from notifications.usecases.mark_read import mark_read
from notifications.usecases.retry_delivery import retry_delivery
from notifications.views import notice_in_full
from programme import rulesets
from programme.callers import Caller

OFFICE = Caller("wang", "province")
COUNTY_STAFF = Caller("li", "division", division=COUNTY)
PREFECTURE_STAFF = Caller("zhao", "division", division=PREFECTURE)
STAFF_ELSEWHERE = Caller("qian", "division", division=ELSEWHERE)


@pytest.fixture
def holder(world, tell):
    """A certificate's holder in a firm that appointed them, in the county of COUNTY."""
    firm = world.firm()
    person = world.person(firm)
    tell(firm, person)
    return person


def recipients(session, kind):
    rows = session.execute(select(notice.c.recipient_kind, notice.c.recipient_id).where(notice.c.kind == kind))
    return {row.recipient_kind: row.recipient_id for row in rows}


def inbox(session, caller, clock, **filters):
    return inboxes.inbox(session, caller, InboxFilters(**filters), clock.today(), PageArguments(50)).items


def prove(session, clock, caller=OFFICE, **filters):
    return proof(session, caller, ProofFilters(**filters), clock.today())


def test_an_event_becomes_a_notice_for_each_party_on_each_channel(session, world, tell, holder):
    certificate = world.certificate(holder)
    tell(certificate)

    tell(world.revoked(certificate))

    assert recipients(session, "certificate_revoked") == {
        "person": holder.subject,
        "enterprise": holder.data["enterprise_id"],
        "division": COUNTY,
    }
    made = session.execute(
        select(delivery.c.channel, delivery.c.state).join(notice).where(notice.c.kind == "certificate_revoked")
    )
    assert sorted(map(tuple, made)) == 3 * [(Channel.EMAIL, State.PENDING)] + 3 * [(Channel.IN_APP, State.SENT)]


def test_what_is_shown_in_an_inbox_is_announced_as_sent(session, world, tell, holder):
    tell(world.certificate(holder))

    sent = session.execute(text("SELECT aggregate_type, aggregate_version, type, data, division FROM outbox")).all()
    assert {(row.aggregate_type, row.aggregate_version, row.type, row.division) for row in sent} == {
        ("notice", 1, "notice.sent.v1", COUNTY)
    }
    assert {row.data["recipient_kind"] for row in sent} == {"person", "enterprise"}
    written = session.execute(select(delivery.c.id, delivery.c.notice_id).where(delivery.c.channel == Channel.IN_APP))
    assert {(row.data["delivery_id"], row.data["notice_id"]) for row in sent} == set(map(tuple, written))


def test_a_certificates_notice_goes_to_the_present_employer(session, world, tell, holder):
    other = world.firm(ELSEWHERE)
    tell(other, world.appointment(holder, other))

    tell(world.certificate(holder))

    assert recipients(session, "certificate_issued")["enterprise"] == other.subject


def test_what_happens_to_a_certificate_is_told_to_the_division_in_which_its_holder_now_works(
    session, world, tell, holder
):
    other = world.firm(ELSEWHERE)
    certificate = world.certificate(holder)
    moved = {**holder.data, "division": ELSEWHERE, "enterprise_id": other.subject}
    tell(certificate, other, world.event("person.changed.v1", holder.subject, moved, ELSEWHERE))
    tell(world.revoked(certificate))

    assert recipients(session, "certificate_revoked") == {
        "person": holder.subject,
        "enterprise": other.subject,
        "division": ELSEWHERE,
    }


def test_after_the_appointment_has_ended_it_goes_to_the_firm_the_person_belongs_to(session, world, tell, holder):
    other = world.firm(ELSEWHERE)
    made = world.appointment(holder, other)
    ended = {name: made.data[name] for name in ("appointment_id", "enterprise_id", "person_id")}
    tell(other, made)
    tell(world.event("appointment.ended.v1", made.subject, {**ended, "on": "2026-03-01", "reason": "离职"}))

    tell(world.certificate(holder))

    assert recipients(session, "certificate_issued")["enterprise"] == holder.data["enterprise_id"]


def test_on_the_last_day_of_the_appointment_it_still_goes_to_its_firm(session, world, tell, holder):
    other = world.firm(ELSEWHERE)
    made = world.appointment(holder, other)
    ended = {name: made.data[name] for name in ("appointment_id", "enterprise_id", "person_id")}
    tell(other, made)
    tell(world.event("appointment.ended.v1", made.subject, {**ended, "on": "2026-03-02", "reason": "离职"}))

    tell(world.certificate(holder))

    assert recipients(session, "certificate_issued")["enterprise"] == other.subject


def test_an_event_about_somebody_not_yet_known_is_tried_again_later(session, world, tell):
    stranger = world.person(None)

    with pytest.raises(Transient):
        tell(world.certificate(stranger))

    assert session.scalar(select(cause.c.id)) is None


def test_a_division_that_was_renumbered_is_told_under_its_present_code(session, world, tell):
    firm = world.firm("220381")
    person = world.person(firm, "220381")
    certificate = world.certificate(person)
    certificate = world.event(certificate.type, certificate.subject, certificate.data, "220381")
    tell(firm, person, certificate)

    tell(world.event("certificate.revoked.v1", certificate.subject, world.revoked(certificate).data, "220381"))

    assert recipients(session, "certificate_revoked")["division"] == "220184"
    assert "长春市公主岭市市场监督管理部门：" in session.scalar(
        select(notice.c.body).where(notice.c.recipient_kind == "division")
    )


def test_the_proof_counts_what_is_due_from_the_events_and_finds_nothing_missing(session, world, tell, holder, clock):
    tell(world.certificate(holder))

    # Without the broker nobody has counted what was applied, so here only the notices are proved.
    total = prove(session, clock).total
    assert total == Tally(
        due=4,
        sent=2,
        pending=2,
        failed=0,
        no_address=0,
        declined=0,
        unknown=0,
        bounced=0,
        withdrawn=0,
        missing=0,
        nobody_concerned=0,
    )


def test_a_delivery_that_was_never_made_shows_as_missing(session, world, tell, holder, clock):
    certificate = world.certificate(holder)
    tell(certificate)
    lost = session.scalar(select(delivery.c.id).where(delivery.c.channel == Channel.EMAIL).limit(1))
    session.execute(delete(delivery).where(delivery.c.id == lost))

    found = prove(session, clock)

    assert not found.proved
    assert [(row.cause_id, row.channel) for row in found.missing] == [(certificate.id, Channel.EMAIL)]


def test_a_notice_that_was_never_written_shows_as_missing_on_each_channel(session, world, tell, holder, clock):
    tell(world.certificate(holder))
    lost = session.scalar(select(notice.c.id).where(notice.c.recipient_kind == "person"))
    session.execute(delete(delivery).where(delivery.c.notice_id == lost))
    session.execute(delete(notice).where(notice.c.id == lost))

    assert prove(session, clock).total.missing == 2


def test_a_person_without_an_employer_leaves_nobody_to_tell_in_an_enterprise(session, world, tell, clock):
    person = world.person(None)
    tell(person, world.certificate(person))

    total = prove(session, clock).total
    assert (total.due, total.nobody_concerned, total.missing) == (2, 2, 0)


def test_events_that_wait_in_the_inbox_are_held_up_and_not_proved(session, world, tell, holder, clock):
    session.execute(insert(inbox_applied).values(type="certificate.issued.v1", lane=0, applied=1))
    tell(world.certificate(holder))
    assert prove(session, clock).proved
    parked = {"type": "certificate.expired.v1", "reason": "a bug", "state": "waiting", "parked_at": clock.now()}
    session.execute(insert(inbox_parked).values(aggregate="certificate:x", version=2, **parked))

    found = prove(session, clock)

    assert not found.proved
    assert [(row.type, row.number) for row in found.held_up] == [("certificate.expired.v1", 1)]


def test_an_event_that_was_applied_and_left_no_cause_is_not_proved(session, clock):
    session.execute(insert(inbox_applied).values(type="certificate.issued.v1", lane=3, applied=1))

    found = prove(session, clock)

    assert found.received == [Received("certificate.issued.v1", applied=1, kept=0)] and not found.proved


def test_the_proof_can_be_asked_for_by_kind_and_days_and_division(session, world, tell, holder, clock):
    tell(world.certificate(holder), world.target(PREFECTURE))
    day = clock.today()

    assert prove(session, clock, kind="target_set").total.due == 2
    assert prove(session, clock, since=day, until=day).total.due == 6
    assert prove(session, clock, since=day + timedelta(1)).total.due == 0
    assert prove(session, clock, COUNTY_STAFF).total.due == 4
    assert prove(session, clock, STAFF_ELSEWHERE).total.due == 0


def test_a_rule_set_can_keep_a_kind_out_of_the_mail(session, world, tell, holder, clock):
    newest, *_ = rulesets.all_versions(session)
    parameters = newest.parameters
    changed = {**parameters, "channels_by_kind": {"certificate_issued": ["in_app"]}}
    published = rulesets.PublishRuleSet(clock.today(), "吉质强省办〔2026〕3号", changed, "示例更正")
    rulesets.publish(session, OFFICE, published, clock)

    tell(world.certificate(holder))

    assert set(session.scalars(select(delivery.c.channel))) == {"in_app"}
    total = prove(session, clock).total
    assert (total.due, total.sent, total.missing) == (2, 2, 0)


def test_the_centre_signs_what_it_decides_and_the_office_the_rest(session, world, tell, holder):
    certificate = world.certificate(holder)
    tell(certificate, world.revoked(certificate))

    bodies = session.execute(select(notice.c.kind, notice.c.body).where(notice.c.recipient_kind == "person"))
    signed = {kind: body.splitlines()[-2] for kind, body in bodies}
    assert signed == {
        "certificate_issued": "吉林省质量技术监督培训中心",
        "certificate_revoked": "吉林省实施质量强省战略联席会议办公室",
    }


def test_the_centre_signs_what_is_about_classes_and_certificates_unless_a_right_is_taken_away_or_given_back(
    session, clock
):
    rules = rulesets.rules_on(session, clock.today(), Rules)
    by_the_centre = {kind for kind in KINDS if rules.body_of(kind).name == "吉林省质量技术监督培训中心"}

    about = ("nomination_", "enrolment_", "certificate_", "appeal_", "education_")
    of_the_office = {"certificate_revoked", "certificate_suspended", "certificate_reinstated"}
    assert by_the_centre == {kind for kind in KINDS if kind.startswith(about)} - of_the_office


def test_who_is_honoured_is_told_and_an_enterprise_alone_too(session, world, tell, holder):
    day, firm = "2026-03-02", holder.data["enterprise_id"]
    data = {"enterprise_id": firm, "document": "示例文号", "title": "示例荣誉", "valid_from": day, "on": day}
    tell(world.event("honour.given.v1", "h1", {**data, "honour_id": "h1", "person_id": holder.subject}, "220000"))
    tell(world.event("honour.given.v1", "h2", {**data, "honour_id": "h2", "person_id": None}, "220000"))

    told = session.execute(select(notice.c.recipient_kind, notice.c.recipient_id).order_by(notice.c.recipient_kind))
    assert [tuple(row) for row in told] == [("enterprise", firm), ("enterprise", firm), ("person", holder.subject)]


def test_what_the_province_must_know_is_told_to_the_provinces_office(session, world, tell, holder, clock):
    of = {"incident_id": "i1", "enterprise_id": holder.data["enterprise_id"], "person_id": holder.subject}
    data = {**of, "grade": "I", "on": "2026-03-02", "ruleset": 1}
    tell(world.event("incident.reported.v1", "i1", {**data, "late": False, "province_hours": 2}))
    tell(world.event("incident.forwarding_overdue.v1", "i1", {**data, "province_hours": 2}))
    tell(world.event("incident.forwarded.v1", "i1", {**data, "late": True}))

    assert recipients(session, "incident_reported")["division"] == COUNTY
    for kind in ("incident_forwarding_overdue", "incident_forwarded"):
        assert recipients(session, kind) == {"division": PROVINCE}
    assert len(inbox(session, COUNTY_STAFF, clock)) == 1 and len(inbox(session, OFFICE, clock)) == 3
    assert prove(session, clock).total.missing == 0
    county = session.scalar(select(notice.c.body).where(notice.c.recipient_id == COUNTY))
    assert "在首次报告后2小时内上报省市场监督管理部门" in county


def test_a_vacancy_and_an_exclusion_are_told_to_those_who_must_know(session, world, tell, holder, clock):
    firm = holder.data["enterprise_id"]
    vacancy = {"post_id": "p1", "enterprise_id": firm, "title": "首席质量官", "vacant_since": "2025-12-02"}
    excluded = {"person_id": holder.subject, "document": "示例〔2026〕9号", "valid_from": "2026-03-02"}
    tell(world.event("post.vacancy_overdue.v1", "p1", {**vacancy, "grace_days": 90, "on": "2026-03-02", "ruleset": 1}))
    data = {**excluded, "valid_until": None, "in_office": False, "on": "2026-03-02"}
    tell(world.event("person.excluded.v1", holder.subject, data))

    assert recipients(session, "post_vacancy_overdue") == {"enterprise": firm, "division": COUNTY}
    # Why somebody can't be appointed their enterprise is not told (ADR 0022).
    assert recipients(session, "person_excluded") == {"person": holder.subject, "division": COUNTY}
    assert prove(session, clock).total.missing == 0


def test_who_is_asked_for_is_told_and_who_asks_hears_the_answer_without_a_name(session, world, tell, holder, clock):
    asking = world.firm(ELSEWHERE)
    of = {"contact_request_id": "q1", "person_id": holder.subject, "asking_enterprise_id": asking.subject}
    made = {**of, "asking_enterprise_name": "示例食品", "answer_by": "2026-03-16", "on": "2026-03-02", "ruleset": 1}
    tell(asking, world.event("contact_request.made.v1", "q1", made, ELSEWHERE))
    tell(world.event("contact_request.answered.v1", "q1", {**of, "accepted": False, "on": "2026-03-03"}, ELSEWHERE))
    tell(
        world.event(
            "contact_request.expired.v1", "q1", {**of, "answer_by": "2026-03-16", "on": "2026-03-17"}, ELSEWHERE
        )
    )

    assert recipients(session, "contact_requested") == {
        "person": holder.subject,
        "enterprise": holder.data["enterprise_id"],
    }
    bodies = session.scalars(select(notice.c.body).where(notice.c.recipient_id == asking.subject)).all()
    assert len(bodies) == 2 and not any(holder.data["name"] in body for body in bodies)
    assert prove(session, clock).total.missing == 0


def test_each_recipient_finds_its_own_notices_in_its_inbox(session, world, tell, holder, clock):
    certificate = world.certificate(holder)
    tell(certificate, world.revoked(certificate))
    person = Caller("p", "cqo", person_id=holder.subject)
    firm = Caller("f", "enterprise", enterprise_id=holder.data["enterprise_id"])

    kinds = ["certificate_revoked", "certificate_issued"]
    assert [item.kind for item in inbox(session, person, clock)] == kinds
    assert [item.kind for item in inbox(session, firm, clock)] == kinds
    for staff in (COUNTY_STAFF, PREFECTURE_STAFF, OFFICE):
        assert [item.kind for item in inbox(session, staff, clock)] == ["certificate_revoked"]
    for stranger in (STAFF_ELSEWHERE, Caller("x", "cqo", person_id="x"), Caller("y", "enterprise", enterprise_id="y")):
        assert inbox(session, stranger, clock) == []


def test_what_a_prefecture_has_read_is_still_new_to_its_county(session, world, tell, holder, clock):
    certificate = world.certificate(holder)
    tell(certificate, world.revoked(certificate))
    (item,) = inbox(session, PREFECTURE_STAFF, clock, unread=True)

    mark_read(session, PREFECTURE_STAFF, item.id, clock)

    assert inbox(session, PREFECTURE_STAFF, clock, unread=True) == []
    assert inbox(session, PREFECTURE_STAFF, clock, unread=False)[0].read_at == clock.now()
    assert len(inbox(session, COUNTY_STAFF, clock, unread=True)) == 1


def test_reading_twice_is_entered_in_the_audit_log_once(session, world, tell, holder, clock):
    tell(world.certificate(holder))
    person = Caller("p", "cqo", person_id=holder.subject)
    (item,) = inbox(session, person, clock)

    for _ in range(2):
        mark_read(session, person, item.id, clock)

    entered = session.execute(select(audit.audit_log.c.action, audit.audit_log.c.subject)).all()
    assert entered == [("notice.read", item.id)]
    assert audit.seal(session, 1000) > 0
    assert audit.verify(session).ok


def test_nobody_marks_what_is_not_in_their_inbox(session, world, tell, holder, clock):
    tell(world.certificate(holder))
    other = session.scalar(select(notice.c.id).where(notice.c.recipient_kind == "enterprise"))

    with pytest.raises(NotFound):
        mark_read(session, Caller("p", "cqo", person_id=holder.subject), other, clock)


def test_notices_are_listed_by_what_became_of_them_and_within_the_callers_division(
    session, world, tell, holder, clock, personal_data
):
    tell(world.certificate(holder))

    def listed(caller, **filters):
        return notices.notices(session, caller, NoticeFilters(**filters), clock.today(), PageArguments(50)).items

    assert len(listed(COUNTY_STAFF, channel=Channel.EMAIL, state=State.PENDING)) == 2
    assert listed(COUNTY_STAFF, channel=Channel.EMAIL, state=State.SENT) == []
    assert [item.recipient_id for item in listed(OFFICE, recipient_kind="person")] == [holder.subject]
    assert listed(STAFF_ELSEWHERE) == []


def test_a_letter_without_an_address_waits_for_one(session, world, tell, holder, clock):
    tell(world.certificate(holder))
    assert letters.take(session, Channel.EMAIL, 1, 10, clock) == []
    assert set(session.scalars(select(delivery.c.state).where(delivery.c.channel == Channel.EMAIL))) == {
        State.NO_ADDRESS
    }

    assert Unaddressed(Channel.EMAIL).readdress(session, clock) == 0
    tell(world.contact("person", holder.subject, "li.ming@firm.example"))

    assert Unaddressed(Channel.EMAIL).readdress(session, clock) == 1
    (letter,) = letters.take(session, Channel.EMAIL, 1, 10, clock)
    assert letter.notice.recipient_id == holder.subject
    assert session.scalar(text("SELECT count(*) FROM outbox WHERE type = 'notice.failed.v1'")) == 2


def test_an_address_that_comes_too_late_is_not_used_for_old_notices(session, world, tell, holder, clock):
    tell(world.certificate(holder))
    letters.take(session, Channel.EMAIL, 1, 10, clock)
    clock.move(days=31)

    tell(world.contact("person", holder.subject, "li.ming@firm.example"))

    assert Unaddressed(Channel.EMAIL).readdress(session, clock) == 0


def test_what_failed_is_tried_again_by_the_staff_it_concerns_on_record(session, world, tell, holder, clock):
    tell(world.certificate(holder))
    letters.take(session, Channel.EMAIL, 1, 10, clock)
    session.expire_all()
    failed = session.scalar(select(delivery.c.id).where(delivery.c.state == State.NO_ADDRESS).limit(1))
    with pytest.raises(NotFound):
        retry_delivery(session, STAFF_ELSEWHERE, failed, clock)

    retry_delivery(session, COUNTY_STAFF, failed, clock)

    assert session.get(StoredDelivery, failed).state == State.PENDING
    entered = session.execute(select(audit.audit_log.c.action, audit.audit_log.c.subject)).all()
    assert entered == [("delivery.retried", failed)]
    with pytest.raises(AlreadyDelivered):
        retry_delivery(session, COUNTY_STAFF, failed, clock)


def test_one_notice_is_shown_in_full_with_its_cause_and_its_readers(session, world, tell, holder, clock, personal_data):
    certificate = world.certificate(holder)
    tell(certificate, world.contact("person", holder.subject, "li.ming@firm.example"))
    person = Caller("p", "cqo", person_id=holder.subject)
    (item,) = inbox(session, person, clock)
    mark_read(session, person, item.id, clock)
    letters.take(session, Channel.EMAIL, 1, 10, clock)
    session.expire_all()

    shown = notice_in_full(notices.in_full(session, COUNTY_STAFF, item.id, clock.today()), personal_data)

    assert shown.cause.id == certificate.id and shown.cause.type == certificate.type
    assert [row.reader for row in shown.readings] == [f"cqo:{holder.subject}"]
    assert {each.channel: each.address for each in shown.deliveries} == {
        Channel.EMAIL: "l***@firm.example",
        Channel.IN_APP: None,
    }
    with pytest.raises(NotFound):
        notices.in_full(session, STAFF_ELSEWHERE, item.id, clock.today())


def test_the_summary_counts_by_kind_channel_and_state(session, world, tell, holder, clock):
    tell(world.certificate(holder))

    found = notices.summary(session, OFFICE, SummaryFilters(), clock.today())

    assert (found.notices, found.deliveries, found.maybe_repeated) == (2, 4, 0)
    assert {(row.channel, row.state, row.number) for row in found.items} == {
        (Channel.EMAIL, State.PENDING, 2),
        (Channel.IN_APP, State.SENT, 2),
    }


def test_no_contact_point_is_kept_in_clear(session, world, tell, holder):
    tell(world.contact("person", holder.subject, "li.ming@firm.example"), world.certificate(holder))

    kept = session.execute(text("SELECT concat(contact, cause.data) FROM contact, cause")).scalars().all()
    assert kept and not any("li.ming" in row for row in kept)
    assert len(session.scalars(select(StoredNotice)).all()) == 2


def test_an_event_that_is_taken_a_second_time_is_announced_once(session, world, tell, holder):
    certificate = world.certificate(holder)
    tell(certificate)
    count = select(notice.c.id)
    before = len(session.execute(count).all())
    # Its cursor went back, since the aggregate and its publisher's had parted.
    session.execute(text("UPDATE inbox_cursor SET version = 0 WHERE aggregate = :key"), {"key": certificate.aggregate})
    tell(certificate)

    assert before > 0
    assert len(session.execute(count).all()) == before
