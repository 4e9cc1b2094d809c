"""A second reading of continuing education (R34): hours by year, who falls short, and whom a renewal refuses.

Random hours, corrections and exemptions come into the history's ledger first, and a rule set that asks for other hours.
The SQL reads the entries, the decisions on certificates and the rule sets; it shares no code with training.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from province import days
from province.databases import session_on
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from chassis.due import DueRow
from chassis.errors import RuleBroken
from programme import rulesets
from programme.callers import Caller
from training.domain.certificate_refusals import EducationShort, OutsideRenewalWindow
from training.usecases import certificates, education, forecast
from training.usecases.education import Exempt, HoursTaken, RecordEducation

PROVINCE = Caller("w", "province")
YEARS = range(2022, 2030)
PEOPLE = 300

# What each year asks for: by the rule set that holds at its end.
ASKED = """
    SELECT year, (
        SELECT CAST(parameters ->> 'continuing_hours' AS float) FROM ruleset
        WHERE effective_from <= make_date(year, 12, 31) ORDER BY version DESC LIMIT 1
    ) AS asked FROM generate_series(2013, 2040) AS year
"""
# What each person took in a year; of who is exempt nothing is asked.
TAKEN = f"""
    WITH rules AS ({ASKED}),
    taken AS (SELECT person_id, year, sum(hours) AS hours FROM education_entry GROUP BY person_id, year),
    exempt AS (SELECT person_id, year FROM education_year WHERE exempted_by IS NOT NULL)
    SELECT person.id AS person_id, rules.year, coalesce(taken.hours, 0) AS hours,
        CASE WHEN exempt.year IS NULL THEN rules.asked ELSE 0 END AS asked
    FROM person CROSS JOIN rules
        LEFT JOIN taken ON taken.person_id = person.id AND taken.year = rules.year
        LEFT JOIN exempt ON exempt.person_id = person.id AND exempt.year = rules.year
"""
# A term begins with the certificate, or with its last renewal: the day after the end before, or that of the renewal.
# Its years are those at whose end it holds; the one of the first certificate is exempt if the rules of the day say so.
RENEWAL = f"""
    WITH taken AS MATERIALIZED ({TAKEN}),
    told AS (
        SELECT certificate_id, id, "on", decision, lag(valid_until) OVER one AS before
        FROM certificate_status WINDOW one AS (PARTITION BY certificate_id ORDER BY id)
    ),
    term AS (
        SELECT DISTINCT ON (certificate_id) certificate_id, decision = 'issued' AS is_first,
            CASE WHEN decision = 'issued' THEN "on" ELSE greatest(before + 1, "on") END AS began
        FROM told WHERE decision IN ('issued', 'renewed') ORDER BY certificate_id, id DESC
    ),
    asked AS (
        SELECT certificate.*, term.*, tried.day, (
            SELECT parameters FROM ruleset WHERE effective_from <= tried.day ORDER BY version DESC LIMIT 1
        ) AS rules
        FROM unnest(CAST(:certificates AS text[]), CAST(:days AS date[])) AS tried (id, day)
            JOIN certificate USING (id) JOIN term ON term.certificate_id = certificate.id
    )
    SELECT asked.certificate_id,
        day BETWEEN valid_until - CAST(rules ->> 'renewal_before_days' AS integer)
            AND valid_until + CAST(rules ->> 'renewal_after_days' AS integer) AS is_open,
        ARRAY(
            SELECT taken.year FROM taken
            WHERE taken.person_id = asked.person_id AND taken.hours < taken.asked
                AND make_date(taken.year, 12, 31) BETWEEN asked.began AND asked.valid_until
                AND NOT (
                    asked.is_first AND CAST(asked.rules ->> 'education_exempt_first_year' AS boolean)
                    AND taken.year = extract(year FROM asked.began)
                )
            ORDER BY taken.year
        ) AS short
    FROM asked
"""
HELD = """
    SELECT id, version, valid_until FROM certificate
    WHERE status IN ('valid', 'expired') AND person_id = ANY(:people) ORDER BY id
"""
# Who is told on 1 October: whoever holds to the end of the year, but for those certified in it.
FORECAST = f"""
    WITH taken AS ({TAKEN})
    SELECT DISTINCT taken.person_id, taken.hours, taken.asked FROM certificate JOIN taken USING (person_id)
    WHERE certificate.status IN ('valid', 'suspended')
        AND certificate.valid_until >= make_date(:year, 12, 31)
        AND extract(year FROM certificate.issued_on) <> :year
        AND taken.year = :year AND taken.hours < taken.asked
