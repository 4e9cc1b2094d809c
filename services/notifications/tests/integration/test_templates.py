"""Templates that are edited: from which day, by whom, refused where they fail, and returned to what is built in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from chassis.errors import InvalidInput, NotFound, StaleVersion
from chassis.security import audit
from notifications.adapters import texts
from notifications.adapters.examples import kinds
from notifications.domain.language import Language
from notifications.domain.rules import Rules
from notifications.queries import editions, templates
from notifications.storage import edition, notice
from notifications.usecases.edit_template import EditTemplate, TooEarly, TooLate, edit, rules_for, shown
from programme import rulesets
from programme.callers import Caller
from testkit.statements import statements

OFFICE = Caller("wang", "province")
PLACE = ("certificate_issued", Language.CHINESE)


def edited(word):
    """The built-in template with a word of its own."""
    return texts.source_of(*PLACE).replace("经培训考核合格", word)


@pytest.fixture
def change(session, clock):
    def run(version, source, day=None, place=PLACE):
        command = EditTemplate(day or clock.today(), "措辞", source)
        return edit(session, OFFICE, place, version, command, clock)

    return run


@pytest.fixture
def issue(session, world, tell):
    """Issues a certificate and returns what its holder reads."""

    def run():
        firm = world.firm()
        person = world.person(firm)
        tell(firm, person, world.certificate(person))
        return session.scalar(select(notice.c.body).where(notice.c.recipient_id == person.subject))

    return run


def test_nothing_that_is_built_in_is_in_the_database(session):
    assert session.scalar(select(edition.c.id)) is None
    assert len(templates.listed(session, rulesets.all_versions(session)[0].effective_from)) == 2 * len(kinds())


def test_an_edited_template_is_what_the_next_batch_says(change, issue):
    assert "经培训考核合格" in issue()

    change(0, edited("经结业考核合格"))
    assert "经结业考核合格" in issue()

    change(1, edited("经考试合格"))
    assert "经考试合格" in issue()

    change(2, None)
    assert "经培训考核合格" in issue()


def test_an_edition_takes_effect_on_its_day(change, issue, clock):
    change(0, edited("经考试合格"), clock.today() + timedelta(days=3))
    assert "经培训考核合格" in issue()

    clock.move(days=3)
    assert "经考试合格" in issue()


def test_the_language_in_which_a_template_was_edited_is_its_own(change, session, clock):
    change(0, edited("经考试合格"))

    assert list(editions.in_force(session, clock.today())) == [PLACE]


def test_editions_that_are_in_force_cost_a_batch_one_statement(session, change, clock):
    change(0, edited("经考试合格"))
    editions.in_force(session, clock.today())

    with statements(session.connection()) as counted:
        assert editions.in_force(session, clock.today()).keys() == {PLACE}
    assert len(counted) == 1


def test_of_two_who_edit_at_once_the_second_is_told(change):
    change(0, edited("甲"))

    with pytest.raises(StaleVersion):
        change(0, edited("乙"))


def test_what_was_said_is_not_changed_afterwards(change, clock):
    with pytest.raises(TooEarly):
        change(0, edited("甲"), clock.today() - timedelta(days=1))
    with pytest.raises(TooLate):
        change(0, edited("甲"), clock.today() + timedelta(days=400))


@pytest.mark.parametrize(
    ("fault", "line", "problem"),
    [
        ("{{ class_title }}", 4, "there is no field class_title"),
        ("{% if recipient_kind == 'enterprise' %}{{ valid_from }}{% endif %}", 4, "has no words"),
        ("{{ ''.__class__ }}", 4, "there is no part .__class__"),
    ],
)
def test_a_template_that_fails_is_refused_with_the_line_and_nothing_is_kept(change, session, fault, line, problem):
    with pytest.raises(InvalidInput) as refused:
        change(0, edited(fault))

    (error,) = refused.value.facts["errors"]
    assert error["reason"].startswith(f"line {line}: ") and problem in error["reason"]
    assert session.scalar(select(edition.c.id)) is None


def test_each_edition_is_in_the_history_and_in_the_audit_log(session, change, clock):
    change(0, edited("甲"))
    change(1, None)

    found = templates.in_full(session, *PLACE, clock.today())
    assert [(each.version, each.made_by, each.source is None) for each in found.history] == [
        (2, "wang", True),
        (1, "wang", False),
    ]
    assert (found.version, found.edited, found.source) == (2, False, found.built_in)
    entries = session.scalars(select(audit.audit_log.c.entry).where(audit.audit_log.c.action.like("template.%")))
    assert ["template.edited" in each for each in entries] == [True, False]


def test_a_preview_is_signed_by_the_bodies_of_the_rule_set_that_is_asked_for(session, clock):
    session.execute(
        text(
            "INSERT INTO ruleset (version, effective_from, document, parameters, published_at) "
            "SELECT 2, current_date + 400, '新文', "
            "jsonb_set(parameters, '{bodies,training_centre,telephone}', '\"0431-1\"'), now() FROM ruleset "
            "WHERE version = 1"
        )
    )
    today = clock.today()
    template = texts.built_in(*PLACE)

    def lines(version):
        rules = rules_for(session, version, today)
        return "".join(each.text.body for each in shown(template, *PLACE, rules, today))

    assert "0431-1" in lines(2) and "0431-1" not in lines(None) and isinstance(rules_for(session, 1, today), Rules)
    with pytest.raises(NotFound):
        rules_for(session, 3, today)


@pytest.mark.parametrize(("kind", "language"), [("no_such_kind", "en"), ("certificate_issued", "fr"), ("letter", "en")])
def test_there_is_no_template_but_that_of_a_kind_and_language(kind, language):
    with pytest.raises(NotFound):
        templates.place_of(kind, language)
