"""What people and sweeps do to one appointment at once: one goes first, and neither is rolled back for it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from registry_world import CHANGCHUN, Register, make_cipher
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from chassis.errors import CqoError
from registry.usecases import deadlines, divisions
from registry.usecases.end_appointment import end_provisional
from registry.usecases.file_appointment import FileAppointment, file_appointment, miss_filing

ROUNDS = 200
TAKE = "SELECT id FROM due WHERE kind = 'appointment.filing' AND key = :id AND state = 'planned' FOR UPDATE SKIP LOCKED"
DONE = "UPDATE due SET state = 'done' WHERE id = :row"


@pytest.fixture
def engine(make_database):
    made = create_engine(make_url(make_database("registry")).set(drivername="postgresql+psycopg"))
    yield made
    made.dispose()


def test_filing_beside_the_sweep_never_ends_in_a_deadlock(engine, clock):
    cipher = make_cipher()
    with Session(engine) as session, session.begin():
        divisions.seed(session, divisions.shipped(), clock)
        register = Register(session, clock, cipher)
        made = []
        for number in range(ROUNDS):
            firm = register.firm()
            person = register.person(firm)
            register.issue(person, number=str(number))
            made.append(register.appoint(person, register.post(firm)).id)
    deadlocks, filed, overdue = [], [], []

    def sweep(appointment_id, together):
        # As the sweep does: the due row first, then what it is about.
        with Session(engine) as session, session.begin():
            together.wait()
            row = session.scalar(text(TAKE), {"id": appointment_id})
            if row is not None:
                miss_filing(session, [appointment_id], clock)
                session.execute(text(DONE), {"row": row})
                overdue.append(appointment_id)

    def file(appointment_id, together):
        with Session(engine) as session, session.begin():
            together.wait()
            file_appointment(session, CHANGCHUN, appointment_id, FileAppointment(date(2026, 3, 2)), clock)
            session.flush()
            filed.append(appointment_id)

    def watched(work, *arguments):
        try:
            work(*arguments)
        except OperationalError as fault:
            deadlocks.append(str(fault.orig))
        except CqoError as refusal:
            deadlocks.append(f"refused: {refusal}")

    for appointment_id in made:
        together = threading.Barrier(2)
        rivals = [threading.Thread(target=watched, args=(work, appointment_id, together)) for work in (sweep, file)]
        for rival in rivals:
            rival.start()
        for rival in rivals:
            rival.join()
    print(f"\n{ROUNDS} rounds: filed {len(filed)}, taken by the sweep first {len(overdue)}, deadlocks {len(deadlocks)}")

    assert deadlocks == [] and len(filed) == ROUNDS


PROVISIONAL_RULE = """UPDATE ruleset SET parameters = parameters || '{"appoint_without_certificate": "provisional"}'"""
TAKE_KIND = "SELECT id FROM due WHERE payload ->> 'appointment_id' = :id AND kind = :kind FOR UPDATE SKIP LOCKED"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def file(session, appointment_id, clock):
    file_appointment(session, CHANGCHUN, appointment_id, FileAppointment(clock.today()), clock)


def end(session, appointment_id, clock):
    end_provisional(session, appointment_id, clock)


def miss(session, appointment_id, clock):
    miss_filing(session, [appointment_id], clock)


@pytest.mark.parametrize(
    ("first", "first_kind", "second", "second_kind"),
    [
        (end, deadlines.PROVISIONAL, file, None),
        (miss, deadlines.FILING, end, deadlines.PROVISIONAL),
    ],
    ids=["somebody files what the sweep ends", "one sweep ends what the other finds overdue"],
)
def test_the_end_of_a_provisional_appointment_locks_as_everybody_does(
    engine, clock, wait_until, first, first_kind, second, second_kind
):
    with Session(engine) as session, session.begin():
        divisions.seed(session, divisions.shipped(), clock)
        session.execute(text(PROVISIONAL_RULE))
        register = Register(session, clock, make_cipher())
        firm = register.firm()
        appointment_id = register.appoint(register.person(firm), register.post(firm)).id
    clock.move(days=181)

    def take(session, kind):
        if kind is not None:
            assert session.scalar(text(TAKE_KIND), {"id": appointment_id, "kind": kind}) is not None

    def do_second():
        with Session(engine) as session, session.begin():
            take(session, second_kind)
            second(session, appointment_id, clock)

    # The first has taken its due row, as a sweep does; the second runs until it waits; then the first goes on.
    watching = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    with ThreadPoolExecutor() as pool, Session(engine) as session, watching as watcher:
        take(session, first_kind)
        running = pool.submit(do_second)
        wait_until(lambda: running.done() or watcher.scalar(text(WAITING)))
        first(session, appointment_id, clock)
        session.commit()
        try:
            running.result(timeout=20)
        except CqoError as refusal:
            assert "ended" in str(refusal)
