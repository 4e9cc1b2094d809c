from datetime import date

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING, appointment_of, id_number
from sqlalchemy import text

from chassis.errors import CqoError, InvalidInput, NotFound, StaleVersion
from chassis.http import PageArguments
from chassis.ids import new_id
from programme.callers import Caller
from programme.scope import OutsideDivision
from registry import queries, views
from registry.domain.admission import Excluded
from registry.domain.candidacy import AlreadyCqoElsewhere, NotAppointable
from registry.domain.contact import ContactPoints
from registry.domain.exclusion import AlreadyLifted
from registry.handlers.education import EducationRecorded, education_recorded
from registry.queries import TalentFilters
from registry.usecases import contacts, enterprises, exclusions, people
from registry.usecases.access import OutsideEnterprise, exclusions_of, person_by_number
from registry.usecases.appoint import appoint
from registry.usecases.enterprises import EnterpriseChanges
from registry.usecases.exclusions import Exclude, LiftExclusion
from registry.usecases.people import AlreadyRegistered, NotYoursToRegister, PersonChanges, RegisterPerson, RevealPerson


def met(register, person, on):
    decided = queries.eligibility(register.session, PROVINCE, person.id, on, register.clock.today())
    return {criterion.rule for criterion in decided.criteria if criterion.met}


def test_eligibility_of_a_past_day_is_decided_by_what_held_then(register):
    person = register.person(register.firm(), quality_years=3)
    certificate = register.issue(person, date(2026, 1, 10))
    register.revoke(person, certificate, date(2026, 2, 1))

    assert met(register, person, date(2026, 3, 2)) == {"R30", "R31", "R32", "R34"}
    assert met(register, person, date(2026, 1, 20)) == {"R31", "R33", "R34"}
    assert met(register, person, date(2026, 1, 9)) == set()


def test_a_decision_names_its_rule_set_and_speaks_the_callers_language(register):
    person = register.person(register.firm())
    decided = queries.eligibility(register.session, PROVINCE, person.id, date(2026, 3, 2), date(2026, 3, 2))
    view = views.eligibility_view(decided, "zh")

    assert (view["ruleset"].version, view["ruleset"].document) == (1, "吉质联办〔2013〕10号")
    assert "诚信承诺" in view["criteria"][0]["why"] and not view["eligible"]


def test_continuing_education_recorded_by_training_counts_from_its_day(register):
    person = register.person(register.firm())
    register.issue(person, date(2024, 1, 10), date(2027, 1, 9))
    education_recorded(register.session, EducationRecorded(person.id, 2025, 16.0, 16.0, date(2025, 9, 1)))

    assert "R34" in met(register, person, date(2026, 3, 2))


def test_the_exclusion_list_also_hits_whoever_is_registered_later(register):
    command = Exclude(
        id_number=id_number(2), reason="伪造检验报告", document="示例〔2026〕9号", valid_from=date(2026, 1, 1)
    )
    exclusions.exclude(register.session, PROVINCE, command, register.cipher, register.clock)
    firm = register.firm()
    person = register.person(firm)
    register.issue(person)

    assert "R30" not in met(register, person, date(2026, 3, 2))
    with pytest.raises(Excluded):
        register.appoint(person, register.post(firm))


def test_answers_are_masked_and_a_reveal_is_on_record_with_its_reason(register):
    person = register.person(register.firm(), phone="13800000001", email="li@ren.example")
    [view] = views.person_views(register.session, [person], register.cipher)
    assert "*" in view["id_number"] and "*" in view["phone"] and view["email"].startswith("l***@")

    shown = people.reveal(
        register.session, CHANGCHUN, person.id, RevealPerson("核对证件"), register.cipher, register.clock
    )

    assert (shown.id_number, shown.phone) == (id_number(2), "13800000001")
    entry = register.session.scalar(text("SELECT entry FROM audit_log WHERE action = 'person.revealed'"))
    assert "核对证件" in entry and id_number(2) not in entry


