"""Senders on a real database and a real mail server."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from notice_world import COUNTY, MailServer
from sqlalchemy import ARRAY, Text, bindparam, func, select, text, update
from sqlalchemy.orm import Session

from chassis.ids import new_id
from chassis.stopping import StopSignal
from notifications.adapters.mail.connection import MailConnection
from notifications.adapters.mail.server import parse_url
from notifications.adapters.sending.connection import ServerDown
from notifications.adapters.sending.sender import Sender
from notifications.domain.notice import Channel, State
from notifications.storage import StoredDelivery, StoredNotice, cause, contact, delivery
from notifications.usecases import delivery_rows, letters
from notifications.usecases.addresses import NEWEST, Unaddressed
from testkit import wait_for


@pytest.fixture
def sender_of(database, clock, personal_data):
    """`sender_of(mail, before=None)`: a sender that is driven turn by turn."""
    made = []

    def make(mail, before=None):
        settings = SimpleNamespace(service="notifications", database_url=database.url)
        connection = MailConnection(parse_url(mail.url), "no-reply@cqo.invalid")
        made.append(Sender(settings, connection, clock, personal_data, StopSignal(), before))
        return made[-1]

    yield make
    for sender in made:
        sender.end()


@pytest.fixture
def write(database, clock, personal_data):
    """`write(*addresses)`: a notice by e-mail to a person at each; returns the deliveries' ids."""

    def write_to(*addresses):
        with Session(database.engine) as session, session.begin():
            session.execute(
                cause.insert().values(
                    id=(cause_id := new_id()),
                    type="certificate.issued.v1",
                    subject="c",
                    occurred_at=clock.now(),
                    received_at=clock.now(),
                    division=COUNTY,
                    data={},
                    ruleset=1,
                )
            )
            made = []
            for address in addresses:
                owner = new_id()
                sealed = personal_data.cipher.seal(address, f"email:{owner}")
                session.execute(contact.insert().values(owner_kind="person", owner_id=owner, email=sealed))
                notice = StoredNotice(
                    new_id(),
                    cause_id,
                    "certificate_issued",
                    f"event:{cause_id}",
                    clock.today(),
                    "person",
                    owner,
                    COUNTY,
                    "关于颁发证书的通知",
                    "李明同志：\n\u3000\u3000内容。\n办公室\n2026年3月2日\n",
                    clock.now(),
                )
                made.append(StoredDelivery(new_id(), notice, Channel.EMAIL, next_attempt_at=func.now()))
            session.add_all(made)
            return [each.id for each in made]

    return write_to


def states(database):
    with Session(database.engine) as session:
        columns = (delivery.c.state, delivery.c.attempts, delivery.c.maybe_repeated, delivery.c.answer)
        return [tuple(row) for row in session.execute(select(*columns).order_by(delivery.c.id))]


def message_ids(database):
    """Of the messages in which the deliveries were handed over, in the order of these."""
    with database.engine.connect() as connection:
        found = connection.execute(select(delivery.c.message_id).order_by(delivery.c.id)).scalars()
        return [f"<{each}@cqo.invalid>" for each in found]


def make_due(database):
    """Lets the time until the next attempt pass."""
    with database.engine.begin() as connection:
        connection.execute(update(delivery).where(delivery.c.state == State.PENDING).values(next_attempt_at=func.now()))


def work(sender, turns=20):
    """Turns until there is nothing to do."""
    for _ in range(turns):
        if not sender.turn():
            return
    raise AssertionError(f"still busy after {turns} turns")


def test_each_letter_is_sent_once_over_one_connection_and_the_answer_is_kept(database, mail, sender_of, write):
    ids = write("a@firm.example", "b@firm.example", "c@firm.example")

    work(sender_of(mail))

    assert [letter["Message-ID"] for letter in mail.letters] == message_ids(database)
    assert mail.connections == 1
    assert states(database) == [(State.SENT, 1, 0, f"250 2.0.0 kept as {number}") for number in (1, 2, 3)]
    with database.engine.connect() as connection:
        sent = connection.execute(text("SELECT aggregate_id, type FROM outbox ORDER BY seq")).all()
    assert sent == [(each, "notice.sent.v1") for each in ids]


