"""What happens in the world in 400 days: people, firms and certificates, and the events by which it becomes known.

All of it follows from the seed. Nothing here knows how notices are made.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chassis.ids import new_id
from chassis.messaging.envelope import Envelope
from testkit.divisions import CHUANYING, GONGZHULING, MEIHEKOU, NANGUAN

DAYS = 400
CERTIFICATES = 10_000
FIRMS = 400
FIRST = date(2026, 6, 1)
BEFORE = FIRST - timedelta(days=1)  # on which everything that is there already becomes known
LONG_AGO = date(2022, 1, 4)
COUNTIES = (NANGUAN, GONGZHULING, CHUANYING, MEIHEKOU)
TERM = 1096
# In how many days a certificate ends, at most: so that some 600 of them end within the 400.
SPREAD = 8000


def at(day: date, hour: int) -> datetime:
    """That hour of the day in Jilin, which is eight hours before."""
    return datetime(day.year, day.month, day.day, hour - 8, tzinfo=UTC)


@dataclass
class Plan:
    """The events of the world, each with the moment at which it happens."""

    seed: int
    events: list[Envelope] = field(default_factory=list)
    versions: Counter[tuple[str, str]] = field(default_factory=Counter)
    number: int = 0

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def add(self, kind: str, subject: str, when: datetime, place: str | None, /, **data: Any) -> Envelope:
        """An event; its version is given when all are in their order."""
        source = "/training" if kind.startswith("certificate") else "/registry"
        self.events.append(Envelope(new_id(), source, kind, subject, when, 0, data, place))
        return self.events[-1]

    def finished(self) -> list[Envelope]:
        """All events in the order in which they happen, with the versions of their aggregates."""
        numbered = []
        for event in sorted(self.events, key=lambda each: each.time):
            self.versions[event.aggregate, ""] += 1
            sequence = self.versions[event.aggregate, ""]
            numbered.append(
                Envelope(
                    event.id, event.source, event.type, event.subject, event.time, sequence, event.data, event.division
                )
            )
        return numbered


def make(seed: int) -> list[Envelope]:
    """The events of the simulation."""
    plan = Plan(seed)
    rng = plan.rng
    firms = [_firm(plan, number) for number in range(FIRMS)]
    for number in range(CERTIFICATES):
        firm = rng.choice(firms)
        person = _person(plan, number, firm)
        _certificate(plan, number, person)
        if rng.random() < 0.03:
            _appointment(plan, person, rng.choice(firms))
    for firm in rng.sample(firms, FIRMS // 25):
        moved = rng.choice(COUNTIES)
        plan.add("enterprise.changed.v1", firm["enterprise_id"], _some_time(plan), moved, **{**firm, "division": moved})
    return until(plan.finished(), at(FIRST + timedelta(days=DAYS), 9))


def _firm(plan: Plan, number: int) -> dict[str, Any]:
    firm = {"enterprise_id": new_id(), "name": f"示例厂{number:05d}", "division": plan.rng.choice(COUNTIES)}
    plan.add("enterprise.registered.v1", firm["enterprise_id"], at(LONG_AGO, 8), firm["division"], **firm)
    return firm


def _person(plan: Plan, number: int, firm: dict[str, Any]) -> dict[str, Any]:
    employer = firm["enterprise_id"] if plan.rng.random() < 0.95 else None
    person = {"person_id": new_id(), "name": f"示例人{number:05d}", "division": firm["division"]}
    person["enterprise_id"] = employer
    plan.add("person.registered.v1", person["person_id"], at(LONG_AGO, 9), person["division"], **person)
    if plan.rng.random() < 0.03:
        other = next(each.data for each in plan.rng.sample(plan.events[:FIRMS], 1))
        moved = {**person, "enterprise_id": other["enterprise_id"], "division": other["division"]}
        plan.add("person.changed.v1", person["person_id"], _some_time(plan), person["division"], **moved)
    return person


def _certificate(plan: Plan, number: int, person: dict[str, Any]) -> None:
    rng = plan.rng
    until = FIRST + timedelta(days=rng.randrange(1, SPREAD))
    certificate_id = new_id()
    of = {
        "certificate_id": certificate_id,
        "number": f"CQO-JL-2024-220100-{number:06d}",
        "person_id": person["person_id"],
    }
    division = person["division"]

    def tell(what: str, day: date, **data: Any) -> None:
        plan.add(f"certificate.{what}.v1", certificate_id, at(day, rng.randrange(9, 17)), division, **of, **data)

    issued = {"name": person["name"], "enterprise_id": None, "ruleset": 1}
    began = BEFORE - timedelta(days=rng.randrange(1, 1000))
    plan.add(
        "certificate.issued.v1",
        certificate_id,
        at(began, 10),
        division,
        **of,
        **issued,
        issued_on=began.isoformat(),
        valid_from=began.isoformat(),
        valid_until=until.isoformat(),
    )
    fate, last = rng.random(), FIRST + timedelta(days=DAYS)
    if until > last + timedelta(days=60):
        if fate < 0.02:
            _suspend(plan, tell, _some_day(plan), until)
        return
    if fate < 0.6:
        renewed_on = until - timedelta(days=rng.randrange(0, 80))
        if renewed_on >= FIRST:
            later = (until + timedelta(days=TERM)).isoformat()
            tell(
                "renewed",
                renewed_on,
                on=renewed_on.isoformat(),
                previous_valid_until=until.isoformat(),
                valid_until=later,
            )
            return
    elif fate < 0.65:
        day = until - timedelta(days=rng.randrange(0, 60))
        if day >= FIRST:
            tell("revoked", day, on=day.isoformat(), reason="以欺骗手段取得证书", document="吉市监质〔2026〕8号")
            return
    elif fate < 0.72:
        day = until - timedelta(days=rng.randrange(25, 100))
        if day >= FIRST:
            _suspend(plan, tell, day, until)
    tell("expired", until + timedelta(days=1), on=(until + timedelta(days=1)).isoformat())


def _suspend(plan: Plan, tell: Any, day: date, until: date) -> None:  # Any: a function of _certificate
    tell("suspended", day, on=day.isoformat(), reason="调查期间", document="吉市监质〔2026〕9号")
    back = day + timedelta(days=plan.rng.randrange(5, 25))
    if back < until:
        document = "吉市监质〔2026〕10号"
        tell("reinstated", back, on=back.isoformat(), valid_until=until.isoformat(), document=document)


def _appointment(plan: Plan, person: dict[str, Any], firm: dict[str, Any]) -> None:
    """Made, not filed in time, and perhaps handed in later; perhaps ended."""
    rng, appointment_id, day = plan.rng, new_id(), _some_day(plan)
    of = {"appointment_id": appointment_id, "enterprise_id": firm["enterprise_id"], "person_id": person["person_id"]}
    due = (day + timedelta(days=30)).isoformat()

    def tell(what: str, on: date, hour: int, **data: Any) -> None:
        kind = f"appointment.{what}.v1"
        plan.add(kind, appointment_id, at(on, hour), firm["division"], **of, on=on.isoformat(), **data)

    post = {"post_id": new_id(), "position": "副总经理", "document": "示例任〔2026〕1号", "filing_due_on": due}
    tell(
        "made", day, 9, **post, enterprise_name=firm["name"], person_name=person["name"], decision_level=True, ruleset=1
    )
    overdue = day + timedelta(days=31)
    tell("filing_overdue", overdue, 9, filing_due_on=due)
    if rng.random() < 0.6:
        handed_in = overdue + timedelta(days=rng.randrange(0, 25))
        tell("filing_submitted", handed_in, 15, filing_due_on=due, late=True)
    if rng.random() < 0.3:
        tell("ended", overdue + timedelta(days=rng.randrange(30, 100)), 16, reason="离职")


def _some_day(plan: Plan) -> date:
    return FIRST + timedelta(days=plan.rng.randrange(5, DAYS - 5))


def _some_time(plan: Plan) -> datetime:
    return at(_some_day(plan), plan.rng.randrange(9, 17))


def until(events: Iterable[Envelope], moment: datetime) -> list[Envelope]:
    """Those that have happened by then."""
    return [each for each in events if each.time <= moment]