def test_a_changed_contact_is_on_record_under_its_owners_id(register):
    person = register.person(register.firm())
    points = ContactPoints("13800000001", None)
    contacts.put_for_person(register.session, PROVINCE, person.id, points, register.cipher, register.clock)
    contacts.put_for_person(register.session, PROVINCE, person.id, points, register.cipher, register.clock)

    recorded = register.session.execute(text("SELECT subject FROM audit_log WHERE action = 'contact.changed'"))
    assert recorded.scalars().all() == [person.id]


def test_a_person_is_registered_once_and_found_by_number_within_the_callers_division(register):
    firm = register.firm()
    person = register.person(firm)
    index, today = register.cipher.index(id_number(2)), register.clock.today()

    assert person_by_number(register.session, CHANGCHUN, index, today) is person
    with pytest.raises(NotFound):
        person_by_number(register.session, SIPING, index, today)
    with pytest.raises(AlreadyRegistered):
        register.person(firm, id_number=id_number(2))


def refusal_of(session, act):
    """What the caller is told, and the facts with it."""
    with pytest.raises(CqoError) as refused, session.begin_nested():
        act()
    return refused.value.status, refused.value.sentence(), refused.value.facts


def test_who_registers_is_not_told_who_is_registered_elsewhere(register):
    theirs = register.person(register.firm("220302"))
    own = register.firm()
    firm = Caller("q", "enterprise", enterprise_id=own.id)
    for caller in (CHANGCHUN, firm):
        command = RegisterPerson(name="张三", id_number=id_number(2), enterprise_id=own.id)
        told = refusal_of(
            register.session,
            lambda: people.register(register.session, caller, command, register.cipher, register.clock),  # noqa: B023
        )

        assert told == (409, NotYoursToRegister().sentence(), {})
        assert theirs.id not in told[1] and "registered" not in told[1]


def test_a_division_that_would_be_ignored_is_refused(register):
    firm = register.firm()
    person = register.person(firm)
    with pytest.raises(InvalidInput):
        register.person(firm, division="220102")
    with pytest.raises(InvalidInput):
        changes = PersonChanges(division="220103")
        people.change(register.session, PROVINCE, person.id, 1, changes, register.clock)
    people.change(
        register.session, PROVINCE, person.id, 1, PersonChanges(enterprise_id=None, division="220103"), register.clock
    )

    assert (person.enterprise_id, person.division) == (None, "220103")


def test_the_pool_tells_what_it_is_for_and_nothing_else(register):
    own, theirs = register.firm(), register.firm("220302")
    post = register.post(own)
    firm = Caller("q", "enterprise", enterprise_id=own.id)

    def told(person_id):
        command = appointment_of(person_id, post.id, date(2026, 3, 1))
        return refusal_of(register.session, lambda: appoint(register.session, firm, command, register.clock))

    outside_the_pool, excluded, taken, free = (register.person(theirs) for _ in range(4))
    for person in (excluded, taken, free):
        register.issue(person, number=person.id)
    command = Exclude(person_id=excluded.id, reason="示例", document="示例〔2026〕9号", valid_from=date(2026, 1, 1))
    exclusions.exclude(register.session, PROVINCE, command, register.cipher, register.clock)
    register.appoint(taken, register.post(theirs))
    register.session.flush()

    # Of the pool: that somebody is another firm's CQO, or can't be appointed, but not for what.
    assert told(taken.id) == (409, AlreadyCqoElsewhere().sentence(), {})
    assert told(excluded.id) == (409, NotAppointable().sentence(), {})
    # Whoever is not in it is for other firms as if they were not there.
    assert told(outside_the_pool.id) == told(new_id()) == (404, NotFound().sentence(), {})
    appointed = appointment_of(free.id, post.id, date(2026, 3, 1))
    assert appoint(register.session, firm, appointed, register.clock).person_id == free.id