@pytest.mark.parametrize("what", ["written", "to be tried again"])
def test_an_idle_sender_is_woken_when_a_letter_is(what, database, mail, sender_of, write, monkeypatch):
    monkeypatch.setattr("notifications.adapters.sending.sender.MAINTENANCE_EVERY", 3600)  # or it would look by itself
    mail.answers = {"a@firm.example": ["550 5.1.1 no such user"]}
    sender = sender_of(mail)
    if what == "to be tried again":
        write("a@firm.example")
    work(sender)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sender.wait)

        if what == "to be tried again":
            with Session(database.engine) as session, session.begin():
                session.scalars(select(StoredDelivery)).one().retry()
        else:
            write("a@firm.example")

        waiting.result(timeout=10)


def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(database, mail, sender_of, write):
    mail.answers = {"later@firm.example": ["451 4.7.1 greylisted"], "gone@firm.example": ["550 5.1.1 no such user"]}
    write("later@firm.example", "gone@firm.example", "well@firm.example")
    sender = sender_of(mail)

    work(sender)

    assert states(database) == [
        (State.PENDING, 1, 0, "451 4.7.1 greylisted"),
        (State.FAILED, 1, 0, "550 5.1.1 no such user"),
        (State.SENT, 1, 0, "250 2.0.0 kept as 1"),
    ]
    make_due(database)
    work(sender)
    assert [row[:2] for row in states(database)] == [(State.SENT, 2), (State.FAILED, 1), (State.SENT, 1)]
    assert len(mail.to("later@firm.example")) == 1


def test_a_refused_address_is_not_repeated_in_what_is_kept(database, mail, sender_of, write):
    mail.answers = {"gone@firm.example": ["550 5.1.1 <gone@firm.example>: no such user"]}
    write("gone@firm.example")

    work(sender_of(mail))

    assert states(database)[0][3] == "550 5.1.1 <[email]>: no such user"


def test_while_the_mail_server_is_down_letters_wait_and_spend_no_attempts(database, sender_of, write):
    mail = MailServer()
    write("a@firm.example")
    sender = sender_of(mail)
    for _ in range(3):
        with pytest.raises(ServerDown):
            sender.turn()
    assert states(database) == [(State.PENDING, 0, 0, None)]

    mail.start()
    try:
        work(sender)
    finally:
        mail.stop()

    assert [row[:2] for row in states(database)] == [(State.SENT, 1)]


def test_a_connection_lost_before_the_letter_was_handed_over_repeats_nothing(database, mail, sender_of, write):
    sender = sender_of(mail)
    write("a@firm.example")
    work(sender)
    mail.stop()
    mail.start()

    write("b@firm.example")
    work(sender)
    make_due(database)
    work(sender)

    assert sorted(row[:3] for row in states(database)) == [(State.SENT, 1, 0), (State.SENT, 2, 0)]
    assert len(mail.letters) == 2


def released(database, clock):
    """How many letters of senders that died were given back; the database notices their end in its own time."""
    with Session(database.engine) as session, session.begin():
        return letters.release_orphans(session, clock).total()


def test_the_letter_of_a_sender_that_died_is_sent_again_and_counted(
    database, mail, sender_of, write, clock, wait_until
):
    write("a@firm.example")
    dead = sender_of(mail)
    dead.turn()
    dead.turn()
    # It handed the letter over and died before the answer was entered.
    dead.answered = []
    dead._drop_database()
    assert [row[:2] for row in states(database)] == [(State.SENDING, 1)]

    wait_until(lambda: released(database, clock), 10)
    work(sender_of(mail))

    assert [row[:3] for row in states(database)] == [(State.SENT, 2, 1)]
    assert len({letter["Message-ID"] for letter in mail.letters}) == 1 and len(mail.letters) == 2


def test_the_letter_of_a_sender_that_lives_is_left_to_it(database, mail, sender_of, write, clock):
    write("a@firm.example")
    sender = sender_of(mail)
    sender.turn()
    sender.turn()

    with Session(database.engine) as session, session.begin():
        assert letters.release_orphans(session, clock).total() == 0
    work(sender)

    assert [row[:3] for row in states(database)] == [(State.SENT, 1, 0)]


