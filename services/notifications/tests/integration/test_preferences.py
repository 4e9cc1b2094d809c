"""What recipients choose, and what comes of it when they are told."""

from __future__ import annotations

import pytest
from notice_world import COUNTY, PROVINCE
from sqlalchemy import select, text

from chassis.errors import StaleVersion
from chassis.security import audit
from notifications.domain.language import Language
from notifications.domain.notice import Channel, State
from notifications.domain.preferences import InboxStays, MandatoryNotice
from notifications.domain.recipients import CENTRE_ID, RecipientKind
from notifications.queries.filters import ProofFilters
from notifications.queries.preferences import Choices, preferences_of, recipient_of
from notifications.queries.proof import proof
from notifications.storage import delivery, notice
from notifications.usecases.prefer import Prefer, prefer
from programme.callers import Caller
from testkit.statements import statements

KIND = "certificate_renewed"


@pytest.fixture
def holder(world, tell):
    firm = world.firm()
    person = world.person(firm)
    tell(firm, person)
    return person


@pytest.fixture
def choose(session, clock):
    def run(caller, switched_off=None, language=Language.CHINESE, version=0):
        return prefer(session, caller, version, Prefer(language, switched_off or {}), clock)

    return run


def cqo(holder):
    return Caller("li", "cqo", person_id=holder.subject)


def renewed(world, holder):
    certificate = world.certificate(holder)
    of = {name: certificate.data[name] for name in ("certificate_id", "number", "person_id")}
    data = {**of, "on": "2026-03-02", "previous_valid_until": "2026-03-31", "valid_until": "2029-03-31"}
    return [certificate, world.event("certificate.renewed.v1", certificate.subject, data)]


def states(session, kind):
    rows = session.execute(
        select(notice.c.recipient_kind, delivery.c.channel, delivery.c.state)
        .join_from(notice, delivery)
        .where(notice.c.kind == kind)
    )
    return {(row.recipient_kind, row.channel): row.state for row in rows}


def test_what_is_switched_off_is_not_sent_and_shows_as_declined(session, world, tell, holder, choose, clock):
    choose(cqo(holder), {Channel.EMAIL: [KIND]})
    tell(*renewed(world, holder))

    assert states(session, KIND) == {
        ("person", Channel.EMAIL): State.DECLINED,
        ("person", Channel.IN_APP): State.SENT,
        ("enterprise", Channel.EMAIL): State.PENDING,
        ("enterprise", Channel.IN_APP): State.SENT,
    }
    found = proof(session, Caller("wang", "province"), ProofFilters(kind=KIND), clock.today())
    looked_up = proof(session, Caller("wang", "province"), ProofFilters(kind=KIND, each=True), clock.today())
    assert found.total == looked_up.total
    assert (found.total.due, found.total.declined, found.total.missing) == (4, 1, 0)


def test_a_notice_is_in_the_language_that_its_recipient_chose(session, world, tell, holder, choose):
    choose(cqo(holder), language=Language.ENGLISH)
    tell(*renewed(world, holder))

    columns = (notice.c.recipient_kind, notice.c.language, notice.c.body, notice.c.short)
    said = session.execute(select(*columns).where(notice.c.kind == KIND))
    by_kind = {row.recipient_kind: row for row in said}
    assert by_kind["person"].language == Language.ENGLISH and by_kind["person"].body.startswith("To: 李明")
    assert "Training Centre for Quality and Technical Supervision" in by_kind["person"].body
    assert by_kind["person"].short.startswith("Your qualification certificate has been renewed")
    assert by_kind["enterprise"].language == Language.CHINESE and "完成续期" in by_kind["enterprise"].body


def test_a_mandatory_kind_can_not_be_switched_off_and_the_rule_is_named(choose, holder):
    with pytest.raises(MandatoryNotice) as refused:
        choose(cqo(holder), {Channel.EMAIL: [KIND, "certificate_revoked"]})

    assert refused.value.facts == {
        "kind": "certificate_revoked",
        "channel": "email",
        "ruleset": 1,
        "basis": "吉质联办〔2013〕10号",
    }


def test_the_inbox_can_not_be_switched_off(choose, holder):
    with pytest.raises(InboxStays):
        choose(cqo(holder), {Channel.IN_APP: [KIND]})


def test_what_became_mandatory_after_it_was_switched_off_is_sent(session, world, tell, holder, choose):
    choose(cqo(holder), {Channel.EMAIL: [KIND]})
    session.execute(text('UPDATE preference SET switched_off = \'{"email": ["certificate_revoked"]}\''))
    certificate = world.certificate(holder)
    tell(certificate, world.revoked(certificate))

    assert states(session, "certificate_revoked")["person", Channel.EMAIL] == State.PENDING


def test_choices_of_a_whole_batch_are_read_in_one_statement(session, choose, holder):
    choose(cqo(holder), {Channel.EMAIL: [KIND]})
    ids = [holder.subject, *(f"p{number}" for number in range(500))]

    session.flush()
    with statements(session.connection()) as counted:
        choices = Choices.read(session, ids)
    assert len(counted) == 1
    assert choices.of(RecipientKind.PERSON, holder.subject).declines(KIND, Channel.EMAIL, {KIND})
    assert not choices.of(RecipientKind.ENTERPRISE, holder.subject).declines(KIND, Channel.EMAIL, {KIND})
    assert not choices.of(RecipientKind.PERSON, "p1").declines(KIND, Channel.EMAIL, {KIND})


def test_a_choice_replaces_the_one_before_it_if_that_was_read(session, choose, holder):
    assert choose(cqo(holder), {Channel.EMAIL: [KIND]}).version == 1
    with pytest.raises(StaleVersion):
        choose(cqo(holder), {})
    assert choose(cqo(holder), {}, version=1).version == 2
    with pytest.raises(StaleVersion):
        choose(cqo(holder), {}, version=1)

    assert preferences_of(session, RecipientKind.PERSON, holder.subject).switched_off == {}
    entries = session.scalars(select(audit.audit_log.c.entry).where(audit.audit_log.c.action == "preferences.changed"))
    assert len(entries.all()) == 2


def test_each_chooses_for_itself_and_staff_for_their_office(session, clock, tell):
    def of(*arguments, **claims):
        return recipient_of(session, Caller(*arguments, **claims), clock.today())

    assert of("a", "cqo", person_id="p") == (RecipientKind.PERSON, "p")
    assert of("b", "enterprise", enterprise_id="e") == (RecipientKind.ENTERPRISE, "e")
    assert of("c", "division", division=COUNTY) == (RecipientKind.DIVISION, COUNTY)
    assert of("d", "province") == (RecipientKind.DIVISION, PROVINCE)
    assert of("e", "training_centre") == (RecipientKind.DIVISION, CENTRE_ID)
