"""The running service: events in, letters and inboxes out, through crashes and a mail server that comes and goes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from notice_world import COUNTY, ELSEWHERE, MailServer, tree
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from chassis.process import migrate
from testkit import Client, publish


class Service:
    """The running service, and short words for asking it."""

    def __init__(self, running, amqp_url, token, wait_until):
        self.running, self.amqp_url, self.token, self.wait_until = running, amqp_url, token, wait_until

    def hear(self, *events):
        publish(self.amqp_url, *events)

    def ask(self, path, role="province", method="GET", expected=200, **claims):
        return Client(self.running.url, self.token(role, **claims), timeout=20).call(method, path, expected)

    def applied(self, kind):
        """How many events of a type a handler has applied."""
        return self.ask("/ops/state")["inbox"]["by_type"].get(kind, {}).get("applied", 0)

    def published(self, kind):
        """How many events of a type were announced."""
        return self.ask("/ops/state")["outbox"]["by_type"].get(kind, {}).get("published", 0)

    def tally(self):
        """What is due and what became of it."""
        return self.ask("/notices/proof")["total"]

    def settled(self, due, timeout=20):
        """The tally, once `due` deliveries are due and none of them is under way."""

        def is_settled():
            total = self.tally()
            return total if total["due"] == due and not total["pending"] else None

        return self.wait_until(is_settled, timeout)


@pytest.fixture
def start(running_service, topology, token, wait_until):
    """`start(mail)`: the service with that mail server."""

    def run(mail, **settings):
        running = running_service("notifications", smtp_url=mail.url, smtp_connections=2, **settings)
        service = Service(running, topology, token, wait_until)
        service.hear(*tree())
        return service

    return run


@pytest.fixture
def holder(world):
    """A firm, its certificate's holder, and how they are reached: seven events in order."""
    firm = world.firm()
    person = world.person(firm)
    return {
        "firm": firm,
        "person": person,
        "certificate": world.certificate(person),
        "contacts": [
            world.contact("person", person.subject, f"p{person.subject}@people.example"),
            world.contact("enterprise", firm.subject, f"f{firm.subject}@firm.example"),
        ],
    }


def introduce(service, holder):
    service.hear(holder["firm"], holder["person"], *holder["contacts"])
    service.wait_until(lambda: service.applied("contact.changed.v1") == 2, 10)


def test_an_event_reaches_its_recipients_by_inbox_and_by_mail(start, mail, holder):
    service = start(mail)
    introduce(service, holder)

    service.hear(holder["certificate"], holder["certificate"])

    total = service.settled(due=4)
    assert (total["sent"], total["missing"]) == (4, 0) and service.ask("/notices/proof")["proved"]
    (letter,) = mail.to(f"p{holder['person'].subject}@people.example")
    body = letter.get_body(("plain",)).get_content()
    assert holder["certificate"].data["number"] in letter["Subject"] and "长春市南关区市场监督管理部门" in body
    (item,) = service.ask("/inbox?unread=true", "cqo", person=holder["person"].subject)["items"]
    assert item["subject"] == letter["Subject"]
    read = service.ask(f"/inbox/{item['id']}/read", "cqo", "POST", person=holder["person"].subject)
    assert read["read_at"] is not None
    assert service.ask("/inbox?unread=true", "cqo", person=holder["person"].subject)["items"] == []
    full = service.ask(f"/notices/{item['id']}", "division", division=COUNTY)
    assert {each["channel"]: each["answer"] for each in full["deliveries"]}["email"].startswith("250 2.0.0 kept")
    service.ask(f"/notices/{item['id']}", "division", division=ELSEWHERE, expected=404)
    service.ask("/notices", "enterprise", enterprise="x", expected=403)
    service.wait_until(lambda: service.published("notice.sent.v1") == 4, 10)