def test_a_sender_that_lost_its_database_enters_the_answer_it_still_holds(database, mail, sender_of, write):
    write("a@firm.example", "b@firm.example")
    sender = sender_of(mail)
    sender.turn()
    sender.turn()
    with database.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                "AND datname = current_database()"
            )
        )
    with pytest.raises(Exception, match="terminat") as lost:
        sender.turn()
    sender._report(lost.value)

    work(sender)

    assert [row[:3] for row in states(database)] == [(State.SENT, 1, 0), (State.SENT, 1, 0)]
    assert len(mail.letters) == 2


def test_two_senders_share_the_letters_and_send_none_twice(database, mail, sender_of, write):
    write(*(f"p{number}@firm.example" for number in range(20)))
    pair = [sender_of(mail), sender_of(mail)]

    while any([sender.turn() for sender in pair]):
        pass

    assert sorted(letter["Message-ID"] for letter in mail.letters) == sorted(message_ids(database))
    assert mail.connections == 2
    assert {row[:3] for row in states(database)} == {(State.SENT, 1, 0)}


def sessions(database):
    """Of senders, as the server counts them; the end of one is seen a moment later."""
    of_senders = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'notifications-email'")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return connection.scalar(of_senders)


def test_a_sender_is_called_by_the_one_before_and_rests_without_session(database, mail, sender_of, write, monkeypatch):
    first = sender_of(mail)
    second = sender_of(mail, before=first)
    work(first)
    work(second)
    assert sessions(database) == 1

    write(*(f"p{number}@firm.example" for number in range(9)))
    while any([sender.turn() for sender in (first, second)]):
        pass

    assert (sessions(database), mail.connections) == (2, 2)
    work(second)
    assert sessions(database) == 2  # it was busy a moment ago

    monkeypatch.setattr("notifications.adapters.sending.sender.IDLE_AFTER", 0)
    work(second)
    work(first)
    wait_for(lambda: sessions(database) == 1)

    write("again@firm.example")
    while any([sender.turn() for sender in (first, second)]):
        pass
    assert {row[:3] for row in states(database)} == {(State.SENT, 1, 0)}
    assert len(mail.letters) == 10


def test_while_a_letter_keeps_a_sender_the_next_one_sends_what_comes(database, mail, sender_of, write, monkeypatch):
    monkeypatch.setattr("notifications.adapters.sending.sender.IDLE_AFTER", 0)
    first = sender_of(mail)
    second = sender_of(mail, before=first)
    send, sent_meanwhile = first.connection.send, []

    def send_slowly(message):
        work(second)
        write("meanwhile@firm.example")
        work(second)
        sent_meanwhile.extend(letter["To"] for letter in mail.letters)
        return send(message)

    monkeypatch.setattr(first.connection, "send", send_slowly)
    write("slow@firm.example")
    work(first)

    assert sent_meanwhile == ["meanwhile@firm.example"]
    assert {row[:3] for row in states(database)} == {(State.SENT, 1, 0)}


def test_a_letter_that_can_not_be_written_fails_alone(database, mail, sender_of, write):
    write("broken@firm.example", "a@firm.example")
    with database.engine.begin() as connection:
        first = select(func.min(delivery.c.notice_id)).scalar_subquery()
        connection.execute(
            text("UPDATE notice SET subject = E'a\\nb' WHERE id = (SELECT min(notice_id) FROM delivery)")
        )
        assert connection.scalar(select(first)) is not None

    work(sender_of(mail))

    assert sorted(row[0] for row in states(database)) == [State.FAILED, State.SENT]


ALTERED = {
    "notice": "UPDATE notice SET body = replace(body, '内容', '别的内容')",
    "delivery": "UPDATE delivery SET subject = '关于别的事项的通知', body = '别的内容'",
}


@pytest.mark.parametrize("table", ALTERED)
def test_a_letter_that_was_altered_in_the_tables_is_not_sent(table, database, mail, sender_of, write):
    write("a@firm.example")
    with database.engine.begin() as connection:
        connection.execute(text(ALTERED[table]))

    work(sender_of(mail))

    assert states(database) == [(State.FAILED, 1, 0, "the notice is not what was sealed")]
    assert mail.letters == []


def fill(connection, clock, state):
    """8,000 letters in that state."""
    for statement in MANY.strip().split(";\n")[:3]:
        made = statement.replace("200000", "8000").replace("'no_address'", f"'{state}'")
        connection.execute(text(made), {"now": clock.now()})


