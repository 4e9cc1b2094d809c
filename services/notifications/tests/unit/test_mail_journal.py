"""The mail server's journal: a Maildir or a folder of .eml, read in order and each message once."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from notifications.adapters import texts
from notifications.adapters.mail import journal
from notifications.adapters.mail.journal import Journal, digest_of
from notifications.adapters.mail.message import compose

TEXT = texts.Text(
    "关于首席质量官任职资格证书将于30日后到期的提醒（CQO-JL-2026-0101-000017）",
    "李明同志：\n\u3000\u3000内容。\n办公室\n2026年3月2日\n",
)
LETTER = compose("n-1", "n-1", "no-reply@cqo.example", "li@cqo.example", TEXT, datetime(2026, 3, 2, tzinfo=UTC))


@pytest.fixture
def settled(monkeypatch):
    monkeypatch.setattr(journal, "SETTLED", 0)


def test_a_letter_is_recognised_by_its_identity_and_its_text(tmp_path, settled):
    (tmp_path / "1.eml").write_bytes(b"X-Envelope-To: li@cqo.example\r\n" + LETTER)
    found = Journal(tmp_path).read("1.eml")

    assert found.message_id == "<n-1@cqo.example>"
    assert found.digest == digest_of(TEXT.subject, TEXT.body)
    assert found.digest != digest_of(TEXT.subject, TEXT.body + "。")


def test_messages_are_given_in_their_order_behind_a_position_and_hidden_ones_never(tmp_path, settled):
    for name in ("3.eml", "1.eml", "2.eml", ".4.eml", "note.txt"):
        (tmp_path / name).write_bytes(LETTER)

    assert Journal(tmp_path).after("", 2) == ["1.eml", "2.eml"]
    assert Journal(tmp_path).after("2.eml", 10) == ["3.eml"]


def test_what_has_just_come_waits_since_an_earlier_one_may_still_come(tmp_path):
    for name in ("1.eml", "2.eml"):
        (tmp_path / name).write_bytes(LETTER)
    os.utime(tmp_path / "1.eml", (1, 1))

    assert Journal(tmp_path).after("", 10) == ["1.eml"]


def test_a_maildir_is_read_whether_somebody_has_looked_into_it_or_not(tmp_path, settled):
    for folder in ("new", "cur", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "new/1700000000.a").write_bytes(LETTER)
    (tmp_path / "cur/1700000001.b:2,S").write_bytes(LETTER)
    (tmp_path / "tmp/1700000002.c").write_bytes(LETTER)
    read = Journal(tmp_path)

    assert read.after("", 10) == ["1700000000.a", "1700000001.b"]
    assert {read.read(name).message_id for name in read.after("", 10)} == {"<n-1@cqo.example>"}


def test_what_is_no_letter_of_ours_is_kept_as_read_and_no_more(tmp_path, settled):
    for name, content in (("1.eml", b""), ("2.eml", b"\xff\xfe\x00"), ("3.eml", b"Subject: hello\r\n\r\nhello\r\n")):
        (tmp_path / name).write_bytes(content)
        found = Journal(tmp_path).read(name)
        assert (found.message_id, found.digest) == (None, None)
    assert Journal(tmp_path).read("4.eml") is None


def test_a_file_that_was_touched_is_read_again_whatever_times_it_is_given(tmp_path, settled):
    path = tmp_path / "1.eml"
    path.write_bytes(LETTER)
    read = Journal(tmp_path)
    known = {"1.eml": read.read("1.eml").stamp, "gone.eml": "1-1-1"}
    before = path.stat()
    path.write_bytes(LETTER.replace(b"n-1@", b"n-2@"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    changed = dict(read.changed(known))
    assert changed["gone.eml"] is None
    assert changed["1.eml"].message_id == "<n-2@cqo.example>"
