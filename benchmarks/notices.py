"""Measures the way to a letter that the mail server has accepted, beside a bare smtplib loop.

    ./cqo bench notices [--events 100000] [--rounds 2] [--json]

Everything runs as `./cqo up` runs it, in a folder of its own; the mail server is the local mailbox, which has each
letter on disk before it accepts it. As many people as there are letters have an address.

*Due notices*: reminders of certificates that expire in 30 days, all planned for today as the rules plan them. From the
moment at which they stand in the table, they are swept (looked at again, resolved, written with their text) and sent.
The memory is the proportional set size of the service, API and worker in one process, when a tenth was sent and at the
end. *Busy inbox*: certificates issued, put into the exchange of training all at once, 4,000 at most, so the inbox of
notifications is busy while its letters are being sent. Registry takes them as well, and works on the same processors,
which in a province are others: the goal is for the letters without it, and a second figure is with it.

The reference sends the same letters, byte for byte, to the same mailbox over one connection, while the services have
nothing to do. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import smtplib
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import report
from idle import megabytes

from chassis import broker
from chassis.broker import wire
from chassis.clock import SHANGHAI
from chassis.ids import new_id
from chassis.messaging.envelope import CONTENT_TYPE, Envelope
from chassis.security import Cipher
from cqolocal.names import SERVICES
from cqolocal.system import System

AGAINST_SMTPLIB, DUE_AGAINST_SMTPLIB, GROWTH = 0.5, 0.7, 1.1  # the goals
BUSY_INBOX = 4000  # events at most
FEW = 1000  # letters before what is measured
AT_ONCE = 500  # events published before their confirms are waited for; letters read before they are sent
LOOK_EVERY = 0.5  # seconds; to count letters takes as long as sending some
WITHIN = 60, 0.05  # seconds for the first letter to come, and for each
RULE = "certificate_expiring"
EXCHANGE, REGISTRYS = "training.events", ("registry.inbox", "training.events", "certificate.#")
# The person alone is told, so that there is a letter for each row; on whatever day and at whatever hour.
TO_THE_PERSON = """
UPDATE ruleset SET parameters = parameters || jsonb_build_object(
    'notices', (
        SELECT jsonb_agg(CASE WHEN rule ->> 'key' = %s THEN rule || '{"audience": ["person"]}' ELSE rule END)
        FROM jsonb_array_elements(parameters -> 'notices') AS rule
    ),
    'timing', parameters -> 'timing' || '{"quiet_from": null, "quiet_until": null, "working_days_only": []}'
)
"""
PLANNED_BY = "SELECT what, by FROM planning WHERE what = 'certificates' AND after IS NULL"
BUSY = "event → letter accepted, while the inbox is busy"
SENT = "SELECT count(*) FROM delivery WHERE channel = 'email' AND state = 'sent'"

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape


def enter_people(system: System, database: Connection, number: int) -> list[str]:
    """Enters so many people with an address each, whom registry knows as well; their ids."""
    ids, cipher = [new_id() for _ in range(number)], cipher_of(system)
    columns = "id, version, division, name, id_number, id_number_index, registered_on"
    copying = f"COPY person ({columns}) FROM STDIN"
    with psycopg.connect(system.database_url("registry")) as registry, registry.cursor().copy(copying) as copy:
        for place, person in enumerate(ids):
            copy.write_row((person, 1, "220102", f"示例人{place}", "sealed", person, "2026-03-02"))
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


def plan_due(database: Connection, people: Sequence[str]) -> None:
    """A certificate of each, which expires in 30 days, and the reminder that the rules have planned for today."""
    today = datetime.now(SHANGHAI).date()
    valid_until = str(today + timedelta(days=30))
    issued = [(who, certificate(who, place)) for place, who in enumerate(people)]
    with database.transaction(), database.cursor() as cursor:
        with cursor.copy("COPY certificate (id, number, person_id, valid_from, valid_until, state) FROM STDIN") as copy:
            for who, event in issued:
                copy.write_row((event.subject, event.data["number"], who, "2026-03-06", valid_until, "valid"))
        with cursor.copy("COPY due (kind, series, key, due_on, payload) FROM STDIN") as copy:
            for who, event in issued:
                about = f"certificate:{event.subject}"
                payload = {
                    "about": about,
                    "subject": event.subject,
                    "event": event.id,
                    "division": event.division,
                    "mentions": {"person_id": who, "concerns_present_employer": True},
                    "data": {**event.data, "valid_until": valid_until},
                    "rule": RULE,
                    "days": -30,
                }
                key = f"{RULE}:{about}:{valid_until}:-30"
                copy.write_row(("notice.due", f"{RULE}:{about}", key, str(today), json.dumps(payload)))


def by_the_sweep(system: System, database: Connection, people: Sequence[str]) -> tuple[float, list[float]]:
    """Letters/s from the moment the due rows stand there; and the service's memory (MB) at each tenth of them."""
    already, memory = sent(database), list[float]()
    plan_due(database, people)
    started = time.perf_counter()
    within = WITHIN[0] + WITHIN[1] * len(people)
    while (done := sent(database) - already) < len(people):
        if time.perf_counter() - started > within:
            raise SystemExit(f"{done} of {len(people)} letters were sent within {within:.0f} s")
        if done >= len(people) * (len(memory) + 1) / 10:
            memory.append(megabytes(system.supervisor["notifications"]))
        time.sleep(LOOK_EVERY)
    speed = len(people) / (time.perf_counter() - started)
    return speed, [*memory, megabytes(system.supervisor["notifications"])]


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
        wire.publish(channel, EXCHANGE, CONTENT_TYPE, messages)
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


