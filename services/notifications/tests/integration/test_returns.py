"""Letters that come back, and receipts of a gateway: what they do to deliveries and to addresses."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from types import SimpleNamespace

import pytest
from notice_world import COUNTY, ELSEWHERE
from sqlalchemy import select, update

from notifications.adapters.mail.bounces import read_bounce
from notifications.config import Settings
from notifications.domain.notice import Accepted, Channel, State
from notifications.storage import StoredDelivery, StoredNotice, bad_address, contact, delivery, notice
from notifications.usecases import bad_addresses, letters, returns
from notifications.usecases.returns import Receipt, Receipts, ReceiptStatus
from programme.callers import Caller

GATEWAY, OF_COUNTY = Caller("gateway", "ops"), Caller("gateway", "ops", division=COUNTY)
OF_OTHERS = Caller("gateway", "ops", division=ELSEWHERE)


def report(message_id, status="5.1.1", action="failed", returned="message/rfc822", original=None):
    """A delivery status notification as Postfix writes it."""
    letter = f"Message-ID: {message_id}\r\nSubject: x\r\n\r\nbody\r\n" if message_id else "Subject: x\r\n\r\n"
    named = f"Original-Message-ID: {original}\r\n" if original else ""
    boundary = "=_b"
    return (
        "From: MAILER-DAEMON@gov.example\r\nTo: no-reply@cqo.invalid\r\nSubject: Undelivered Mail\r\n"
        f'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"\r\n'
        f"\r\n--{boundary}\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n"
        f"--{boundary}\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.gov.example\r\n{named}\r\n"
        f"Final-Recipient: rfc822; li.ming@firm.example\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <li.ming@firm.example>:\r\n    no such user\r\n"
        f"\r\n--{boundary}\r\nContent-Type: {returned}\r\n\r\n{letter}\r\n--{boundary}--\r\n"
    ).encode()


def read(content):
    from email import message_from_bytes

    return read_bounce(message_from_bytes(content))


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_names_the_letter_by_what_it_returns_of_it(returned):
    found = read(report("<abc@cqo.invalid>", returned=returned))

    assert (found.identity, found.status) == ("abc", "5.1.1") and "no such user" in found.reason


def test_a_report_that_returns_nothing_may_name_the_letter_in_a_field():
    assert read(report(None, original="<abc@cqo.invalid>")).identity == "abc"


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_report_of_no_failure_is_none(action):
    assert read(report("<abc@cqo.invalid>", action=action)) is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"Subject: on holiday\r\n\r\nback on Monday", report(None)])
def test_anything_else_is_no_report_of_a_letter(content):
    assert read(content) is None


@pytest.fixture
def holder(world, tell):
    firm = world.firm()
    person = world.person(firm)
    tell(firm, person, world.contact("person", person.subject, "li.ming@firm.example"))
    return SimpleNamespace(person=person, firm=firm)


@pytest.fixture
def sent(session, world, tell, holder, clock):
    """A letter to a person, accepted by the mail server."""
    tell(world.certificate(holder.person))
    (letter,) = letters.take(session, Channel.EMAIL, 1, 10, clock)
    letters.settle(session, [(letter, Accepted("250 ok"))], 1, clock)
    return letter.delivery


def state(session, delivery_id):
    session.expire_all()
    return session.execute(select(delivery.c.state, delivery.c.answer).where(delivery.c.id == delivery_id)).one()


@pytest.fixture
def entered(session, clock, personal_data, monkeypatch):
    """`entered(path)`: the job's step over that folder, in the test's transaction."""
    monkeypatch.setattr(returns, "clock_of", lambda settings: clock)
    monkeypatch.setattr(returns.PersonalDataCipher, "from_settings", lambda settings: personal_data)
    monkeypatch.setattr(session, "commit", session.flush)

    def run(path):
        settings = Settings.__new__(Settings)
        object.__setattr__(settings, "bounces", path)
        return returns.read_bounces(session, clock.now(), settings)

    return run


def maildir(tmp_path, *contents):
    box = mailbox.Maildir(tmp_path / "mail", create=True)
    for content in contents:
        box.add(content)
    return tmp_path / "mail"


def mbox(tmp_path, *contents):
    box = mailbox.mbox(tmp_path / "mbox", create=True)
    for content in contents:
        box.add(content)
    box.close()
    return tmp_path / "mbox"


def kept_in(path):
    if path.is_file():
        return [message.get_flags() for message in mailbox.mbox(path, create=False)]
    return sorted(each.parent.name for each in path.glob("*/*") if each.is_file())


@pytest.mark.parametrize(("make", "left"), [(maildir, ["cur"]), (mbox, ["RO"])])
def test_a_letter_that_came_back_has_bounced_and_what_is_no_report_stays_as_seen(
    tmp_path, session, sent, entered, make, left
):
    holiday = EmailMessage()
    holiday["Subject"] = "on holiday"
    path = make(tmp_path, report(f"<{sent.message_id}@cqo.invalid>"), holiday.as_bytes())

    assert entered(path) == 2 and entered(path) == 0

    found = state(session, sent.id)
    assert found.state == State.BOUNCED and "no such user" in found.answer and "li.ming" not in found.answer
    assert kept_in(path) == left


def test_a_letter_of_the_version_before_that_comes_back_is_known_by_its_deliverys_id(tmp_path, session, sent, entered):
    session.execute(update(delivery).where(delivery.c.id == sent.id).values(message_id=None))

    entered(maildir(tmp_path, report(f"<{sent.id}@cqo.invalid>")))

    assert state(session, sent.id).state == State.BOUNCED


def asked(session):
    return session.scalars(select(StoredNotice).where(notice.c.kind == bad_addresses.KIND)).all()


def test_a_bounce_flags_the_address_once_and_asks_the_employer_to_mend_it(
    tmp_path, session, world, tell, holder, sent, entered, clock
):
    content = report(f"<{sent.message_id}@cqo.invalid>")
    entered(maildir(tmp_path, content, content))

    (request,) = asked(session)
    assert (request.recipient_kind, request.recipient_id) == ("enterprise", holder.firm.subject)
    assert "l***@firm.example" in request.body and "li.ming" not in request.body
    (flagged,) = session.execute(select(bad_address)).all()
    assert (flagged.owner_id, flagged.channel) == (holder.person.subject, Channel.EMAIL)
    # Nothing more is sent there, and it says why.
    tell(world.certificate(holder.person))
    assert letters.take(session, Channel.EMAIL, 1, 10, clock) == []
    unsent = session.scalars(select(delivery.c.answer).where(delivery.c.state == State.NO_ADDRESS)).all()
    assert any("5.1.1" in (answer or "") for answer in unsent)


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "4.4.7"])
def test_a_letter_refused_for_another_reason_says_nothing_against_the_address(tmp_path, session, sent, entered, status):
    entered(maildir(tmp_path, report(f"<{sent.message_id}@cqo.invalid>", status)))

    assert state(session, sent.id).state == State.BOUNCED
    assert session.execute(select(bad_address)).all() == [] and asked(session) == []


def test_a_bounce_of_an_address_that_has_changed_meanwhile_says_nothing_against_the_new_one(
    tmp_path, session, world, tell, holder, sent, entered
):
    tell(world.contact("person", holder.person.subject, "li.ming@new.example"))

    entered(maildir(tmp_path, report(f"<{sent.message_id}@cqo.invalid>")))

    assert state(session, sent.id).state == State.BOUNCED and session.execute(select(bad_address)).all() == []


def test_a_bad_address_is_used_again_when_it_changes_and_not_when_it_is_said_again(
    tmp_path, session, world, tell, holder, sent, entered, clock
):
    entered(maildir(tmp_path, report(f"<{sent.message_id}@cqo.invalid>")))

    tell(world.contact("person", holder.person.subject, "li.ming@firm.example"))
    assert len(session.execute(select(bad_address)).all()) == 1
    tell(world.contact("person", holder.person.subject, "li.ming@new.example"))
    assert session.execute(select(bad_address)).all() == []


def texted(session, personal_data, sent):
    """Makes the letter a text message that the gateway has taken."""
    owner = session.get(StoredDelivery, sent.id).notice.recipient_id
    sealed = personal_data.seal_address(Channel.SMS, owner, "13800000001")
    session.execute(contact.update().where(contact.c.owner_id == owner).values(phone=sealed))
    session.execute(delivery.update().where(delivery.c.id == sent.id).values(channel=Channel.SMS, address=sealed))


def enter(session, personal_data, clock, *receipts, caller=GATEWAY):
    return returns.enter_receipts(session, caller, Receipts(receipts), personal_data, clock)


def test_a_receipt_says_when_it_was_delivered_and_twice_changes_nothing(session, personal_data, clock, sent):
    texted(session, personal_data, sent)
    delivered = Receipt(sent.message_id, ReceiptStatus.DELIVERED)

    first = enter(session, personal_data, clock, delivered)
    at = session.scalar(select(delivery.c.delivered_at).where(delivery.c.id == sent.id))
    second = enter(session, personal_data, clock, delivered, Receipt("0" * 32, ReceiptStatus.DELIVERED))

    assert (first.known, first.unknown_ids) == (1, []) and (second.known, second.unknown_ids) == (1, ["0" * 32])
    assert at == session.scalar(select(delivery.c.delivered_at).where(delivery.c.id == sent.id)) is not None
    assert state(session, sent.id).state == State.SENT


def test_a_receipt_of_a_bad_number_bounces_the_message_and_asks_to_mend_it(session, personal_data, clock, sent):
    texted(session, personal_data, sent)
    failed = Receipt(sent.message_id, ReceiptStatus.FAILED, "空号 13800000001", address_is_bad=True)

    for _ in range(2):
        enter(session, personal_data, clock, failed, caller=OF_COUNTY)

    found = state(session, sent.id)
    assert found.state == State.BOUNCED and "空号" in found.answer and "13800000001" not in found.answer
    (request,) = asked(session)
    assert "手机号码（138****0001）" in request.body


def test_a_receipt_for_another_division_is_not_entered(session, personal_data, clock, sent):
    failed = Receipt(sent.message_id, ReceiptStatus.FAILED)

    assert enter(session, personal_data, clock, failed, caller=OF_OTHERS).unknown_ids == [sent.message_id]
    assert state(session, sent.id).state == State.SENT
