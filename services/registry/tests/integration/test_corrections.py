"""Corrections that an enterprise proposes, and what the bureau makes of them."""

from datetime import date

import pytest
from registry_world import CHANGCHUN, PROVINCE, SIPING

from chassis.errors import InvalidInput, NotFound
from chassis.http import PageArguments
from programme.callers import Caller
from registry import queries
from registry.domain.correction import AlreadyDecided, AnotherIsOpen, CorrectionState, NothingToCorrect
from registry.queries import CorrectionFilters
from registry.usecases import corrections
from registry.usecases.corrections import DecideCorrection, ProposeCorrection
from registry.usecases.enterprises import EnterpriseChanges, change

TODAY = date(2026, 3, 2)


@pytest.fixture
def firm(register):
    return register.firm()


def owner(firm):
    return Caller("clerk", "enterprise", enterprise_id=firm.id)


def propose(register, firm, caller=None, **fields):
    command = ProposeCorrection(**{"reason": "更名", "name": "示例新名", **fields})
    return corrections.propose(register.session, caller or owner(firm), firm.id, command, register.clock)


def decide(register, correction, accept, answer=None, caller=CHANGCHUN):
    command = DecideCorrection(accept, answer)
    return corrections.decide(register.session, caller, correction.id, command, register.clock)


def test_what_is_accepted_stands_in_the_register_and_is_announced(register, firm):
    proposed = propose(register, firm, legal_representative="赵宁", leads_since=date(2026, 2, 1))
    assert register.announced("enterprise.changed") == []

    decided = decide(register, proposed, True)

    assert (decided.state, decided.decided_on) == (CorrectionState.ACCEPTED, TODAY)
    [changed] = register.announced("enterprise.changed")
    assert (changed["name"], changed["legal_representative"]) == ("示例新名", "赵宁")
    former = queries.leaders(register.session, PROVINCE, firm.id, TODAY)[0]
    assert (former.name, former.until) == ("王强", date(2026, 1, 31))


def test_what_is_refused_changes_nothing_and_says_why(register, firm):
    proposed = propose(register, firm)
    with pytest.raises(InvalidInput):
        decide(register, proposed, False)

    assert decide(register, proposed, False, "与营业执照不符").answer == "与营业执照不符"
    assert register.announced("enterprise.changed") == []
    with pytest.raises(AlreadyDecided):
        decide(register, proposed, True)


def test_one_is_open_at_a_time_and_says_something_new(register, firm):
    with pytest.raises(NothingToCorrect):
        propose(register, firm, name=firm.name)
    first = propose(register, firm)
    with pytest.raises(AnotherIsOpen):
        propose(register, firm, name="示例别名")
    decide(register, first, True)
    assert propose(register, firm, name="示例别名").state is CorrectionState.PROPOSED


def test_each_sees_and_decides_what_is_theirs(register, firm):
    stranger = register.firm()
    proposed = propose(register, firm)

    for caller, seen in ((owner(firm), 1), (owner(stranger), 0), (CHANGCHUN, 1), (SIPING, 0), (PROVINCE, 1)):
        filters = CorrectionFilters(state=CorrectionState.PROPOSED)
        page = queries.corrections(register.session, caller, filters, TODAY, PageArguments())
        assert len(page.items) == seen
    with pytest.raises(NotFound):
        decide(register, proposed, True, caller=SIPING)
    with pytest.raises(NotFound):
        propose(register, firm, owner(stranger))

    # It goes with the enterprise.
    change(register.session, PROVINCE, firm.id, 1, EnterpriseChanges(division="220302"), register.clock)
    assert decide(register, proposed, True, caller=SIPING).state is CorrectionState.ACCEPTED
