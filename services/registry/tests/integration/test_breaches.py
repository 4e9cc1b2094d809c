"""What a confirmed breach does at once, by the rule set, and what its lifting gives back (R47, R48)."""

from datetime import date

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING, somebody_in_office
from sqlalchemy import text

from chassis.clock import SystemClock
from chassis.errors import NotFound
from chassis.http import PageArguments
from programme.callers import Caller
from registry import queries
from registry.domain.appointment import Appointment
from registry.domain.breach import BreachKind
from registry.domain.exclusion import Exclusion
from registry.domain.talent import Talent
from registry.queries import BreachFilters
from registry.seed import seed
from registry.usecases.breaches import EnterBreach, LiftBreach, ReviewBreach, enter, lift, review
from registry.usecases.exclusions import exclusions_turn
from testkit import Client

TODAY = date(2026, 3, 2)


@pytest.fixture
def made(register):
    firm = register.firm()
    person = register.person(firm)
    register.issue(person)
    found = register.appoint(person, register.post(firm), date(2026, 2, 1))
    register.session.flush()
    return found


def set_rule(register, consequence):
    register.session.execute(
        text(
            "UPDATE ruleset SET parameters = "
            "jsonb_set(parameters, '{on_breach,secrecy,consequence}', to_jsonb(CAST(:c AS text)))"
        ),
        {"c": consequence},
    )


def entered(register, made):
    found = EnterBreach(
        kind=BreachKind.SECRECY, happened_on=date(2026, 2, 20), facts="向同业泄露配方", document="示例查〔2026〕3号"
    )
    breach = enter(register.session, CHANGCHUN, made.id, found, register.clock)
    register.session.flush()
    return breach


def confirmed(register, made, consequence):
    set_rule(register, consequence)
    breach = entered(register, made)
    review(register.session, PROVINCE, breach.id, ReviewBreach(True, "示例决〔2026〕1号"), register.clock)
    register.session.flush()
    return breach


def lifted(register, breach, days=10):
    register.clock.move(days=days)
    command = LiftBreach(register.clock.today(), "示例决〔2026〕2号")
    lift(register.session, PROVINCE, breach.id, command, register.clock)
    register.session.flush()


def history(register, made):
    return [(line.on, line.status, line.reason) for line in queries.appointment_history(register.session, made.id)]


def appointment(register, made):
    return register.session.get(Appointment, made.id, populate_existing=True)


def test_by_rule_set_1_a_breach_is_warned_of_and_changes_nothing(register, made):
    breach = entered(register, made)
    review(register.session, PROVINCE, breach.id, ReviewBreach(True, "示例决〔2026〕1号"), register.clock)

    [event] = register.announced("breach.confirmed")
    assert event == {
        "breach_id": breach.id,
        "appointment_id": made.id,
        "enterprise_id": made.enterprise_id,
        "person_id": made.person_id,
        "kind": "secrecy",
        "consequence": "warn",
        "on": "2026-03-02",
        "ruleset": 1,
        "until": None,
    }
    assert len(history(register, made)) == 1 and register.gaps() == []


def test_it_suspends_the_appointment_at_once_and_its_lifting_restores_it(register, made):
    breach = confirmed(register, made, "suspend")
    found = appointment(register, made)
    assert (found.status, found.causes) == ("suspended", [f"breach_confirmed:{breach.id}"])
    # The holder stays in the pool: they are suspended, not excluded.
    assert register.session.get(Talent, made.person_id).status == "in_pool"
    [suspended] = register.announced("appointment.suspended_for_breach")
    assert (suspended["appointment_id"], suspended["on"]) == (made.id, "2026-03-02")

    lifted(register, breach)
    assert history(register, made)[1:] == [
        (TODAY, "suspended", "breach_confirmed"),
        (date(2026, 3, 12), "active", "breach_lifted"),
    ]
    assert [each["on"] for each in register.announced("appointment.restored", "breach.lifted")] == ["2026-03-12"] * 2
    assert register.gaps() == []


def test_its_lifting_leaves_what_a_certificate_has_caused(register, made):
    breach = confirmed(register, made, "suspend")
    certificate = register.session.scalar(text("SELECT certificate_id FROM certificate_fact"))
    register.clock.move(days=5)
    register.expire(Holder(made.person_id), certificate, register.clock.today())
    register.session.flush()
    lifted(register, breach)

    found = appointment(register, made)
    assert (found.status, found.causes) == ("suspended", [f"certificate_expired:{certificate}"])
    register.renew(Holder(made.person_id), certificate, register.clock.today(), date(2032, 1, 1))
    register.session.flush()
    assert appointment(register, made).status == "active"
    # What was said of the days of the breach stays, whatever is worked out anew.
    assert history(register, made)[1] == (TODAY, "suspended", "breach_confirmed")
    assert register.gaps() == []


class Holder:
    def __init__(self, person_id):
        self.id = person_id