def test_a_mail_server_that_comes_back_is_given_what_waited(start, holder):
    mail = MailServer()
    service = start(mail)
    introduce(service, holder)
    service.hear(holder["certificate"])
    service.wait_until(lambda: service.tally()["pending"] == 2, 10)
    assert service.running.is_ready(service.running.worker_url)

    mail.start()
    try:
        total = service.settled(due=4)
    finally:
        mail.stop()

    assert total["sent"] == 4 and len(mail.letters) == 2


def test_a_worker_killed_before_it_heard_the_answer_repeats_the_letter_and_counts_it(start, mail, holder):
    service = start(mail)
    introduce(service, holder)
    mail.stall = True
    service.hear(holder["certificate"])
    service.wait_until(lambda: len(mail.letters) == 2, 10)

    service.running.kill()
    mail.stall = False
    service.running.start()

    total = service.settled(due=4)
    summary = service.ask("/notices/summary")
    assert (total["sent"], total["missing"], summary["maybe_repeated"]) == (4, 0, 2)
    assert len(mail.letters) == 4 and len({letter["Message-ID"] for letter in mail.letters}) == 2


def test_a_worker_killed_again_and_again_loses_no_letter(start, mail, world, wait_until):
    service = start(mail)
    firm = world.firm()
    people = [world.person(firm) for _ in range(40)]
    contacts = [world.contact("person", person.subject, f"p{person.subject}@people.example") for person in people]
    service.hear(firm, *people, *contacts)
    certificates = [world.certificate(person) for person in people]
    for round_ in range(4):
        service.hear(*certificates[10 * round_ : 10 * round_ + 10])
        wait_until(lambda least=1 + 8 * round_: len(mail.letters) >= least, 20)
        service.running.kill()
        service.running.start()

    total = service.settled(due=160, timeout=40)

    counted = service.ask("/notices/summary")["maybe_repeated"]
    assert (total["sent"], total["no_address"], total["missing"]) == (120, 40, 0)
    assert len({letter["Message-ID"] for letter in mail.letters}) == 40
    # Each of two senders held at most ten letters each time.
    assert 0 <= len(mail.letters) - 40 <= counted <= 4 * 2 * 10


def test_a_tampered_contact_is_parked_and_takes_effect_once_it_is_mended(start, mail, holder, world):
    service = start(mail)
    service.hear(holder["firm"], holder["person"])
    good = holder["contacts"][0]
    head, *middle, tag = good.data["jwe"].split(".")
    bad = replace(good, data={**good.data, "jwe": ".".join([head, *middle, ("B" if tag[0] == "A" else "A") + tag[1:]])})
    service.hear(bad)
    (parked,) = service.wait_until(lambda: service.ask("/ops/parked", "ops")["items"], 10)
    assert parked["type"] == "contact.changed.v1" and "people.example" not in str(parked)
    service.hear(holder["certificate"])
    assert service.settled(due=4)["no_address"] == 2

    # Registry publishes the contact anew, as its next version; the broken one is skipped with a reason.
    publish_anew = world.contact("person", holder["person"].subject, "new@people.example")
    service.hear(publish_anew)
    operator = Client(service.running.url, service.token("ops"))
    operator.post(f"/ops/parked/{parked['id']}/skip", {"reason": "它被篡改"})

    service.wait_until(lambda: mail.to("new@people.example"), 30)
    total = service.settled(due=4)
    assert (total["sent"], total["no_address"], total["missing"]) == (3, 1, 0)


def test_no_address_stands_in_the_log(start, mail, holder):
    service = start(mail)
    introduce(service, holder)
    mail.answers = {f"p{holder['person'].subject}@people.example": ["550 5.1.1 no such user"]}
    service.hear(holder["certificate"])
    total = service.settled(due=4)

    log = service.running.log.read_text()
    assert (total["sent"], total["failed"]) == (3, 1)
    assert "people.example" not in log and holder["person"].data["name"] not in log


def test_the_models_are_what_the_migrations_made(make_database):
    url = make_database("notifications")
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT parameters -> 'channels' FROM ruleset")) == ["in_app", "email"]
    engine.dispose()

    assert migrate.check("notifications", url) == []