def by_smtplib(port: int, folder: Path, number: int) -> float:
    """Letters/s of a loop over the newest letters in the mailbox's folder; reading them from there is not counted."""
    paths, seconds = sorted(folder.glob("*.eml"))[-number:], 0.0
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for first in range(0, number, AT_ONCE):
            letters = [letter_in(path) for path in paths[first : first + AT_ONCE]]
            started = time.perf_counter()
            for recipient, content in letters:
                smtp.sendmail("no-reply@cqo.invalid", [recipient], content)
            seconds += time.perf_counter() - started
    return number / seconds


def letter_in(path: Path) -> tuple[str, bytes]:
    """The recipient and the content; the mailbox has written two lines above it."""
    _, to, content = path.read_bytes().split(b"\r\n", 2)
    return to.partition(b": ")[2].decode(), content


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="./cqo bench notices", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100_000, help="letters in all (100000)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds they are divided into; the median counts (2)")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    machine = report.Machine.now()
    with tempfile.TemporaryDirectory(prefix="cqo-bench-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)  # the database server may run as another user
        system = System(Path(folder) / "system", report.say)
        stack.callback(system.stop)
        system.start()
        database = stack.enter_context(psycopg.connect(system.database_url("notifications"), autocommit=True))
        rows = [
            *measure_due(system, database, options),
            _beside_smtplib(BUSY, measure_busy(system, database, options, False), AGAINST_SMTPLIB),
            report.plain(
                f"{BUSY}, and registry with it",
                statistics.median(ours for ours, _ in measure_busy(system, database, options, True)),
                "letters/s",
            ),
        ]
    return report.finish("notices", rows, machine, options.json)


def warm_up(system: System, database: Connection) -> None:
    """Sends a few letters, and takes the statistics that the database takes by itself within minutes.

    Until then it takes its tables for empty, as they are in the first minute of an installation and never again.
    """
    by_the_sweep(system, database, enter_people(system, database, FEW))
    assert system.postgres is not None
    for service in SERVICES:
        with psycopg.connect(f"{system.postgres.url.rpartition('/')[0]}/{service}", autocommit=True) as owner:
            owner.execute("ANALYZE")


def measure_due(system: System, database: Connection, options: argparse.Namespace) -> list[report.Row]:
    number, rounds, memory = options.events // options.rounds, list[tuple[float, float]](), list[float]()
    planned_by = database.execute(PLANNED_BY).fetchall()
    database.execute(TO_THE_PERSON, (RULE,))
    # All is planned anew by the rules that were just changed. That there is nothing yet takes no time, later it would.
    while database.execute(PLANNED_BY).fetchall() == planned_by:
        time.sleep(0.1)
    warm_up(system, database)
    for _round in range(options.rounds):
        ours, used = by_the_sweep(system, database, enter_people(system, database, number))
        memory += used
        rounds.append((ours, by_smtplib(system.smtp_port, system.mail_folder, number)))
        report.say(f"due: {rounds[-1][0]:.0f} letters/s, smtplib {rounds[-1][1]:.0f}")
    name = f"{number * options.rounds} due notices → letters accepted"
    began, ended = memory[0], memory[-1]
    return [
        _beside_smtplib(name, rounds, DUE_AGAINST_SMTPLIB),
        report.within("memory when all are sent, beside that at the first tenth", ended, "MB", began, GROWTH),
    ]


def measure_busy(
    system: System, database: Connection, options: argparse.Namespace, with_registry: bool
) -> list[tuple[float, float]]:
    """Letters/s of the services and of smtplib in each round."""
    assert system.broker is not None
    connection = broker.connect(system.broker.amqp_url, "bench")
    (connection.channel().queue_bind if with_registry else connection.channel().queue_unbind)(*REGISTRYS)
    broker.close(connection)
    number, rounds = min(options.events, BUSY_INBOX) // options.rounds, list[tuple[float, float]]()
    for _round in range(options.rounds):
        people = enter_people(system, database, number)
        ours = by_the_services(system, database, [certificate(who, n) for n, who in enumerate(people)])
        rounds.append((ours, by_smtplib(system.smtp_port, system.mail_folder, number)))
        report.say(f"busy inbox: {rounds[-1][0]:.0f} letters/s, smtplib {rounds[-1][1]:.0f}")
    return rounds


def cipher_of(system: System) -> Cipher:
    secrets = Path(system.environment_of("notifications")["CQO_SECRETS"])
    return Cipher(*((secrets / name).read_text() for name in ("pii_key", "pii_index_key")))


def _beside_smtplib(name: str, rounds: Sequence[tuple[float, float]], goal: float) -> report.Row:
    ours, reference = (statistics.median(each) for each in zip(*rounds, strict=True))
    ratio = statistics.median(ours / reference for ours, reference in rounds)
    return report.at_least(name, ours, "letters/s", reference, goal, ratio)


if __name__ == "__main__":
    raise SystemExit(main())
