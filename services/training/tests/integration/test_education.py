"""Hours by kind, with evidence, caps and what is carried over; and who is behind when a year has ended (R34)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from training_world import CENTRE, CHANGCHUN, PROVINCE

from chassis.due import DueRow
from chassis.errors import InvalidInput
from chassis.http import PageArguments
from testkit.statements import statements
from training import queries
from training.domain.certificate_refusals import EducationShort
from training.domain.education import BelowNothing
from training.domain.training_class import ClassMode
from training.queries.education import ShortfallFilters
from training.usecases import certificates, education, forecast
from training.usecases.certificates import Revoke
from training.usecases.education import HoursTaken, RecordEducation

KINDS = {"class": None, "online": 8, "conference": None, "research": None, "teaching": None}
FILL = """
INSERT INTO certificate (id, version, division, number, person_id, name, issued_on, valid_from, valid_until, ruleset,
    status)
SELECT 'c' || lpad(n::text, 5, '0'), 1, '220102', 'n' || n, 'p' || n, '李明', '2026-03-13', '2026-03-13', '2029-03-12',
    1, 'valid' FROM generate_series(1, :count) AS n;
INSERT INTO certificate_status (certificate_id, "on", status, valid_until, decision, ruleset, grounds)
SELECT id, issued_on, 'valid', valid_until, 'issued', 1, '{}' FROM certificate
"""


@pytest.fixture
def holders(centre):
    return [one.person_id for one in centre.certify(centre.somebody(4, ("220102", "220302")))]


def take(centre, person, year, hours, kind, document="示例证明1号", evidence=None):
    command = RecordEducation([HoursTaken(person, year, hours, document, kind, evidence)])
    return education.record(centre.session, CENTRE, command, centre.clock)


def end(centre, year, after=""):
    row = DueRow(1, forecast.BEHIND, str(year), "k", date(year + 1, 1, 1), {"year": year, "after": after})
    forecast.announce_behind(centre.session, [row], centre.clock)


def behind(centre):
    return {
        (event["person_id"], event["year"], event["missing_hours"]) for event in centre.announced("education.behind")
    }


def planned(centre):
    centre.session.flush()
    rows = "SELECT due_on, payload FROM due WHERE kind = 'education.behind' AND state = 'planned' ORDER BY id"
    return [(row.due_on, row.payload["year"], row.payload["after"]) for row in centre.session.execute(text(rows))]


def totals(centre, person):
    return [
        (event["year"], event["hours"], event["kind"], event["total_hours"], event["carried_hours"])
        for event in centre.announced("education.recorded")
        if event["person_id"] == person
    ]


def test_hours_are_entered_by_kind_with_their_evidence_and_a_correction_leaves_both_entries(centre, holders):
    person = holders[0]
    take(centre, person, 2027, 6, "research", "示例录用通知1号", "《示例质量》2027年第3期")
    take(centre, person, 2027, -2, "research", "示例更正1号")
    shown = queries.get_education(centre.session, CENTRE, person, 2027, centre.clock.today())

    assert (shown.total_hours, shown.required_hours, shown.hours_by_kind) == (4, 16, {"research": 4})
    assert [(entry.hours, entry.document, entry.evidence) for entry in shown.entries] == [
        (6, "示例录用通知1号", "《示例质量》2027年第3期"),
        (-2, "示例更正1号", None),
    ]
    with pytest.raises(BelowNothing):
        take(centre, person, 2027, -1, "teaching", "示例更正2号")


def test_a_kind_that_the_rules_of_the_year_do_not_know_is_refused_with_those_they_do(centre, holders):
    with pytest.raises(InvalidInput) as refused:
        take(centre, holders[0], 2027, 6, "reading")

    [fault] = refused.value.facts["errors"]
    assert (fault["pointer"], fault["kinds"]) == ("/items/0/kind", sorted(KINDS))


def test_each_year_counts_a_kind_up_to_the_cap_of_its_own_rules(centre, holders):
    person = holders[0]
    centre.publish_rules(date(2028, 1, 1), education_kinds=KINDS)
    take(centre, person, 2027, 16, "online")
    take(centre, person, 2028, 16, "online")

    assert [(year.year, year.hours) for year in education.years_taken(centre.session, person, [2027, 2028])] == [
        (2027, 16),
        (2028, 8),
    ]
    assert totals(centre, person) == [(2027, 16, "online", 16, 0), (2028, 16, "online", 8, 0)]
    assert [event["year"] for event in centre.announced("education.completed")] == [2027]


def test_an_online_class_enters_hours_of_its_kind_and_any_other_those_of_a_class(centre, holders):
    for name, more in (
        ("网络班", {"mode": ClassMode.ONLINE, "venue": None, "link": "https://example.org/1"}),
        ("集中班", {}),
    ):
        held = centre.schedule(kind="continuing", lengths={"update": 8}, name=name, **more)
        [person, *_] = holders
        firm = centre.session.scalar(text("SELECT enterprise_id FROM person WHERE id = :id"), {"id": person})
        centre.nominate(held, [{"enterprise_id": firm, "person_id": person}])
        centre.attend(held, [person])
        centre.close(held)
    [year] = queries.list_education(centre.session, CENTRE, person, centre.clock.today())

    assert year.hours_by_kind == {"class": 8, "online": 8}


def test_hours_beyond_those_asked_for_count_for_the_next_year_which_is_announced_and_taken_back(centre, holders):
    person = holders[0]
    centre.publish_rules(date(2027, 1, 1), education_carry_over_hours=6)
    take(centre, person, 2027, 20, "research")
    take(centre, person, 2028, 12, "research")
    take(centre, person, 2027, -2, "research", "示例更正1号")

    assert totals(centre, person) == [
        (2027, 20, "research", 20, 0),
        (2028, 0, None, 4, 4),
        (2028, 12, "research", 16, 4),
        (2027, -2, "research", 18, 0),
        (2028, 0, None, 14, 2),
    ]
    completed = [event["year"] for event in centre.announced("education.completed")]
    [withdrawn] = centre.announced("education.completion_withdrawn")
    assert (completed, withdrawn["year"], withdrawn["missing_hours"]) == ([2027, 2028], 2028, 2)
    assert centre.gaps() == []


def test_each_year_of_a_term_is_judged_with_what_its_own_rules_hand_on(centre):
    [holder] = centre.certify(centre.somebody())
    centre.publish_rules(date(2027, 1, 1), education_carry_over_hours=6)
    centre.publish_rules(date(2028, 1, 1), education_carry_over_hours=0, continuing_hours=20)
    take(centre, holder.person_id, 2027, 30, "research")
    take(centre, holder.person_id, 2028, 13, "research")
    centre.go_to(date(2029, 2, 1))
    with pytest.raises(EducationShort) as refused:
        centre.renew(holder)
    assert refused.value.facts == {"years": [2028], "hours": 19, "required_hours": 20}

    take(centre, holder.person_id, 2028, 1, "teaching", "示例证明2号")
    assert centre.renew(holder).valid_until == date(2032, 3, 12)


def test_who_is_behind_when_the_year_has_ended_is_announced_once_with_the_hours_missing(centre, holders):
    none, some, enough, exempt = holders
    take(centre, some, 2027, 6, "research")
    take(centre, enough, 2027, 16, "conference")
    command = education.Exempt("示例：产假", "示例文号〔2027〕3号")
    education.exempt(centre.session, CENTRE, exempt, 2027, command, centre.clock)
    centre.go_to(date(2028, 1, 1))
    end(centre, 2027)
    end(centre, 2027)

    assert behind(centre) == {(none, 2027, 16), (some, 2027, 10)} and len(centre.announced("education.behind")) == 2
    assert (date(2029, 1, 1), 2028, "") in planned(centre)
    assert centre.gaps() == []

    take(centre, some, 2027, 10, "research", "示例证明2号")
    left = queries.list_behind(
        centre.session, CHANGCHUN, ShortfallFilters(2027), centre.clock.today(), PageArguments(50)
    )
    assert [(each.person_id, each.total_hours, each.required_hours) for each in left.items] == [(none, 0, 16)]


def test_it_goes_by_the_certificates_that_ran_at_the_years_end_however_late_it_is_told(centre):
    revoked, ended = centre.certify(centre.somebody(2))
    for table, key in (("certificate", "id"), ("certificate_status", "certificate_id")):
        shorter = text(f"UPDATE {table} SET valid_until = '2027-12-31' WHERE {key} = :id")
        centre.session.execute(shorter, {"id": ended.id})
    centre.session.expire_all()
    [late] = centre.certify(centre.somebody(), closed_on=date(2028, 1, 3))  # its class ran over the turn of the year
    centre.go_to(date(2028, 1, 10))
    command = Revoke("示例", "示例文号〔2028〕1号")
    certificates.revoke(centre.session, PROVINCE, revoked.id, revoked.version, command, centre.clock)
    end(centre, 2027)

    assert {person for person, *_ in behind(centre)} == {revoked.person_id, ended.person_id}
    assert late.person_id not in {person for person, *_ in behind(centre)}


def test_the_year_of_the_first_certificate_asks_for_none_also_where_it_was_issued_again_since(centre, holders):
    centre.session.execute(text("UPDATE certificate SET issued_on = '2027-05-01'"))  # as for one that was lost
    centre.go_to(date(2027, 1, 1))
    end(centre, 2026)
    assert behind(centre) == set()

    centre.go_to(date(2028, 1, 1))
    end(centre, 2027)
    assert len(behind(centre)) == 4


def test_papers_come_in_for_as_long_as_the_rules_of_the_year_say(centre, holders):
    centre.publish_rules(date(2027, 6, 1), education_close_days=31)
    centre.go_to(date(2028, 1, 1))
    end(centre, 2027)

    assert (behind(centre), planned(centre)[-1]) == (set(), (date(2028, 2, 1), 2027, ""))
    centre.go_to(date(2028, 2, 1))
    end(centre, 2027)
    assert len(behind(centre)) == 4


def costs_of_who_is_not_behind(centre):
    """The statements for many of whom each has the hours of the next year."""
    taken = text(
        "INSERT INTO education_year (id, version, division, person_id, year, total_hours) "
        "SELECT concat(person_id, ':', 2028), 1, division, person_id, 2028, 16 FROM certificate"
    )
    centre.session.execute(taken)
    centre.go_to(date(2029, 1, 1))
    with statements(centre.session.connection()) as found:
        end(centre, 2028)
    return len(found)


def test_a_sweep_of_many_costs_as_many_statements_as_one_of_few(centre):
    for statement in FILL.split(";"):
        centre.session.execute(text(statement), {"count": forecast.AT_ONCE + 3})
    centre.go_to(date(2028, 1, 1))
    costs = []
    for after in ("", f"c{forecast.AT_ONCE:05d}"):
        with statements(centre.session.connection()) as found:
            end(centre, 2027, after)
            centre.session.flush()
        costs.append(len(found))

    assert len(behind(centre)) == forecast.AT_ONCE + 3
    assert costs[0] == costs[1] <= 13
    assert {(2027, f"c{forecast.AT_ONCE:05d}"), (2028, "")} <= {(year, after) for _, year, after in planned(centre)}
    assert costs_of_who_is_not_behind(centre) == 6
    assert len(behind(centre)) == forecast.AT_ONCE + 3
