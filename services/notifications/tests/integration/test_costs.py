"""How many statements it takes to announce a batch of events, to plan what is due later, and to send it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chassis.messaging.inbox.applying import handlers_of
from notifications.worker import Worker
from testkit.statements import statements


@pytest.fixture
def apply(session, clock, personal_data):
    """Hands a batch of events of one type to its handler; the statements that this takes."""
    worker = Worker()
    worker.clock, worker.personal_data = clock, personal_data
    handlers = handlers_of(worker)

    def hand_over(batch):
        with statements(session.connection()) as sent:
            handlers[batch[0].type](session, batch)
            session.flush()
        return sent

    return hand_over


@pytest.mark.parametrize("number", [1, 40])
def test_what_is_announced_at_once_takes_the_same_statements_however_many(world, tell, apply, number):
    firm = world.firm()
    people = [world.person(firm) for _ in range(number)]
    tell(firm, *people)
    of = {"enterprise_id": firm.subject, "on": "2026-03-02"}
    batch = [
        world.event(
            "recommendation.refused.v1",
            f"r{place}",
            {**of, "recommendation_id": f"r{place}", "person_id": each.subject},
        )
        for place, each in enumerate(people)
    ]

    # The rules; people, their employers, enterprises, the tree; what they chose, edited templates; causes, notices,
    # deliveries, events.
    assert len(apply(batch)) == 11


@pytest.mark.parametrize("number", [1, 40])
def test_what_is_planned_takes_the_same_statements_however_many(session, world, tell, apply, sweep, clock, number):
    firm = world.firm()
    people = [world.person(firm) for _ in range(number)]
    tell(firm, *people)

    # Beside those above: the certificates, and what is planned.
    assert len(apply([world.certificate(person) for person in people])) == 13
    clock.at = datetime(2028, 12, 1, 1, tzinfo=UTC)
    with statements(session.connection()) as sent:
        assert sweep() == number
    # What is taken of two kinds, and settled; the rules twice; then as above, and the certificates for the condition.
    assert len(sent) == 16
