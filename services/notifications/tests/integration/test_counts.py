"""The proof and the summary, read from counts, are those of the rows, whatever comes, changes or goes."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import delete, func, select, text, update

from chassis.clock import SHANGHAI
from chassis.ids import new_id
from chassis.process import revisions
from notifications.domain.notice import State
from notifications.queries.filters import ProofFilters, SummaryFilters
from notifications.queries.notices import summary
from notifications.queries.proof import proof
from notifications.storage import cause, cause_change, cause_sum, delivery, delivery_change, delivery_sum, notice
from notifications.usecases import counting
from programme import rulesets
from programme.callers import Caller

OFFICE = Caller("wang", "province")
STAFF = (OFFICE, Caller("li", "division", division="220100"), Caller("zhao", "division", division="220184"))
FIRST = datetime(2024, 11, 20, 9, tzinfo=SHANGHAI)  # with two ends of a year behind it
DAYS = 500
STATES = (State.SENT, State.FAILED, State.NO_ADDRESS, State.PENDING, State.SENDING)


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_the_rows(session, world, tell, sweep, clock, seed):
    rng = random.Random(seed)
    _live(session, world, tell, sweep, clock, rng, 25)
    counting.add_changes(session, clock.now(), None)
    _publish(session, clock)
    _live(session, world, tell, sweep, clock, rng, 12)

    _compare(session, clock, rng)

    while counting.add_changes(session, clock.now(), None):
        pass
    _compare(session, clock, rng)
    added_up = _sums(session)
    for table in (cause_sum, delivery_sum):
        session.execute(delete(table))
    scripts = ScriptDirectory(str(revisions.folder_of("notifications")))
    session.execute(text("ALTER TABLE cause_sum ALTER COLUMN offices SET DEFAULT ''"))  # which 0018 has added
    for statement in scripts.get_revision("0011").module.FILL:
        session.execute(text(statement))
    assert _sums(session) == added_up


def test_what_is_missing_is_found_on_the_days_that_differ(session, world, tell, sweep, clock):
    rng = random.Random("missing")
    _live(session, world, tell, sweep, clock, rng, 10)
    session.execute(delete(delivery).where(delivery.c.state == State.PENDING))

    for caller in STAFF:
        found, looked_up = (proof(session, caller, ProofFilters(each=each), clock.today()) for each in (False, True))
        assert found.items == looked_up.items
        assert set(found.missing) <= set(looked_up.missing)
        assert len(looked_up.missing) == found.total.missing
        assert bool(found.missing) == bool(looked_up.missing)
    office = proof(session, OFFICE, ProofFilters(), clock.today())
    assert office.missing and not office.proved


def test_a_change_of_a_delivery_waits_for_no_other(session, world, tell, sweep, clock):
    """Each is a row of its own; the sums, which many would have to change, are changed by the upkeep alone."""
    _live(session, world, tell, sweep, clock, random.Random("waits"), 5)

    assert session.scalar(select(func.count()).select_from(cause_sum)) == 0
    assert session.scalar(select(func.count()).select_from(delivery_sum)) == 0
    assert session.scalar(select(func.count()).select_from(cause_change)) > 0
    assert session.scalar(select(func.count()).select_from(delivery_change)) > 0


def _live(session, world, tell, sweep, clock, rng, number):
    """Events of many days, some without an enterprise, for divisions here and there; then changes of any row."""
    for _ in range(number):
        firm = world.firm(rng.choice(("220184", "220102", "220381", "220100", "220581")))
        person = world.person(firm if rng.random() < 0.7 else None)
        certificate = world.certificate(person)
        tell(firm, person, certificate)
        if rng.random() < 0.5:
            tell(world.revoked(certificate))
        if rng.random() < 0.5:
            tell(*_of_offices(world, firm, person))
        if rng.random() < 0.3:
            tell(world.target(rng.choice(("220100", "220184"))))
    now = clock.at
    clock.move(days=1100)  # what is due of certificates, and each stage
    sweep()
    clock.at = now
    # A delivery counts by the days of its cause and notice, which never change in life: taken out while they are moved.
    rows = [dict(row) for row in session.execute(select(delivery)).mappings()]
    session.execute(delete(delivery))
    for table, column in ((cause, "occurred_at"), (notice, "created_at")):
        for key in session.scalars(select(table.c.id)).all():
            at = FIRST + timedelta(hours=rng.randrange(DAYS * 24))
            session.execute(update(table).where(table.c.id == key).values({column: at}))
    for row in rows:
        session.execute(delivery.insert().values(**row))
    for row in rng.sample(rows, len(rows) // 2):
        changed = {"state": rng.choice(STATES), "maybe_repeated": rng.randrange(3)}
        session.execute(update(delivery).where(delivery.c.id == row["id"]).values(**changed))
    for row in rng.sample(rows, 3):
        session.execute(delete(delivery).where(delivery.c.id == row["id"]))


def _of_offices(world, firm, person):
    """What goes to the province, to the centre, and by stages to the offices above."""
    day = {"on": "2026-03-02", "enterprise_id": firm.subject, "person_id": person.subject}
    incident = {**day, "incident_id": new_id(), "grade": "I", "late": False}
    yield world.event("incident.forwarded.v1", incident["incident_id"], incident, firm.data["division"])
    yield world.event("appeal.submitted.v1", new_id(), {**day, "class_id": "k"}, firm.data["division"])
    overdue = {**day, "appointment_id": new_id(), "filing_due_on": "2026-03-01"}
    yield world.event("appointment.filing_overdue.v1", overdue["appointment_id"], overdue, firm.data["division"])


def _publish(session, clock):
    """Rules by which one notice goes to every office, of which some are the same."""
    newest, *_ = rulesets.all_versions(session)
    rules = [dict(each) for each in newest.parameters["notices"]]
    for each in rules:
        if each["key"] in ("certificate_issued", "certificate_revoked", "target_set"):
            each["audience"] = ["division", "prefecture", "province", "centre"]
    changed = {**newest.parameters, "notices": rules}
    rulesets.publish(session, OFFICE, rulesets.PublishRuleSet(clock.today(), "示例", changed, "示例"), clock)


def _compare(session, clock, rng):
    today = clock.today()
    for caller in STAFF:
        for filters in _filters(rng):
            found = proof(session, caller, ProofFilters(**filters), today)
            looked_up = proof(session, caller, ProofFilters(**filters, each=True), today)
            assert found.items == looked_up.items and found.received == looked_up.received
        for filters in _filters(rng):
            filters.pop("kind", None)
            assert _summary(session, caller, filters, today) == _plain_summary(session, caller, filters)


def _filters(rng):
    first, last = sorted((FIRST + timedelta(days=rng.randrange(DAYS))).date() for _ in range(2))
    yield from ({}, {"kind": "certificate_issued"}, {"since": first}, {"until": last})
    yield from ({"since": first, "until": last}, {"since": last, "until": last, "kind": "target_set"})


def _summary(session, caller, filters, today):
    found = summary(session, caller, SummaryFilters(**filters), today)
    counts = {(each.kind, each.channel, each.state): (each.number, each.maybe_repeated) for each in found.items}
    return counts, found.notices


def _plain_summary(session, caller, filters):
    prefecture = {"220100": ("220100", "220184", "220102", "220381"), "220184": ("220184", "220381")}
    seen = prefecture.get(caller.division)
    counts, notices = {}, set()
    notices = {
        row.id: row.kind
        for row in session.execute(select(notice))
        if (seen is None or row.division in seen)
        and filters.get("since", FIRST.date()) <= row.created_at.astimezone(SHANGHAI).date()
        and row.created_at.astimezone(SHANGHAI).date() <= filters.get("until", (FIRST + timedelta(DAYS)).date())
    }
    for row in session.execute(select(delivery).where(delivery.c.notice_id.in_(notices))):
        place = notices[row.notice_id], row.channel, row.state
        number, repeated = counts.get(place, (0, 0))
        counts[place] = number + 1, repeated + row.maybe_repeated
    return counts, len(notices)


def _sums(session):
    causes = Counter()
    for *place, _offices, number in session.execute(select(*cause_sum.c)):
        causes[tuple(place)] += number
    deliveries = {tuple(row)[:-2]: tuple(row)[-2:] for row in session.execute(select(delivery_sum))}
    return {place: number for place, number in causes.items() if number}, {
        place: numbers for place, numbers in deliveries.items() if any(numbers)
    }