"""


def at(day: date) -> FixedClock:
    return FixedClock(datetime(day.year, day.month, day.day, 2, tzinfo=UTC))


def study(session: Session, person_id: str, rng: random.Random) -> int:
    """Some random entries of one person, right and wrong; returns how many were not refused. Some are diligent."""
    done, clock = 0, at(days.LAST)
    if rng.random() < 0.3:
        every_year = [HoursTaken(person_id, year, 20, "示例证明") for year in YEARS]
        done += education.record(session, PROVINCE, RecordEducation(every_year), clock).recorded
    for number in range(rng.randrange(1, 12)):
        year, hours = rng.choice(YEARS), rng.choice((4, 8, 8, 12, 16, 16, 20, -4, -8, -16))
        try:
            with session.begin_nested():
                if rng.random() < 0.05:
                    education.exempt(session, PROVINCE, person_id, year, Exempt("病假", "示例〔2026〕3号"), clock)
                else:
                    taken = HoursTaken(person_id, year, hours, f"示例证明{rng.randrange(number + 1)}号")
                    done += education.record(session, PROVINCE, RecordEducation([taken]), clock).recorded
        except RuleBroken:
            continue
    return done


@pytest.fixture(scope="module")
def training(history: dict[str, str]) -> Iterator[tuple[Session, list[str]]]:
    """A session in which people have learned, which is undone at its end; and the people."""
    rng = random.Random(13)
    with session_on(history["training"]) as session:
        newest, *_ = rulesets.all_versions(session)
        for on, changed in ((date(2025, 1, 1), 12), (date(2027, 1, 1), 20)):
            parameters = {**newest.parameters, "continuing_hours": changed}
            correction = "示例更正" if on <= days.LAST else None
            command = rulesets.PublishRuleSet(on, "示例〔2024〕1号", parameters, correction)
            rulesets.publish(session, PROVINCE, command, at(days.LAST))
        holders = session.execute(text("SELECT DISTINCT person_id FROM certificate ORDER BY person_id")).scalars().all()
        people = rng.sample(list(holders), min(PEOPLE, len(holders)))
        entered = sum(study(session, person, rng) for person in people)
        session.flush()
        session.expire_all()
        print(f"\n{entered} entries of {len(people)} people")
        yield session, people


def test_the_hours_of_each_year_read_a_second_time_differ_nowhere(training: tuple[Session, list[str]]) -> None:
    session, people = training
    plain = {(row.person_id, row.year): (row.hours, row.asked) for row in session.execute(text(TAKEN))}
    seen, differences = Counter[str](), []
    for person in people:
        for taken in education.years_taken(session, person, YEARS):
            found = (taken.hours, taken.required)
            if found != plain[person, taken.year]:
                differences.append((person, taken, plain[person, taken.year]))
            seen["enough" if taken.is_enough else "short"] += 1
            seen["exempt"] += taken.required == 0

    print(f"\n{seen['enough'] + seen['short']} years read twice, {len(differences)} differences; {dict(seen)}")
    assert differences == []
    assert min(seen["enough"], seen["short"]) > 100 and seen["exempt"] > 10


def test_who_falls_short_read_a_second_time_differs_nowhere(training: tuple[Session, list[str]]) -> None:
    session, _ = training
    read = 0
    for year in (2026, 2027, 2028):
        with session.begin_nested() as undone:
            plain = {(row.person_id, row.hours, row.asked) for row in session.execute(text(FORECAST), {"year": year})}
            tell(session, year)
            rows = text("SELECT person_id, total_hours, required_hours FROM shortfall WHERE year = :year")
            found = {tuple(row) for row in session.execute(rows, {"year": year})}
            undone.rollback()
        assert found == plain, year
        read += len(found)

    print(f"\n{read} shortfalls read twice, 0 differences")
    assert read > 50


def tell(session: Session, year: int) -> None:
    """The forecast of a year, step by step, as the sweep has it."""
    session.execute(text("DELETE FROM due WHERE kind = :kind"), {"kind": forecast.FORECAST})
    payload: dict[str, Any] = {"year": year, "after": ""}
    while payload["year"] == year:
        row = DueRow(1, forecast.FORECAST, str(year), str(year), date(year, 10, 1), payload)
        forecast.forecast(session, [row], at(date(year, 10, 1)))
        session.flush()
        next_step = "SELECT payload FROM due WHERE kind = :kind ORDER BY id DESC LIMIT 1"
        payload = session.execute(text(next_step), {"kind": forecast.FORECAST}).scalar_one()


def test_whom_a_renewal_refuses_read_a_second_time_differs_nowhere(training: tuple[Session, list[str]]) -> None:
    session, people = training
    rng, seen, differences = random.Random(17), Counter[str](), []
    held = session.execute(text(HELD), {"people": people}).all()
    tried = [(row, row.valid_until + timedelta(days=rng.randrange(-100, 380))) for row in held]
    values = {"certificates": [row.id for row, _ in tried], "days": [on for _, on in tried]}
    plain = {row.certificate_id: row for row in session.execute(text(RENEWAL), values)}
    for row, on in tried:
        read = plain[row.id]
        wanted = "outside" if not read.is_open else f"short {list(read.short)}" if read.short else "renewed"
        found = renewed(session, row, on)
        seen[wanted.partition(" ")[0]] += 1
        if found != wanted:
            differences.append((row.id, on, found, wanted))

    print(f"\n{seen.total()} renewals read twice, {len(differences)} differences; {dict(seen)}")
    assert differences == []
    assert all(seen[each] for each in ("outside", "short", "renewed"))


def renewed(session: Session, row: Any, on: date) -> str:
    """What comes of renewing a certificate on a day; undone at once."""
    with session.begin_nested() as undone:
        try:
            certificates.renew(session, PROVINCE, row.id, row.version, at(on))
            return "renewed"
        except OutsideRenewalWindow:
            return "outside"
        except EducationShort as refused:
            return f"short {refused.facts['years']}"
        finally:
            undone.rollback()
            session.expire_all()
