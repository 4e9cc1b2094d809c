"""Measures the way from an event to a letter that the mail server has accepted, beside a bare smtplib loop.

    ./cqo bench notices [--events 2000] [--rounds 2] [--json]

Everything runs as `./cqo up` runs it, in a folder of its own; the mail server is the local mailbox, which has each
letter on disk before it accepts it. As many people as there are events have an address. The events are certificates
issued, put into the exchange of training all at once, so the inbox of notifications is busy while its letters are being
sent. The reference sends the same letters, byte for byte, to the same mailbox over one connection, while the services
have nothing to do. Exits 1 when the goal is missed.
"""

from __future__ import annotations

import argparse
import smtplib
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import report

from chassis import broker
from chassis.broker import wire
from chassis.ids import new_id
from chassis.messaging.envelope import CONTENT_TYPE, Envelope
from chassis.security import Cipher
from cqolocal.system import System

AGAINST_SMTPLIB = 0.5  # the goal
AT_ONCE = 500  # events published before their confirms are waited for
WITHIN = 60, 0.05  # seconds for the first letter to come, and for each
SENT = "SELECT count(*) FROM delivery WHERE channel = 'email' AND state = 'sent'"

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape


def enter_people(database: Connection, cipher: Cipher, number: int) -> list[str]:
    """Enters so many people with an address each; their ids."""
    ids = [new_id() for _ in range(number)]
    with database.cursor() as cursor, cursor.copy("COPY person (id, name, division) FROM STDIN") as copy:
        for place, person in enumerate(ids):
            copy.write_row((person, f"示例人{place}", "220102"))
    with database.cursor() as cursor, cursor.copy("COPY contact (owner_kind, owner_id, email) FROM STDIN") as copy:
        for place, person in enumerate(ids):
            copy.write_row(("person", person, cipher.seal(f"person{place}@firm.example", f"email:{person}")))
    return ids


def certificate(person: str, place: int) -> Envelope:
    """A certificate issued, as training announces it."""
    certificate_id = new_id()
    data = {
        "certificate_id": certificate_id,
        "number": f"CQO-JL-2026-220100-{place:06d}",
        "person_id": person,
        "name": f"示例人{place}",
        "issued_on": "2026-03-06",
        "valid_from": "2026-03-06",
        "valid_until": "2029-03-05",
        "ruleset": 1,
    }
    now = datetime.now(UTC)
    return Envelope(new_id(), "/training", "certificate.issued.v1", certificate_id, now, 1, data, "220102")


def publish(amqp_url: str, events: Sequence[Envelope]) -> None:
    """Puts the events into training's exchange, confirmed."""
    connection = broker.connect(amqp_url, "bench")
    channel = connection.channel()
    channel.confirm_select()
    unconfirmed: set[int] = set()
    channel.events["basic_ack"].add(
        lambda tag, multiple: (
            unconfirmed.difference_update([each for each in unconfirmed if each <= tag])
            if multiple
            else unconfirmed.discard(tag)
        )
    )
    for first in range(0, len(events), AT_ONCE):
        batch = events[first : first + AT_ONCE]
        unconfirmed.update(range(first + 1, first + len(batch) + 1))
        messages = (wire.Outgoing(each.id, each.type, each.to_bytes()) for each in batch)
        wire.publish(channel, "training.events", CONTENT_TYPE, messages)
        while unconfirmed:
            connection.drain_events()
    broker.close(connection)


def sent(database: Connection) -> int:
    found = database.execute(SENT).fetchone()
    return int(found[0]) if found else 0


def by_the_services(system: System, database: Connection, events: Sequence[Envelope]) -> float:
    """Letters/s from the first event published to the last letter accepted and noted."""
    assert system.broker is not None
    already, started = sent(database), time.perf_counter()
    within = WITHIN[0] + WITHIN[1] * len(events)
    publish(system.broker.amqp_url, events)
    while sent(database) < already + len(events):
        if time.perf_counter() - started > within:
            raise SystemExit(f"{sent(database) - already} of {len(events)} letters were sent within {within:.0f} s")
        time.sleep(0.1)
    return len(events) / (time.perf_counter() - started)


def by_smtplib(port: int, letters: Sequence[tuple[str, bytes]]) -> float:
    """Letters/s of a loop over the same letters."""
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for recipient, content in letters:
            smtp.sendmail("no-reply@cqo.invalid", [recipient], content)
    return len(letters) / (time.perf_counter() - started)


def letters_in(folder: Path, number: int) -> list[tuple[str, bytes]]:
    """The recipients and contents of the newest letters; the mailbox has written two lines above each."""
    found = []
    for path in sorted(folder.glob("*.eml"))[-number:]:
        _, to, content = path.read_bytes().split(b"\r\n", 2)
        found.append((to.partition(b": ")[2].decode(), content))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench notices", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2000, help="events in all, a letter each (2000)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds they are divided into; the median counts (2)")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    machine = report.Machine.now()
    number = options.events // options.rounds
    rounds: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(prefix="cqo-bench-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)  # the database server may run as another user
        system = System(Path(folder) / "system", report.say)
        stack.callback(system.stop)
        system.start()
        assert system.postgres is not None
        secrets = Path(system.environment_of("notifications")["CQO_SECRETS"])
        cipher = Cipher(*((secrets / name).read_text() for name in ("pii_key", "pii_index_key")))
        database = stack.enter_context(psycopg.connect(system.database_url("notifications"), autocommit=True))
        for _round in range(options.rounds):
            people = enter_people(database, cipher, number)
            ours = by_the_services(system, database, [certificate(who, n) for n, who in enumerate(people)])
            rounds.append((ours, by_smtplib(system.smtp_port, letters_in(system.mail_folder, number))))
            report.say(f"{rounds[-1][0]:.0f} letters/s, smtplib {rounds[-1][1]:.0f}")
    ours, reference = (statistics.median(each) for each in zip(*rounds, strict=True))
    ratio = statistics.median(ours / reference for ours, reference in rounds)
    name = "event → letter accepted, while the inbox is busy"
    row = report.at_least(name, ours, "letters/s", reference, AGAINST_SMTPLIB, ratio)
    return report.finish("notices", [row], machine, options.json)


if __name__ == "__main__":
    raise SystemExit(main())