def test_a_change_needs_the_present_version(register):
    person = register.person(register.firm())
    people.change(register.session, PROVINCE, person.id, 1, PersonChanges(quality_years=9), register.clock)

    assert person.version == 2
    with pytest.raises(StaleVersion):
        people.change(register.session, PROVINCE, person.id, 1, PersonChanges(name="张三"), register.clock)


def test_staff_register_in_their_own_division_and_a_firm_only_its_own_people(register):
    firm = register.firm()
    command = RegisterPerson(name="李明", id_number=id_number(99), enterprise_id=firm.id)
    stranger = Caller("other", "enterprise", enterprise_id="another")

    with pytest.raises(OutsideEnterprise):
        people.register(register.session, stranger, command, register.cipher, register.clock)
    with pytest.raises(NotFound):
        people.register(register.session, SIPING, command, register.cipher, register.clock)
    with pytest.raises(OutsideDivision):
        enterprises.change(
            register.session, CHANGCHUN, firm.id, 1, EnterpriseChanges(division="220302"), register.clock
        )
    with pytest.raises(InvalidInput):
        enterprises.change(register.session, PROVINCE, firm.id, 1, EnterpriseChanges(division="220381"), register.clock)


def test_a_new_name_is_taken_over_into_the_pool(register):
    person = register.person(register.firm())
    register.issue(person)
    people.change(register.session, PROVINCE, person.id, person.version, PersonChanges(name="李改名"), register.clock)
    page = queries.talents(
        register.session, PROVINCE, TalentFilters(q="改名"), register.clock.today(), PageArguments(50)
    )

    assert [row.talent.id for row in page.items] == [person.id]


@pytest.mark.parametrize("registered", [True, False])
def test_a_bureau_excludes_nobody_outside_its_division_by_id_number(register, registered):
    if registered:
        register.person(register.firm(division="220302"), id_number=id_number(77))
    command = exclusion_of(id_number(77))

    # The same answer in both cases: it tells nothing of who is registered elsewhere.
    with pytest.raises(NotFound):
        exclusions.exclude(register.session, CHANGCHUN, command, register.cipher, register.clock)

    exclusions.exclude(register.session, PROVINCE, command, register.cipher, register.clock)


def test_a_bureau_excludes_a_person_of_its_division_by_id_number(register):
    person = register.person(register.firm(), id_number=id_number(77))
    exclusions.exclude(register.session, CHANGCHUN, exclusion_of(id_number(77)), register.cipher, register.clock)
    register.session.flush()

    assert len(exclusions_of(register.session, person)) == 1


def exclusion_of(number):
    return Exclude(id_number=number, reason="伪造检验报告", document="示例〔2026〕9号", valid_from=date(2026, 3, 1))


def test_an_exclusion_for_a_fixed_term_is_lifted_early_on_a_document(register):
    person = register.person(register.firm())
    command = Exclude(
        person_id=person.id,
        reason="示例",
        document="示例〔2026〕9号",
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 12, 31),
    )
    entry = exclusions.exclude(register.session, CHANGCHUN, command, register.cipher, register.clock)

    lifted = LiftExclusion(date(2026, 3, 31), "示例〔2026〕19号")
    exclusions.lift(register.session, PROVINCE, entry.id, lifted, register.clock)

    assert (entry.valid_to, entry.lifted_by) == (date(2026, 3, 31), "示例〔2026〕19号")
    assert not entry.holds_on(date(2026, 4, 1))
    for day in (date(2026, 3, 31), date(2026, 4, 1)):
        with pytest.raises(AlreadyLifted):
            exclusions.lift(
                register.session, PROVINCE, entry.id, LiftExclusion(day, "示例〔2026〕20号"), register.clock
            )
    recorded = register.session.scalar(text("SELECT entry FROM audit_log WHERE action = 'exclusion.lifted'"))
    assert "2026-12-31" in recorded and "示例〔2026〕19号" in recorded
