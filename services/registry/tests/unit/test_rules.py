import dataclasses

from registry.domain.rules import Rules
from registry.schemas import RuleSetParameters


def test_the_rules_have_a_field_for_each_parameter_that_a_rule_set_is_published_with():
    of_every_rule_set = {"version", "effective_from", "document"}

    assert {field.name for field in dataclasses.fields(Rules)} == of_every_rule_set | set(RuleSetParameters().fields)
    assert all(field.default is dataclasses.MISSING for field in dataclasses.fields(Rules))
