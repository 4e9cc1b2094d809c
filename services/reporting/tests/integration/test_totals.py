"""The sums are those of the records: on random histories, for every day, as the handlers and as the migration add them.

Each history is told in an order that keeps each object's own and no other, in batches of any size: ends that are
entered late, changes for a day before the last one, classes that are heard of after their enrolments.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import groupby

import pytest
from alembic.script import ScriptDirectory
from reporting_world import (
    CHANGBAISHAN,
    CHANGCHUN,
    CHIBEI,
    GONGZHULING_OLD,
    MEIHEKOU,
    NANGUAN,
    PROVINCE,
    Chronicle,
    figures,
)
from sqlalchemy import create_engine, delete, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.http import PageArguments
from chassis.process import revisions
from reporting import queries, storage
from reporting.domain.coverage import FLAGS, Population, PostState
from reporting.handlers.kept import KEPT
from reporting.queries import RecordFilters
from testkit import wait_for

FIRST = date(2019, 12, 1)
DAYS = 900  # beyond two ends of a year
WAITS = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
SUMS = (storage.coverage_period, storage.coverage_change, storage.count_change)


@pytest.mark.parametrize("seed", range(6))
def test_every_figure_of_a_random_history_is_that_of_its_records(session, apply, seed):
    rng = random.Random(seed)
    _tell(rng, apply)
    _compare(session, rng)


@pytest.mark.parametrize("seed", range(4))
def test_what_was_taken_back_to_an_earlier_version_is_counted_as_it_then_was(session, apply, applier, seed):
    """As `reconcile --accept` does it when a publisher was put back; to no version at all, too."""
    rng = random.Random(seed)
    told = _tell(rng, apply)
    for aggregate in rng.sample(sorted({event.aggregate for event in told}), 25):
        kind, _, subject = aggregate.partition(":")
        events = [event for event in told if event.aggregate == aggregate]
        KEPT[kind].forget(session, subject)
        for event in events[: rng.randrange(len(events))]:
            applier.handlers[event.type](session, [event])

    _compare(session, rng)


def _compare(session, rng):
    """The figures of some days with the plain choice of the latest records, and all sums with the migration's."""
    filled = _sums(session)
    days = [FIRST + timedelta(days=-1), *(FIRST + timedelta(days=rng.randrange(DAYS)) for _ in range(6))]
    days += [date(2020, 12, 31), date(2021, 1, 1), date(2021, 1, 31), FIRST + timedelta(days=DAYS)]

    for day in days:
        assert _coverage(session, day) == _plain_coverage(session, day), day
        assert _statistics(session, day) == _plain_statistics(session, day), day

    for table in SUMS:
        session.execute(delete(table))
    for revision in ("0010", "0012"):
        for statement in _migration(revision).FILL:
            session.execute(text(statement))
    assert _sums(session) == filled


def test_the_records_behind_a_figure_of_a_random_history_are_those_it_counts(session, apply):
    rng = random.Random("records")
    _tell(rng, apply)

    for _ in range(10):
        day, population = FIRST + timedelta(days=rng.randrange(DAYS)), rng.choice(list(Population))
        figure = queries.coverage(session, PROVINCE, day, population)
        for unit in figure.units:
            for state, number in (
                (PostState.ACTIVE, unit.active),
                (PostState.SUSPENDED, unit.suspended),
                (PostState.NONE, unit.enterprises - unit.active - unit.suspended),
            ):
                filters = RecordFilters(day, population, unit.unit, state)
                found = queries.records(session, PROVINCE, filters, day, PageArguments(limit=500))
                assert len(found.items) == number


def test_two_replicas_that_change_one_enterprise_at_once_count_what_both_did(make_database, applier, chronicle):
    """Its own events and those of its appointments belong to different aggregates, so no cursor keeps them apart."""
    engine = create_engine(make_url(make_database("reporting")).set(drivername="postgresql+psycopg"))
    enterprise = chronicle.enterprise(NANGUAN)
    moved, made = (
        chronicle.enterprise(CHIBEI, "2026-01-10", enterprise.subject),
        chronicle.made(enterprise, "2026-01-05"),
    )
    with Session(engine) as session, session.begin():
        for event in (*chronicle.tree(), enterprise):
            applier.apply(session, [event])

    def second() -> None:
        with Session(engine) as session, session.begin():
            applier.apply(session, [made])

    with ThreadPoolExecutor(1) as pool:
        with Session(engine) as first, first.begin():
            applier.apply(first, [moved])
            other = pool.submit(second)
            with engine.connect() as watcher:
                wait_for(lambda: watcher.scalar(WAITS) or other.done(), 20)
            assert not other.done()
        other.result(20)

    with Session(engine) as session:
        assert figures(session, "2026-01-09") == {CHANGCHUN: (1, 1, 0)}
        assert figures(session, "2026-01-10") == {CHANGBAISHAN: (1, 1, 0)}
    engine.dispose()


def _migration(revision):
    scripts = ScriptDirectory(str(revisions.folder_of("reporting")))
    return scripts.get_revision(revision).module


def _tell(rng, apply):
    """A history of random lives, told in random batches; returns its events."""
    lives = list(_lives(rng, Chronicle()))
    told = []
    while lives:
        life = rng.choice(lives)
        told.append(life.pop(0))
        lives = [each for each in lives if each]
    place = 0
    while place < len(told):
        size = rng.choice((1, 2, 5, 20))
        apply(*told[place : place + size])
        place += size
    return told


def _day(rng):
    return str(FIRST + timedelta(days=rng.randrange(DAYS)))


