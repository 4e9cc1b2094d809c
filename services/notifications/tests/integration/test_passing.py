"""Notices pass with all that hangs on them, and the proof still counts what was ever received."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sqlalchemy import func, insert, select, update

from chassis.messaging.inbox.tables import inbox_applied
from notifications.config import Settings
from notifications.domain.notice import State
from notifications.queries.filters import ProofFilters
from notifications.queries.proof import proof
from notifications.storage import cause, cause_passed, delivery, matter, notice, reading
from notifications.usecases.passing import forget_matters, forget_notices
from programme.callers import Caller

OFFICE = Caller("wang", "province")
TABLES = (cause, notice, delivery)


@pytest.fixture
def settings():
    required = {each.name: "none" for each in fields(Settings) if each.name != "notice_days"}
    return Settings(**required, notice_days=400)


def rows(session):
    return [session.scalar(select(func.count()).select_from(table)) for table in TABLES]


def test_notices_pass_after_their_days_and_the_proof_holds(session, world, tell, clock, settings):
    firm = world.firm()
    person = world.person(firm)
    certificate = world.certificate(person)
    tell(firm, person, certificate, world.revoked(certificate))
    session.execute(insert(inbox_applied).values(type="certificate.issued.v1", lane=0, applied=1, id_sum=1))
    session.execute(insert(inbox_applied).values(type="certificate.revoked.v1", lane=0, applied=1, id_sum=1))
    first = session.scalars(select(notice.c.id).limit(1)).one()
    session.execute(insert(reading).values(notice_id=first, reader="wang", read_at=clock.now()))
    before = rows(session)
    assert proof(session, OFFICE, ProofFilters(), clock.today()).proved

    clock.move(days=399)
    assert forget_notices(session, clock.now(), settings) == 0
    clock.move(days=2)
    assert forget_notices(session, clock.now(), settings) == 0, "their letters are still in hand"
    assert rows(session) == before

    session.execute(update(delivery).values(state=State.FAILED))
    assert forget_notices(session, clock.now(), settings) == 2
    assert rows(session) == [0, 0, 0]
    assert dict(session.execute(select(cause_passed)).all()) == {
        "certificate.issued.v1": 1,
        "certificate.revoked.v1": 1,
    }
    found = proof(session, OFFICE, ProofFilters(), clock.today())
    assert found.proved, "what was received is counted, kept or not"
    assert forget_notices(session, clock.now(), settings) == 0


def test_one_notice_that_is_in_hand_keeps_no_other(session, world, tell, clock, settings):
    firm = world.firm()
    person, other = world.person(firm), world.person(firm)
    tell(firm, person, other, world.certificate(person), world.certificate(other))
    kept = session.scalars(select(cause.c.id).order_by(cause.c.id)).first()
    others = select(notice.c.id).where(notice.c.cause_id != kept)
    session.execute(update(delivery).where(delivery.c.notice_id.in_(others)).values(state=State.SENT))
    clock.move(days=500)

    assert forget_notices(session, clock.now(), settings) == 1
    assert session.scalars(select(cause.c.id)).all() == [kept]


def test_what_was_put_right_long_ago_is_forgotten_and_what_is_open_is_not(session, clock, settings):
    opened = {"opened_on": clock.today(), "opened_by": "e", "enterprise_id": None, "closed_by": None}
    rows = (("filing", "open", None), ("filing", "closed", clock.today()), ("nomination", "standing", None))
    for kind, subject, closed_on in rows:
        session.execute(insert(matter).values(kind=kind, subject=subject, closed_on=closed_on, **opened))

    clock.move(days=400)
    assert forget_matters(session, clock.now(), settings) == 0
    clock.move(days=1)
    assert forget_matters(session, clock.now(), settings) == 2
    assert session.scalars(select(matter.c.subject)).all() == ["open"]
