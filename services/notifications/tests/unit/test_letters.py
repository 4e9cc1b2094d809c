"""The message, the mail server's address, and what never gets into a log."""

from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from chassis import logging as logs
from chassis.security.cipher import Cipher
from notifications.adapters import texts
from notifications.adapters.mail.message import compose, message_id
from notifications.adapters.mail.server import MailServer, parse_url
from notifications.adapters.personal_data import ALGORITHMS, BadContact, PersonalDataCipher
from notifications.domain.notice import Channel

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
CONTACT_KEY = ECKey.generate_key("P-256")
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
TEXT = texts.Text("关于颁发首席质量官任职资格证书的通知", "李明同志：\n\u3000\u3000.行首的点。\n办公室\n2026年3月2日\n")


@pytest.fixture
def personal_data():
    return PersonalDataCipher(Cipher(KEY, KEY), CONTACT_KEY)


def seal(points):
    header = {"alg": ALGORITHMS[0], "enc": ALGORITHMS[1]}
    return jwe.encrypt_compact(header, json.dumps(points).encode(), CONTACT_KEY, algorithms=ALGORITHMS)


def test_a_message_reads_back_as_it_was_written():
    raw = compose("d-1", "n-1", "no-reply@cqo.invalid", "li.ming@firm.example", TEXT, AT)

    message = message_from_bytes(raw, policy=default)
    assert message["Subject"] == TEXT.subject
    assert message["Message-ID"] == "<d-1@cqo.invalid>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == TEXT.body
    assert "<title>关于颁发" in message.get_body(("html",)).get_content()
    assert b"\n" not in raw.replace(b"\r\n", b"") and max(map(len, raw.split(b"\r\n"))) <= 998


def test_each_attempt_at_a_delivery_carries_the_same_message_id():
    first, second = (compose("d-1", "n-1", "a@cqo.invalid", "b@x.example", TEXT, AT) for _ in range(2))

    assert (
        message_id("d-1", "a@cqo.invalid").encode() in first and message_id("d-1", "a@cqo.invalid").encode() in second
    )


def test_an_address_with_a_line_break_makes_no_message():
    with pytest.raises(ValueError):
        compose("d-1", "n-1", "a@cqo.invalid", "b@x.example\r\nBcc: c@x.example", TEXT, AT)


def test_contact_points_are_kept_sealed_and_open_beside_their_owner_only(personal_data):
    sealed = personal_data.reseal("p-1", seal({"email": "li.ming@firm.example", "phone": "13800000001"}))

    assert "li.ming" not in sealed.email and "13800000001" not in sealed.phone
    assert personal_data.open_address(Channel.EMAIL, "p-1", sealed.email) == "li.ming@firm.example"
    assert personal_data.masked_address(Channel.EMAIL, "p-1", sealed.email) == "l***@firm.example"
    with pytest.raises(Exception, match="InvalidTag"):
        personal_data.open_address(Channel.EMAIL, "p-2", sealed.email)


def test_a_contact_without_an_address_is_kept_without_one(personal_data):
    assert personal_data.reseal("p-1", seal({"email": None, "phone": None})).email is None


def test_a_tampered_contact_does_not_open(personal_data):
    parts = seal({"email": "li.ming@firm.example", "phone": None}).split(".")
    parts[3] = ("A" if parts[3][0] != "A" else "B") + parts[3][1:]

    with pytest.raises(JoseError):
        personal_data.reseal("p-1", ".".join(parts))


@pytest.mark.parametrize(
    "points", [["li.ming@firm.example"], {"email": "two@x.example,three@x.example"}, {"email": "a@b\r\nRCPT"}]
)
def test_a_seal_that_holds_no_address_is_refused(personal_data, points):
    with pytest.raises(BadContact):
        personal_data.reseal("p-1", seal(points))


def test_an_address_never_gets_into_a_log():
    stream = io.StringIO()
    logs.configure("notifications", "worker", stream=stream)

    logging.getLogger("notifications").warning("refused: %s", "550 li.ming@firm.example 13812341234")

    assert "li.ming" not in stream.getvalue() and "1381234" not in stream.getvalue()
    assert "550" in stream.getvalue()


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1:8025", MailServer("127.0.0.1", 8025, "smtp")),
        ("smtp+starttls://u%40x:p%2Fw@mail.example", MailServer("mail.example", 587, "smtp+starttls", "u@x", "p/w")),
        ("smtps://mail.example", MailServer("mail.example", 465, "smtps")),
    ],
)
def test_the_mail_server_is_named_by_a_url(url, server):
    assert parse_url(url) == server


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "smtp://user:secret@mail.example"])
def test_an_address_that_would_betray_the_password_or_leads_nowhere_is_refused(url):
    with pytest.raises(ValueError) as refused:
        parse_url(url)

    assert "secret" not in str(refused.value)
