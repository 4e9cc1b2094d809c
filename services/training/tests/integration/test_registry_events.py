"""What is kept of the registry's events, on a real database."""

from __future__ import annotations

from datetime import UTC, datetime

from chassis.messaging import Envelope
from training.domain.parties import Enterprise, Person
from training.handlers import enterprises, people
from training.schemas.consumed import EnterpriseState, PersonState
from training.usecases import parties


def event(kind, subject, sequence, state):
    return Envelope(f"{subject}-{sequence}", "/registry", kind, subject, datetime.now(UTC), sequence, state)


def test_of_a_person_that_is_twice_in_a_batch_the_last_state_is_kept(session):
    first, last = PersonState("p", "李明", "220102"), PersonState("p", "李明", "220302", "f")
    people.keep(session, [event("person.registered.v1", "p", 1, first), event("person.changed.v1", "p", 2, last)])

    assert parties.people_by_id(session, ["p", "nobody"]) == {"p": Person("p", "李明", "220302", "f")}


def test_an_enterprise_is_overwritten_by_its_later_events(session):
    before, after = EnterpriseState("f", "示例企业", "220102"), EnterpriseState("f", "示例集团", "220102")
    enterprises.keep(session, [event("enterprise.registered.v1", "f", 1, before)])
    enterprises.keep(session, [event("enterprise.changed.v1", "f", 2, before)] * 2)
    enterprises.keep(session, [event("enterprise.changed.v1", "f", 3, after)])

    assert parties.enterprises_by_id(session, ["f"]) == {"f": Enterprise("f", "示例集团", "220102")}
