"""A second, independent reading: eligibility and standing of a random history, recomputed by plain SQL.

The SQL reads the tables and the rule set's figures; it shares no code with the services.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

from province import days
from province.databases import session_on
from sqlalchemy import text

from programme import rulesets
from programme.callers import Caller
from registry import queries
from registry.domain.rules import Rules
from registry.domain.standing import pool_steps
from registry.domain.talent import TalentStatus
from registry.usecases.access import certificates_of

PEOPLE, DAYS_EACH = 400, 2
PROVINCE = Caller("w", "province")

# What each certificate was on :on, by the last that was announced of it; one that was revoked stays so.
CERTIFICATES = """
    WITH last AS (
        SELECT DISTINCT ON (certificate_id) person_id, certificate_id, status, valid_from, valid_until,
            bool_or(status = 'revoked') OVER (PARTITION BY certificate_id) AS revoked
        FROM certificate_fact WHERE "on" <= :on ORDER BY certificate_id, "on" DESC, id DESC
    )
    SELECT person_id FROM last
    WHERE NOT revoked AND status = 'valid' AND CAST(:on AS date) BETWEEN valid_from AND valid_until
"""
STATED = """
    SELECT person_id, kind, value, valid_from FROM person_fact
    WHERE valid_from <= :on AND CAST(:on AS date) < coalesce(valid_to, 'infinity')
"""
CRITERIA = f"""
    WITH valid AS ({CERTIFICATES}), stated AS ({STATED}),
    worked AS (
        SELECT person_id, max(extract(year FROM age(CAST(:on AS date), valid_from))) AS years
        FROM stated WHERE kind = 'experience' AND value <> '0' GROUP BY person_id
    )
    SELECT person.id,
        EXISTS (SELECT FROM stated WHERE person_id = person.id AND kind = 'declaration') AND NOT EXISTS (
            SELECT FROM exclusion WHERE exclusion.id_number_index = person.id_number_index
            AND exclusion.valid_from <= :on AND CAST(:on AS date) <= coalesce(exclusion.valid_to, 'infinity')
        ) AS "R30",
        EXISTS (
            SELECT FROM certificate_fact WHERE person_id = person.id AND status = 'valid' AND "on" <= :on
        ) AS "R31",
        coalesce((SELECT years FROM worked WHERE person_id = person.id), 0) >= CASE WHEN EXISTS (
            SELECT FROM stated WHERE person_id = person.id AND kind = 'title' AND value NOT IN ('无', '暂无', '-', '')
        ) THEN least(:experience_years, :title_experience_years) ELSE :experience_years END AS "R32",
        person.id IN (SELECT person_id FROM valid) AS "R33"
    FROM person WHERE person.id = ANY(CAST(:people AS text[]))
"""
# The year in which the present certification began, and the hours of the year before :on's, as they stood on :on.
EDUCATION = """
    SELECT hours.person_id, hours.total_hours >= hours.required_hours
    FROM (
        SELECT DISTINCT ON (person_id) person_id, total_hours, required_hours FROM education_fact
        WHERE year = extract(year FROM CAST(:on AS date)) - 1 AND "on" <= :on ORDER BY person_id, "on" DESC, id DESC
    ) AS hours WHERE person_id = ANY(CAST(:people AS text[]))
"""


def test_eligibility_read_a_second_time_differs_nowhere(history):
    rng = random.Random(11)
    checked, differences, seen = 0, [], Counter()
    with session_on(history["registry"]) as session:
        everybody = list(session.execute(text("SELECT id FROM person ORDER BY id")).scalars())
        for _ in range(PEOPLE * DAYS_EACH // 40):
            on = days.FIRST + timedelta(days=rng.randrange((days.LAST - days.FIRST).days))
            people = rng.sample(everybody, 40)
            figures = {name: value for name, value in vars(_rules(session, on)).items() if name.endswith("years")}
            values = {"on": on, "people": people, **figures}
            plain = {row.id: row._mapping for row in session.execute(text(CRITERIA), values)}
            learned = dict(session.execute(text(EDUCATION), values).all())
            for person_id in people:
                decided = queries.eligibility(session, PROVINCE, person_id, on, days.LAST)
                criteria = {each.rule: each for each in decided.criteria}
                wanted = {rule: plain[person_id][rule] for rule in ("R30", "R31", "R32", "R33")}
                found = {rule: criteria[rule].met for rule in wanted}
                if criteria["R34"].evidence and criteria["R34"].evidence[0].kind == "education":
                    wanted["R34"], found["R34"] = learned.get(person_id), criteria["R34"].met
                checked += 1
                seen.update(rule for rule, met in found.items() if met)
                seen.update(f"not {rule}" for rule, met in found.items() if not met)
                if wanted != found:
                    differences.append((person_id, on, wanted, found))
    print(f"\n{checked} decisions read twice, {len(differences)} differences; {dict(sorted(seen.items()))}")
    assert differences == []
    assert all(seen[f"{word}{rule}"] for rule in ("R30", "R31", "R32", "R33") for word in ("", "not "))
    assert seen["R34"]


def test_standing_recomputed_from_the_certificates_is_the_standing_kept(history):
    with session_on(history["registry"]) as session:
        kept = dict(session.execute(text("SELECT id, status FROM talent")).all())
        valid = set(session.execute(text(CERTIFICATES), {"on": days.LAST}).scalars())
        differences = [
            person_id for person_id, status in kept.items() if (status == TalentStatus.IN_POOL) != (person_id in valid)
        ]
        sample = random.Random(3).sample(sorted(kept), 200)
        steps = {person_id: pool_steps(certificates_of(session, person_id))[-1].status for person_id in sample}
    print(f"\n{len(kept)} talents read twice, {len(differences)} differences")
    assert differences == []
    assert {person_id for person_id, status in steps.items() if status != kept[person_id]} == set()


def _rules(session, on: date) -> Rules:
    return rulesets.rules_on(session, on, Rules)
