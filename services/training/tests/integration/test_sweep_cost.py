"""What the sweep of many certificates asks of the database, and what it leaves there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from chassis.due import DueRow
from chassis.errors import NotFound
from testkit.statements import statements
from training.usecases import expiry

LAST_DAY = date(2026, 3, 1)  # the day before that of the clock
FILL = text(
    "INSERT INTO certificate (id, version, division, number, person_id, name, issued_on, valid_from, valid_until, "
    "ruleset, status) SELECT :name || n, 1, '220102', :name || n, 'p' || n, '李明', :day, :day, :day, 1, 'valid' "
    "FROM generate_series(1, :count) AS n"
)


def certificates(session, name, count, day):
    """Valid certificates, and the due row of each."""
    session.execute(FILL, {"name": name, "count": count, "day": day})
    rows = []
    for number in range(1, count + 1):
        key, payload = f"{name}{number}", {"certificate_id": f"{name}{number}", "days_left": 30}
        rows.append(DueRow(number, "any", key, key, day, payload))
    return rows


def cost(session, handle, rows, clock):
    with statements(session.connection()) as found:
        handle(session, rows, clock)
        session.flush()
    return len(found)


@pytest.mark.parametrize(
    ("handle", "day", "at_most"),
    [(expiry.expire, LAST_DAY, 4), (expiry.remind, LAST_DAY + timedelta(days=31), 4)],
)
def test_as_many_statements_serve_400_certificates_as_200(session, clock, handle, day, at_most):
    few = cost(session, handle, certificates(session, "few", 200, day), clock)
    many = cost(session, handle, certificates(session, "many", 400, day), clock)

    assert few == many == at_most  # the certificates read, the events, the certificates, the history or the proof
    events = session.execute(text("SELECT count(*), count(DISTINCT correlation_id) FROM outbox")).one()
    assert tuple(events) == (600, 600)


def test_what_is_swept_together_is_left_as_if_each_had_been_alone(session, clock):
    rows = certificates(session, "c", 3, LAST_DAY)
    expiry.expire(session, rows[:1], clock)
    expiry.expire(session, rows, clock)
    found = session.execute(
        text(
            "SELECT c.id, c.version, c.status, s.on, s.status, s.decision, s.grounds, o.aggregate_version, o.data "
            "FROM certificate c JOIN certificate_status s ON s.certificate_id = c.id "
            "JOIN outbox o ON o.aggregate_id = c.id ORDER BY o.seq"
        )
    )
    day = (LAST_DAY + timedelta(days=1)).isoformat()

    assert [tuple(each) for each in found] == [
        (
            *(f"c{n}", 2, "expired", LAST_DAY + timedelta(days=1), "expired", "expired"),
            *({"valid_until": LAST_DAY.isoformat()}, 2),
            {"certificate_id": f"c{n}", "number": f"c{n}", "person_id": f"p{n}", "on": day},
        )
        for n in (1, 2, 3)
    ]


def test_two_rows_of_one_certificate_are_two_events_in_order(session, clock):
    [row] = certificates(session, "c", 1, LAST_DAY + timedelta(days=31))
    other = DueRow(2, "any", "other", "other", row.due_on, {**row.payload, "days_left": 7})
    expiry.remind(session, [row, other], clock)
    found = session.execute(
        text(
            "SELECT aggregate_version, data ->> 'days_left', days_left "
            "FROM outbox JOIN expiry_notice ON event_id = outbox.id::text ORDER BY seq"
        )
    ).all()

    assert [tuple(each) for each in found] == [(2, "30", 30), (3, "30", 7)]  # the days left, and the reminder
    assert session.scalar(text("SELECT version FROM certificate")) == 3


def test_a_certificate_that_is_not_there_is_said_to_be_missing(session, clock):
    rows = certificates(session, "c", 2, LAST_DAY)
    session.execute(text("DELETE FROM certificate WHERE id = 'c2'"))

    with pytest.raises(NotFound):
        expiry.expire(session, rows, clock)
