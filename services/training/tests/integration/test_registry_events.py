"""What is kept of the registry's events, on a real database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text
from training_world import CENTRE, CHANGCHUN, firm_id

from chassis.errors import NotFound
from chassis.messaging import Envelope
from programme.callers import Caller
from testkit.statements import statements
from training import queries
from training.domain.parties import Enterprise, Person
from training.handlers import enterprises, people
from training.schemas.consumed import EnterpriseState, PersonState
from training.usecases import certificates, parties
from training.usecases.certificates import Revoke


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


def sees(centre, caller, certificate):
    try:
        return queries.get_certificate(centre.session, caller, certificate.id, None, centre.clock.today()) is not None
    except NotFound:
        return False


SIPING = Caller("zhao", "division", division="220300")


def test_a_certificate_follows_its_holder_to_another_firm_and_division(centre):
    [certificate] = centre.certify(centre.somebody())
    [other] = centre.somebody(1, ("220302",))
    former, present = (Caller("q", "enterprise", enterprise_id=firm_id(n)) for n in (0, 1))
    moved = PersonState(certificate.person_id, "李明0", "220302", other["enterprise_id"])
    people.keep(centre.session, [event("person.changed.v1", certificate.person_id, 2, moved)])

    seen = [sees(centre, caller, certificate) for caller in (former, CHANGCHUN, present, SIPING)]
    assert seen == [False, False, True, True]
    revoke = Revoke(reason="示例：申报材料不实", document="示例文号〔2027〕1号")
    certificates.revoke(centre.session, CENTRE, certificate.id, certificate.version, revoke, centre.clock)
    centre.session.flush()
    division = text("SELECT division FROM outbox WHERE type = 'certificate.revoked.v1'")
    assert centre.session.scalar(division) == "220302"


def test_a_certificate_follows_the_firm_of_its_holder_to_another_division(centre):
    [certificate] = centre.certify(centre.somebody())
    moved = EnterpriseState(firm_id(0), "示例企业0", "220302")
    enterprises.keep(centre.session, [event("enterprise.changed.v1", firm_id(0), 2, moved)])

    assert [sees(centre, caller, certificate) for caller in (CHANGCHUN, SIPING)] == [False, True]


def test_a_holder_whose_new_firm_is_not_known_yet_is_found_where_it_lies_once_it_is(centre):
    [certificate] = centre.certify(centre.somebody())
    moved = PersonState(certificate.person_id, "李明0", "220102", "new")
    people.keep(centre.session, [event("person.changed.v1", certificate.person_id, 2, moved)])
    assert sees(centre, CHANGCHUN, certificate)

    firm = EnterpriseState("new", "示例新企业", "220302")
    enterprises.keep(centre.session, [event("enterprise.registered.v1", "new", 1, firm)])
    assert [sees(centre, caller, certificate) for caller in (CHANGCHUN, SIPING)] == [False, True]


def test_who_has_moved_while_the_class_ran_is_certified_where_they_work_now(centre):
    [item], [other] = centre.somebody(), centre.somebody(1, ("220302",))
    training_class = centre.schedule()
    centre.nominate(training_class, [item])
    moved = PersonState(item["person_id"], "李明0", "220302", other["enterprise_id"])
    people.keep(centre.session, [event("person.changed.v1", item["person_id"], 2, moved)])
    centre.attend(training_class, [item["person_id"]])
    centre.sit(training_class, [item["person_id"]])
    centre.clock.move(days=11)
    centre.close(training_class)
    centre.session.flush()

    [found] = centre.session.execute(text("SELECT enterprise_id, division, number FROM certificate"))
    assert (found.enterprise_id, found.division) == (other["enterprise_id"], "220302")
    assert found.number.startswith("CQO-JL-2026-220300-")


def test_people_who_are_registered_cost_no_look_for_certificates(session):
    registered = [event("person.registered.v1", str(n), 1, PersonState(str(n), "李明", "220102")) for n in range(50)]
    with statements(session.connection()) as found:
        people.keep(session, registered)

    assert len(found) == 1
