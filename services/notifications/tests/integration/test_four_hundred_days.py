"""400 days with 10,000 certificates, outages of every part, a clock that jumps, and a year without its holidays."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from notice_world import tree
from simulated_oracle import Oracle, address_of
from simulated_plan import BEFORE, DAYS, FIRST, at, make
from simulated_system import System
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from chassis.ids import new_id
from notifications.domain.notice import Channel
from notifications.storage import contact, coverage_gap, coverage_run, programme_day
from notifications.usecases import coverage
from testkit.divisions import CHANGCHUN, NANGUAN

SEED = 20261129
DOUBT = timedelta(milliseconds=2)  # nothing runs beside anything else here
JUMPS = {40: 1, 41: 0, 120: -1, 123: 0, 200: 1, 207: 0, 300: -1, 301: 0}  # the clock's days beside the true ones
HOUR = 9
KINDS = (
    "certificate_expiring",
    "certificate_renewed",
    "certificate_expired",
    "certificate_revoked",
    "certificate_suspended",
    "certificate_reinstated",
    "appointment_made",
    "appointment_filing_submitted",
    "appointment_filing_overdue",
    "appointment_ended",
)
PUBLISH = text(
    "INSERT INTO ruleset (version, effective_from, document, parameters, published_at) "
    "SELECT :version, :day, '示例规则', parameters || jsonb_build_object('notices', (SELECT jsonb_agg(given) FROM "
    "jsonb_array_elements(parameters -> 'notices') AS given WHERE given ->> 'key' = ANY (:kinds)), "
    "'timing', CAST(:timing AS jsonb)) , now() FROM ruleset WHERE version = 1"
)
TIMING = {"quiet_from": "20:00", "quiet_until": "08:00", "working_days_only": ["email"], "digest_at": "08:30"}


@dataclass
class Run:
    system: System
    oracle: Oracle
    engine: Any  # Any: an engine
    seconds: float


@pytest.fixture(scope="module")
def simulated(make_database, personal_data):
    """The 400 days, once for all that is asked of them."""
    url = make_database("notifications")
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    clock = FixedClock(at(BEFORE, 20))
    oracle = Oracle(clock, engine)
    system = System(url, engine, clock, personal_data, random.Random(SEED), oracle)
    started = time.monotonic()
    events = make(SEED)
    with engine.begin() as connection:
        for version, day, kinds in ((2, BEFORE - timedelta(days=30), KINDS[:1]), (3, FIRST, KINDS)):
            given = {"version": version, "day": day, "kinds": list(kinds), "timing": json.dumps(TIMING)}
            connection.execute(PUBLISH, given)
    # Other tests' sessions have times of their own.
    listener = programme_day.tell(clock)
    place = play(system, oracle, events)
    assert place == len(events), "all of them happened"
    yield Run(system, oracle, engine, time.monotonic() - started)
    event.remove(Session, "after_begin", listener)
    engine.dispose()


def play(system: System, oracle: Oracle, events: list[Any]) -> int:  # Any: Envelopes
    """Has everything happen; returns how many events have."""
    known = [each for each in events if each.time <= system.clock.now()]
    system.receive([*tree(), *known])
    system._apply()
    system._plan()
    give_addresses(system, oracle)
    oracle.announces = True
    place, waiting = len(known), {"/registry": [], "/training": []}
    for number in range(DAYS + 1):
        day, skew = FIRST + timedelta(days=number), _skew(number)
        system.outages.next_day()
        if number > DAYS - 10:
            system.outages.down.clear()
        true = at(day, HOUR)
        system.clock.at = true + timedelta(days=skew)
        while place < len(events) and events[place].time <= true:
            waiting[events[place].source].append(events[place])
            place += 1
        for source, held in waiting.items():
            if system.outages.is_up(source.removeprefix("/")):
                system.receive(held)
                held.clear()
        system.work()
        system.pass_time(timedelta(days=1))
    return place


def _skew(number: int) -> int:
    before = [day for day in JUMPS if day <= number]
    return JUMPS[max(before)] if before else 0


def give_addresses(system: System, oracle: Oracle) -> None:
    """A tenth of the people have an address, a fifth of the firms, and the offices in and of 长春."""
    rng = random.Random(SEED)
    owners = [("person", each) for each in oracle.people if rng.random() < 0.1]
    owners += [("enterprise", each) for each in oracle.firms if rng.random() < 0.2]
    owners += [("division", each) for each in (CHANGCHUN, NANGUAN)]
    sealed = {
        (kind, owner): system.personal_data.seal_address(Channel.EMAIL, owner, address_of(kind, owner))
        for kind, owner in dict.fromkeys(owners)
    }
    with Session(system.engine) as session, session.begin():
        rows = [{"owner_kind": kind, "owner_id": owner, "email": email} for (kind, owner), email in sealed.items()]
        session.execute(contact.insert(), rows)


def test_everybody_is_told_once_in_time_and_truly(simulated):
    system, oracle = simulated.system, simulated.oracle
    mailed = {}
    for message in system.post.taken:
        mailed.setdefault(message.identity, []).append(message)
    twice = [each for each, taken in mailed.items() if len(taken) > 1 + system.post.unanswered[each]]
    figures = {
        "seed": SEED,
        "days": DAYS,
        "certificates": len(oracle.certificates),
        "notices due": len(oracle.due),
        "letters taken": len(system.post.taken),
        "missed": len(oracle.missed),
        "doubled": len(oracle.doubled) + len(twice),
        "not due": len(oracle.not_due),
        "early": len(oracle.early),
        "untrue on the day": len(oracle.untrue),
        "other people's data": len(oracle.foreign),
        "outages": dict(system.outages.seen),
        **system.figures,
        "seconds": round(simulated.seconds),
    }

    print(f"\n{json.dumps(figures, ensure_ascii=False)}")

    assert oracle.missed == [] and oracle.not_due == []
    assert oracle.doubled == [] and twice == []
    assert oracle.early == []
    assert oracle.untrue == []
    assert oracle.foreign == []


def test_the_audit_finds_nothing_to_blame_in_it(simulated):
    """Days here and there, and those around the clock's jumps: what was late by an outage is no difference."""
    clock = simulated.system.clock
    settings = SimpleNamespace(mail_journal=None, mail_from="no-reply@cqo.invalid", notice_days=400, service="n")
    days = sorted({*range(0, DAYS - 2, 9), *(jump + near for jump in JUMPS for near in (-1, 0, 1))})
    run, started = new_id(), time.monotonic()
    with Session(simulated.engine) as session, session.begin():
        row = {"id": run, "days": [], "done": 0, "nightly": False, "asked_by": "t", "asked_at": clock.now()}
        session.execute(coverage_run.insert().values(row))
        for number in days:
            coverage.audit_day(session, run, FIRST + timedelta(days=number), clock.now(), settings, DOUBT)
        found = session.execute(
            select(coverage_gap).where(coverage_gap.c.reason.not_in(("no_address", "unknown")))
        ).all()
        due = session.execute(text("SELECT channel, sum(due), sum(accepted) FROM coverage_figure GROUP BY 1")).all()
    seconds = round(time.monotonic() - started)
    print(f"\naudited {len(days)} days in {seconds} s: {[tuple(each) for each in due]}, differences {len(found)}")

    assert found == []
