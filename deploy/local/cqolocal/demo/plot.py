"""The whole story of the demo, in the order in which it is played."""

from __future__ import annotations

from cqolocal.demo import life, starting
from cqolocal.demo.examples import BEGIN
from cqolocal.demo.expiry import let_time_pass
from cqolocal.demo.scenario import Scenario


def play(scenario: Scenario) -> None:
    """Three years of the programme; the scenario's system must be freshly started."""
    scenario.system.move_clock(BEGIN)
    starting.publish_rules(scenario)
    starting.set_up_divisions(scenario)
    starting.import_workbooks(scenario)
    scenario.set_targets()
    life.correct_the_register(scenario)
    life.recommend(scenario)
    scenario.hold_class()
    scenario.certify()
    scenario.appoint()
    scenario.refuse()
    scenario.file()
    life.keep_a_duty_record(scenario)
    life.report_an_incident(scenario)
    life.exclude_a_cqo(scenario)
    let_time_pass(scenario)
