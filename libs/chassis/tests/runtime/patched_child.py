"""Uses the database as a service's process does, with eventlet's patches; says what it found as a line of JSON.

python patched_child.py DATABASE
"""

import json
import os
import sys
from types import SimpleNamespace

os.environ["PSYCOPG_WAIT_FUNC"] = "wait_select"

import eventlet

eventlet.monkey_patch()

import psycopg  # noqa: E402
from eventlet import hubs  # noqa: E402
from sqlalchemy import event, func, select, text  # noqa: E402
from sqlalchemy.orm import Session  # noqa: E402

from chassis.data import Database, Query, connect, engine_for, is_timeout, is_unavailable  # noqa: E402

URL = sys.argv[1]
ENGINE = engine_for(URL, "patched")
BACKEND = text("SELECT pg_backend_pid()")
SLEEP = text("SELECT pg_sleep(:seconds)")


def terminate(pid: int) -> None:
    """Ends a connection from the server's side, and waits until it is gone."""
    with psycopg.connect(URL, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def backend() -> int:
    """The server's process behind the pool's next connection."""
    with Session(ENGINE) as session:
        return int(session.scalar(BACKEND))


def others_run() -> int:
    """How often another greenlet ran while a statement took 0.1 s."""
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while True:
            eventlet.sleep(0.001)
            ticks += 1

    ticker = eventlet.spawn(tick)
    with Session(ENGINE) as session:
        session.execute(SLEEP, {"seconds": 0.1})
    ticker.kill()
    return ticks


def ended_in_mid_statement() -> bool:
    """Whether a statement whose connection the server ends fails as one of an unavailable database."""
    with Session(ENGINE) as session:
        eventlet.spawn_after(0.05, terminate, session.scalar(BACKEND))
        try:
            session.execute(SLEEP, {"seconds": 60})
        except Exception as fault:
            return is_unavailable(fault)
    return False


def timed_out() -> bool:
    """Whether a statement over its time fails as such, and leaves the connection fit for the next."""
    with Session(ENGINE) as session:
        before = session.scalar(BACKEND)
        session.execute(text("SET LOCAL statement_timeout = 50"))
        try:
            session.execute(SLEEP, {"seconds": 60})
        except Exception as fault:
            session.rollback()
            return is_timeout(fault) and session.scalar(BACKEND) == before
    return False


def given_up() -> dict[str, bool]:
    """A greenlet's own deadline passes in mid-statement: what has become of the connection and of the statement."""
    before = backend()
    try:
        with eventlet.Timeout(0.05), Session(ENGINE) as session:
            session.execute(SLEEP, {"seconds": 60})
    except eventlet.Timeout:
        pass
    after = backend()
    hub = hubs.get_hub()
    waiting = [number for kind in (hub.READ, hub.WRITE) for number in hub.listeners[kind]]
    with psycopg.connect(URL, autocommit=True) as admin, eventlet.Timeout(10):
        while admin.execute("SELECT FROM pg_stat_activity WHERE pid = %s", (before,)).fetchone():
            eventlet.sleep(0.05)
    return {"another connection": after != before, "nobody waits": not waiting}


def query_given_up() -> bool:
    """The same with a compiled query: whether the next gets another connection."""
    database, before = Database(), backend()
    settings = SimpleNamespace(database_url=URL)
    database.container = SimpleNamespace(service_name="patched", config={"cqo": settings})
    try:
        with eventlet.Timeout(0.05):
            database.rows(Query(select(func.pg_sleep(60))))
    except eventlet.Timeout:
        return backend() != before
    return False


def found_ended() -> dict[str, bool]:
    """The server ends a connection that lies in the pool: whether the next transaction is spared that."""
    before = backend()
    terminate(before)
    statements: list[str] = []
    event.listen(ENGINE, "before_cursor_execute", lambda *given: statements.append(given[2]))
    return {"another connection": backend() != before, "one statement": len(statements) == 1}


def large() -> bool:
    """Whether a statement goes through that is larger than what the kernel takes at once."""
    sent = "质" * 10_000_000
    with connect(URL, "patched") as connection:
        row = connection.execute("SELECT length(%s), %s", (sent, sent)).fetchone()
    return row is not None and tuple(row) == (len(sent), sent)


def closed() -> bool:
    """Whether a closed connection says so."""
    connection = connect(URL, "patched")
    connection.close()
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


if __name__ == "__main__":
    checks = (others_run, ended_in_mid_statement, timed_out, given_up, query_given_up, found_ended, large, closed)
    sys.stdout.write(json.dumps({check.__name__: check() for check in checks}) + "\n")