def test_letters_are_written_back_by_their_keys_also_where_nothing_is_known_of_the_table(database, clock):
    with database.engine.begin() as connection:
        fill(connection, clock, "no_address")
        ids = [f"{number:08x}" for number in range(1, 11)]
        explained = text(f"EXPLAIN {delivery_rows.STORE.text}").bindparams(bindparam("ids", type_=ARRAY(Text)))
        deliveries = json.dumps([{"id": each} for each in ids])
        plan = "\n".join(connection.execute(explained, {"deliveries": deliveries, "ids": ids}).scalars())

    assert "pk_delivery" in plan and "Seq Scan" not in plan


def test_a_sender_never_sorts_what_waits_whatever_the_statistics_say(database, mail, sender_of, clock):
    sender = sender_of(mail)
    work(sender)
    with database.engine.begin() as connection:
        fill(connection, clock, "sent")
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE delivery SET state = 'pending', next_attempt_at = now()"))

    with Session(sender.database) as session, session.begin():
        sorts = session.scalar(text("SHOW enable_sort"))
        asked = letters._next(Channel.EMAIL).limit(25)
        explained = asked.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text(f"EXPLAIN {explained}")))

    # Which of two indexes a planner takes that knows of no letters is chance: here it is right without the setting.
    assert sorts == "off"
    assert "Index Scan using ix_delivery_waiting" in plan and "Sort" not in plan, plan


MANY = """
INSERT INTO cause (id, type, subject, occurred_at, received_at, data, ruleset)
VALUES ('c', 'certificate.issued.v1', 'x', :now, :now, '{}', 1);
INSERT INTO notice (id, cause_id, kind, about, due_on, recipient_kind, recipient_id, subject, body, created_at)
SELECT lpad(to_hex(n), 8, '0'), 'c', 'certificate_issued', 'event:c', :now, 'person', 'p' || n, 's', 'b',
       CAST(:now AS timestamptz) - CASE WHEN n <= 150000 THEN interval '400 days' ELSE interval '0' END
FROM generate_series(1, 200000) n;
INSERT INTO delivery (id, version, notice_id, channel, state, attempts, maybe_repeated)
SELECT lpad(to_hex(n), 8, '0'), 1, lpad(to_hex(n), 8, '0'), 'email', 'no_address', 1, 0
FROM generate_series(1, 200000) n;
INSERT INTO contact (owner_kind, owner_id, email) SELECT 'person', 'q' || n, 'sealed' FROM generate_series(1, 200000) n;
"""
# As it was asked every 5 s: all letters without an address, beside their notices and all contacts.
ALL_AT_ONCE = """
SELECT count(*) FROM delivery JOIN notice ON notice.id = delivery.notice_id
JOIN contact ON contact.owner_kind = notice.recipient_kind AND contact.owner_id = notice.recipient_id
WHERE delivery.state = 'no_address' AND contact.email IS NOT NULL AND notice.created_at >= :now
"""


def test_two_hundred_thousand_letters_without_an_address_cost_a_look_little_and_old_ones_nothing(database, clock):
    with Session(database.engine) as session, session.begin():
        for statement in MANY.strip().split(";\n"):
            session.execute(text(statement.rstrip(";")), {"now": clock.now()})
        session.execute(contact.insert().values(owner_kind="person", owner_id="p150001", email="sealed"))
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE delivery, notice, contact"))
        began = time.perf_counter()
        connection.execute(text(ALL_AT_ONCE), {"now": clock.now()})
        before = time.perf_counter() - began
    walk, looks, addressed = Unaddressed(Channel.EMAIL), [], 0
    with Session(database.engine) as session, session.begin():
        while not looks or walk.before != NEWEST:
            began = time.perf_counter()
            addressed += walk.readdress(session, clock)
            looks.append(time.perf_counter() - began)
    print(
        f"\n200,000 letters without an address, 50,000 of them not too old: all at once {1000 * before:.0f} ms, "
        f"a look {1000 * sorted(looks)[len(looks) // 2]:.0f} ms (worst {1000 * max(looks):.0f} ms), {len(looks)} looks"
    )

    # The one that has an address is the oldest of those that are not too old; beyond it the walk begins anew.
    assert addressed == 1 and len(looks) <= 26
    assert max(looks) < 2
