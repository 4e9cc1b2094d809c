"""A notice, and what came of its deliveries, can't be altered in the tables without the key."""

from __future__ import annotations

import base64

import pytest
from sqlalchemy import select, text

from notifications.adapters import seals
from notifications.adapters.seals import Seals
from notifications.domain.notice import Accepted, Channel
from notifications.storage import delivery, notice

KEY, OTHER = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
NOTICES, DELIVERIES = select(notice), select(delivery)


class Taking:
    """A connection that takes everything."""

    channel, at_once, limits_of, is_open = Channel.EMAIL, 10, None, True

    def __init__(self):
        self.taken = []

    def close(self):
        """It stays."""

    close_if_idle = close

    def send(self, message):
        self.taken.append(message)
        return Accepted("250 taken")


@pytest.fixture
def database_of_letters(sending_world):
    return sending_world, Taking()


@pytest.fixture
def told(session, world, tell):
    """A certificate was issued, and its holder and their employer were told."""
    firm = world.firm()
    person = world.person(firm)
    tell(firm, person, world.certificate(person))
    return session


def unfit(session):
    found = seals.in_use()
    return [
        *(row.id for row in session.execute(NOTICES) if not found.fits_notice(row._mapping)),
        *(row.id for row in session.execute(DELIVERIES) if not found.fits_delivery(row._mapping)),
    ]


def test_what_is_written_is_sealed(told):
    assert len(told.execute(NOTICES).all()) == 2 and len(told.execute(DELIVERIES).all()) == 4
    assert unfit(told) == []


@pytest.mark.parametrize(
    "alteration",
    (
        "UPDATE notice SET body = body || ' '",
        "UPDATE notice SET subject = '无'",
        "UPDATE notice SET recipient_id = 'somebody'",
        "UPDATE notice SET recipient_kind = CASE recipient_kind WHEN 'person' THEN 'enterprise' ELSE 'person' END",
        "UPDATE notice SET created_at = created_at - interval '1 day'",
        "UPDATE notice SET seal = NULL",
        "UPDATE notice SET seal = (SELECT other.seal FROM notice AS other WHERE other.id <> notice.id)",
        "UPDATE delivery SET state = 'sent', sent_at = now(), answer = '250 ok' WHERE channel = 'email'",
        "UPDATE delivery SET sent_at = sent_at - interval '1 day' WHERE channel = 'in_app'",
        "UPDATE delivery SET answer = 'another' WHERE channel = 'in_app'",
    ),
)
def test_an_alteration_in_the_tables_shows(told, alteration):
    told.execute(text(alteration))

    assert len(unfit(told)) == 2


def test_a_former_key_still_tells_what_it_sealed_and_a_foreign_one_seals_nothing():
    row = {name: name for name in seals.OF_NOTICE}
    former = Seals(KEY).of_notice(row)

    assert Seals(f"{OTHER},{KEY}").fits_notice({**row, "seal": former})
    assert not Seals(OTHER).fits_notice({**row, "seal": former})
    assert not Seals(KEY).fits_notice({**row, "body": "another", "seal": former})
    assert not Seals(KEY).fits_notice({**row, "seal": None})


@pytest.mark.parametrize("wrong", ("short", "c2hvcnQ=", ""))
def test_a_key_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="key must"):
        Seals(wrong)


def test_a_process_without_a_key_writes_no_notice(told, monkeypatch):
    monkeypatch.setattr(seals._InUse, "seals", None)

    with pytest.raises(RuntimeError, match="can't be sealed"):
        seals.in_use()


def test_a_letter_that_was_altered_while_it_waited_is_handed_over_to_nobody(database_of_letters, personal_data, clock):
    world, connection = database_of_letters
    (first, second) = world.write(Channel.EMAIL, ["a@cqo.example", "b@cqo.example"])
    with world.engine.begin() as altering:
        altering.execute(
            text("UPDATE notice SET body = '伪造' WHERE id = (SELECT notice_id FROM delivery WHERE id = :id)"),
            {"id": first},
        )

    world.turns(world.sender(connection))

    assert [each.text.body for each in connection.taken] == ["李明同志：\n\u3000\u3000内容。\n办公室\n2026年3月2日\n"]
    states = {row.id: (row.state, row.answer) for row in world.rows()}
    assert states[first] == ("failed", "the notice is not what was sealed") and states[second][0] == "sent"
