"""A filing and the sweep that finds it overdue, at once: one goes first, and neither is rolled back for it."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from registry_world import CHANGCHUN, Register, make_cipher
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from chassis.errors import CqoError
from registry.usecases import divisions
from registry.usecases.file_appointment import FileAppointment, file_appointment, miss_filing

ROUNDS = 200
TAKE = "SELECT id FROM due WHERE payload ->> 'appointment_id' = :id AND state = 'planned' FOR UPDATE SKIP LOCKED"
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
                miss_filing(session, appointment_id, clock)
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