def _lives(rng, chronicle):
    enterprises = []
    for _ in range(6):
        first = chronicle.enterprise(rng.choice((NANGUAN, CHIBEI)), _day(rng), **_flags(rng))
        life = [first]
        for _ in range(rng.randrange(4)):
            division = rng.choice((NANGUAN, CHIBEI, GONGZHULING_OLD, MEIHEKOU))
            life.append(chronicle.enterprise(division, _day(rng), first.subject, **_flags(rng)))
        enterprises.append(first)
        yield life
    for _ in range(9):
        made = chronicle.made(rng.choice(enterprises), _day(rng))
        what = rng.choices(("suspended", "restored", "ended"), k=rng.randrange(5))
        filed = [chronicle.then(made, "filed", _day(rng), late=rng.random() < 0.5)] if rng.random() < 0.7 else []
        yield [made, *filed, *(chronicle.then(made, each, _day(rng)) for each in what)]
    for number in range(6):
        later = rng.choices(("expired", "renewed", "revoked"), k=rng.randrange(4))
        yield [chronicle.certificate(what, f"c{number}", _day(rng)) for what in ("issued", *later)]
        later = rng.choices(("lapsed", "restored"), k=rng.randrange(4))
        yield [chronicle.talent(what, f"p{number}", _day(rng)) for what in ("admitted", *later)]
        yield [chronicle.delivery(rng.choice(("sent", "failed")), f"d{number}", _day(rng)) for _ in range(3)]
    for number in range(4):
        yield [chronicle.educated(f"p{number}", 2020, _day(rng), rng.choice((8, 15.5, 16, 24))) for _ in range(3)]
    for kind in ("initial", "continuing"):
        course = chronicle.course(kind)
        yield [course]
        for _ in range(4):
            yield [chronicle.enrolment(course, _day(rng), rng.random() < 0.5)]


def _flags(rng):
    return {name: rng.random() < 0.5 for name in ("above_threshold", "award_contender", "brand_contender")}


def _sums(session):
    """All that the tables of sums hold; zeros, and the lanes in which was counted, left out."""
    periods = sorted(tuple(row) for row in session.execute(select(storage.coverage_period)))
    coverage = {tuple(row)[:-3]: tuple(row)[-3:] for row in session.execute(select(storage.coverage_change))}
    coverage = {place: numbers for place, numbers in coverage.items() if any(numbers)}
    counts = Counter()
    for *place, _lane, number in session.execute(select(storage.count_change)):
        counts[tuple(place)] += number
    return periods, coverage, {place: number for place, number in counts.items() if number}


def _coverage(session, day):
    found = {}
    for population in Population:
        units = queries.coverage(session, PROVINCE, day, population).units
        found[population] = sum(unit.enterprises for unit in units), sum(unit.active for unit in units)
        found[population, "suspended"] = sum(unit.suspended for unit in units)
    return found


def _held(session, table, day):
    """Of each object, the record with the highest version of those that begin by then."""
    key = table.primary_key.columns.values()[0]
    rows = session.execute(select(table).where(table.c.on <= day).order_by(key, table.c.version)).all()
    return [list(group)[-1] for _, group in groupby(rows, lambda row: getattr(row, key.name))]


def _plain_coverage(session, day):
    posts = defaultdict(set)
    for row in _held(session, storage.appointment_history, day):
        posts[row.enterprise_id].add(row.status)
    found = {}
    for population in Population:
        flags = FLAGS[population]
        members = [
            row.enterprise_id
            for row in _held(session, storage.enterprise_history, day)
            if not flags or any(getattr(row, flag) for flag in flags)
        ]
        active = sum("active" in posts[each] for each in members)
        found[population] = len(members), active
        found[population, "suspended"] = sum(
            "suspended" in posts[each] and "active" not in posts[each] for each in members
        )
    return found


def _statistics(session, day):
    found = queries.statistics(session, day)
    return (
        found.enterprises,
        *(dict(each) for each in (found.certificates, found.talents, found.appointments)),
        (found.filings.in_time, found.filings.late),
        {(each.class_kind, each.passed): each.number for each in found.enrolments},
        {each.state: each.number for each in found.deliveries},
        {each.year: (each.reached, each.behind) for each in found.education},
    )


def _plain_statistics(session, day):
    tables = storage.certificate_history, storage.talent_history, storage.appointment_history
    filings = Counter(row.late for row in session.execute(select(storage.filing).where(storage.filing.c.on <= day)))
    kinds = {row.class_id: row.kind for row in session.execute(select(storage.training_class))}
    enrolled = session.execute(select(storage.enrolment).where(storage.enrolment.c.on <= day))
    deliveries = Counter()
    for row in session.execute(select(storage.delivery)):
        if row.on <= day or (row.failed_on and row.failed_on <= day):
            deliveries[row.state if row.on <= day else "failed"] += 1
    told = select(storage.education).where(storage.education.c.on <= day).order_by(storage.education.c.version)
    hours = {(row.person_id, row.year): row for row in session.execute(told)}
    educated = defaultdict(lambda: [0, 0])
    for (_, year), row in hours.items():
        educated[year][row.total_hours < row.required_hours] += 1
    return (
        len(_held(session, storage.enterprise_history, day)),
        *(dict(Counter(row.status for row in _held(session, table, day))) for table in tables),
        (filings[False], filings[True]),
        dict(Counter((kinds[row.class_id], row.passed) for row in enrolled if row.class_id in kinds)),
        dict(deliveries),
        {year: tuple(numbers) for year, numbers in educated.items()},
    )
