"""Who was admitted as a candidate, and what a nomination without it means (R9, R10, R17)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from chassis.messaging import Envelope
from testkit.statements import statements
from training.domain.admission import NotAdmitted
from training.handlers import admissions
from training.schemas.consumed import Admitted
from training.usecases.nominations import Accepted, Refused, Waiting


def admit(centre, number, item, firm=None):
    data = Admitted(f"r{number}", item["person_id"], firm or item["enterprise_id"], centre.clock.today())
    now = datetime.now(UTC)
    event = Envelope(f"e{number}", "/registry", "recommendation.admitted.v1", data.recommendation_id, now, 2, data)
    admissions.keep(centre.session, [event, event])


def test_who_was_not_admitted_by_this_enterprise_is_accepted_with_a_warning(centre):
    first, second, third, waits = centre.somebody(4)
    admit(centre, 1, first)
    admit(centre, 2, second, firm=first["enterprise_id"])
    training_class = centre.schedule(capacity=3)
    found = centre.nominate(training_class, [first, second, third, waits], wait=True)

    assert [type(each) for each in found] == [Accepted, Accepted, Accepted, Waiting]
    warned = [each.warning is not None for each in found]
    assert warned == [False, True, True, True]


@pytest.mark.parametrize(("rule", "refused"), [("refuse", True), ("off", False)])
def test_the_rule_set_of_the_class_may_refuse_them_or_not_look(centre, rule, refused):
    centre.publish_rules(on=date(2026, 3, 5), without_admission=rule)
    admitted, other = centre.somebody(2)
    admit(centre, 1, admitted)
    [first, second] = centre.nominate(centre.schedule(), [admitted, other])

    assert isinstance(first, Accepted) and first.warning is None
    if refused:
        assert isinstance(second, Refused) and isinstance(second.refusal, NotAdmitted)
    else:
        assert isinstance(second, Accepted) and second.warning is None


def test_a_continuing_class_is_for_whoever_holds_a_certificate_and_asks_for_none(centre):
    centre.publish_rules(on=date(2026, 3, 5), without_admission="refuse")
    [found] = centre.nominate(centre.schedule(kind="continuing", lengths={"quality": 8}), centre.somebody())

    assert isinstance(found, Accepted) and found.warning is None


def test_admissions_are_looked_up_once_for_all_nominees(centre):
    items = centre.somebody(20)
    training_class = centre.schedule()
    centre.session.flush()
    with statements(centre.session.connection()) as found:
        centre.nominate(training_class, items)

    assert len([each for each in found if "FROM admission" in each]) == 1
    assert centre.session.execute(text("SELECT count(*) FROM nomination")).scalar() == 20