def test_it_ends_the_appointment_with_that_day_and_its_lifting_does_not_bring_it_back(register, made):
    breach = confirmed(register, made, "end")

    [ended] = register.announced("appointment.ended")
    assert (ended["reason"], ended["on"]) == ("removed_for_breach", "2026-03-02")
    lifted(register, breach)
    assert appointment(register, made).status == "ended"
    assert register.gaps() == []


def test_it_excludes_for_the_rule_sets_months_and_its_lifting_ends_that(register, made):
    breach = confirmed(register, made, "exclude")
    entry = register.session.get(Exclusion, breach.exclusion_id)
    assert (entry.reason, entry.valid_from, entry.valid_to) == ("违反保密义务（R48）", TODAY, date(2027, 3, 1))
    assert (appointment(register, made).status, register.session.get(Talent, made.person_id).status) == (
        "suspended",
        "lapsed",
    )

    lifted(register, breach)
    register.session.expire_all()
    assert (appointment(register, made).status, register.session.get(Talent, made.person_id).status) == (
        "active",
        "in_pool",
    )
    assert history(register, made)[-1] == (date(2026, 3, 12), "active", "exclusion_over")
    assert register.gaps() == []


def test_lifted_on_its_own_day_the_exclusion_ends_with_that_day(register, made):
    breach = confirmed(register, made, "exclude")
    lifted(register, breach, days=0)
    assert appointment(register, made).status == "suspended"
    register.clock.move(days=1)
    exclusions_turn(register.session, [breach.exclusion_id], register.clock)
    register.session.flush()

    assert appointment(register, made).status == "active"


def test_an_exclusion_that_was_lifted_before_is_left_alone(register, made):
    breach = confirmed(register, made, "exclude")
    register.session.execute(text("UPDATE exclusion SET lifted_by = 'x', valid_to = '2026-03-05'"))
    register.session.expire_all()
    lifted(register, breach)

    assert register.session.get(Exclusion, breach.exclusion_id).valid_to == date(2026, 3, 5)


def test_whoever_has_left_meanwhile_is_not_suspended(register, made):
    breach = entered(register, made)
    set_rule(register, "suspend")
    made.end(TODAY, "离职", TODAY)
    register.session.flush()
    review(register.session, PROVINCE, breach.id, ReviewBreach(True, "示例决〔2026〕1号"), register.clock)
    register.session.flush()

    assert (breach.status, appointment(register, made).status) == ("confirmed", "ended")
    assert register.announced("appointment.suspended_for_breach") == []


def test_those_concerned_learn_of_what_was_confirmed_only(register, made):
    breach, clock = entered(register, made), register.clock
    own = Caller("q", "enterprise", enterprise_id=made.enterprise_id)
    cqo = Caller("c", "cqo", person_id=made.person_id)

    def listed(caller):
        page = queries.breaches(register.session, caller, BreachFilters(), clock.today(), PageArguments(50))
        return len(page.items)

    assert [listed(each) for each in (PROVINCE, CHANGCHUN, SIPING, own, cqo)] == [1, 1, 0, 0, 0]
    with pytest.raises(NotFound):
        queries.breach_by_id(register.session, cqo, breach.id, clock.today())
    with pytest.raises(NotFound):
        review(register.session, SIPING, breach.id, ReviewBreach(True, "x"), clock)
    review(register.session, PROVINCE, breach.id, ReviewBreach(True, "示例决〔2026〕1号"), clock)
    register.session.flush()
    other = Caller("d", "cqo", person_id="other")
    assert [listed(each) for each in (own, cqo, other)] == [1, 1, 0]


def test_a_breach_over_http(running_service, token):
    service = running_service("registry", "api")
    seed(service.settings["database_url"])
    appointment = somebody_in_office(service.settings["database_url"], SystemClock())
    province = Client(service.url, token("province"))
    bureau = Client(service.url, token("division", division="220100"))
    cqo = Client(service.url, token("cqo", person=appointment.person_id))
    breach = {
        "kind": "independence",
        "happened_on": str(appointment.appointed_on),
        "facts": "按经营部门要求放行不合格批次",
        "document": "示例查〔2026〕3号",
    }
    path = f"/appointments/{appointment.id}/breaches"
    cqo.call("POST", path, 403, json=breach)
    made = bureau.post(path, breach)
    found = f"/breaches/{made['id']}"

    review_it = {"confirmed": True, "document": "示例决〔2026〕1号"}
    refused = bureau.call("POST", f"{found}/review", 409, json=review_it)
    assert refused["type"].rpartition("/")[2] == "entered-by-the-same"
    cqo.call("GET", found, 404)
    assert province.call("POST", f"{found}/review", 200, json=review_it)["consequence"] == "warn"
    assert cqo.get(found)["facts"] == breach["facts"]
    lifting = {"on": str(appointment.appointed_on), "document": "示例决〔2026〕2号"}
    bureau.call("POST", f"{found}/lifting", 403, json=lifting)
    assert province.call("POST", f"{found}/lifting", 200, json=lifting)["status"] == "lifted"
    assert [each["id"] for each in province.all("/breaches", status="lifted")] == [made["id"]]
