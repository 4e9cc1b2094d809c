"""Short words for what the tests do at the training centre, and made-up divisions, firms and people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from programme import rulesets
from programme.callers import Caller
from training import storage
from training.domain.training_class import BLOCKS, Block, ClassKind, TrainingClass
from training.usecases import certificates, classes, education, nominations, results
from training.usecases.education import HoursTaken, Recorded
from training.usecases.nominations import NominationResult, Nominee

PROVINCE = Caller("wang", "province")
CENTRE = Caller("sun", "training_centre")
CHANGCHUN = Caller("li", "division", division="220100")
BEGIN, END = date(2026, 3, 9), date(2026, 3, 13)
LENGTHS = dict(zip(BLOCKS, (16, 12, 12), strict=True))


# 公主岭 moved from 四平 to 长春 in 2020, and 梅河口 reports to the province since 2022.
def person_id(number: int) -> str:
    """The id of the made-up person of that number."""
    return str(uuid5(NAMESPACE_OID, f"person-{number}"))


def firm_id(number: int) -> str:
    """The id of that person's firm."""
    return str(uuid5(NAMESPACE_OID, f"firm-{number}"))


def know_people(session: Session, count: int, divisions: Iterable[str], start: int = 0) -> list[dict[str, str]]:
    """So many made-up people, each of a firm of their own, spread over the divisions; as items of a nomination."""
    codes, items = list(divisions), []
    for number in range(start, start + count):
        division, firm, person = codes[number % len(codes)], firm_id(number), person_id(number)
        session.execute(insert(storage.enterprise).values(id=firm, name=f"示例企业{number}", division=division))
        session.execute(
            insert(storage.person).values(id=person, name=f"李明{number}", division=division, enterprise_id=firm)
        )
        items.append({"enterprise_id": firm, "person_id": person})
    return items


def class_of(kind: str = "initial", lengths: dict[str, float] | None = None, **changes: Any) -> dict[str, Any]:
    """The body of a request for a made-up class."""
    blocks = [{"name": name, "hours": hours, "trainer": "示例讲师"} for name, hours in (lengths or LENGTHS).items()]
    days = {"starts_on": BEGIN, "ends_on": END, **({} if "venue_id" in changes else {"venue": "示例市示例路1号"})}
    return {"name": "示例培训班", "kind": kind, "capacity": 500, "blocks": blocks, **days, **changes}


class Offset:
    """The clock of the services under test."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def go_to(self, day: date) -> None:
        """10:00 of `day` in Jilin."""
        target = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(str((target - datetime.now(UTC)).total_seconds()))
        fresh.replace(self.path)


@dataclass
class Centre:
    """The training centre under test."""

    session: Session
    clock: FixedClock
    people: int = 0

    def somebody(self, count: int = 1, divisions: Iterable[str] = ("220102",)) -> list[dict[str, str]]:
        self.people += count
        return know_people(self.session, count, divisions, self.people - count)

    def schedule(self, **changes: Any) -> TrainingClass:
        content = class_of(**changes)
        words = {"kind": ClassKind(content["kind"]), "blocks": [Block(**block) for block in content["blocks"]]}
        return classes.schedule(self.session, CENTRE, classes.ScheduleClass(**{**content, **words}), self.clock)

    def nominate(
        self, training_class: Any, items: list[dict[str, str]], caller: Caller = CENTRE, wait: bool = False
    ) -> list[NominationResult]:
        command = nominations.Nominate([Nominee(**item) for item in items], wait)
        return nominations.nominate(self.session, caller, training_class.id, command, self.clock)

    def attend(self, training_class: Any, people: Iterable[str], share: float = 1.0) -> None:
        items = [
            results.Attendance(person, share * block.hours, block.name)
            for person in people
            for block in training_class.blocks
        ]
        command = results.RecordAttendance(items)
        results.record_attendance(self.session, CENTRE, training_class.id, command, self.clock)

    def sit(self, training_class: Any, people: Iterable[str], score: float = 80, sitting: int = 1) -> None:
        command = results.RecordExam([results.Score(person, sitting, score) for person in people])
        results.record_exam(self.session, CENTRE, training_class.id, command, self.clock)

    def go_to(self, day: date) -> None:
        self.clock.move(days=(day - self.clock.today()).days)

    def close(self, training_class: Any) -> classes.ClosedClass:
        return classes.close(self.session, CENTRE, training_class.id, self.clock)

    def certify(self, items: list[dict[str, str]], closed_on: date = END) -> list[Any]:
        """Has all these pass an initial class; their certificates, in the order of their numbers."""
        training_class = self.schedule()
        self.nominate(training_class, items)
        people = [item["person_id"] for item in items]
        self.attend(training_class, people)
        self.sit(training_class, people)
        self.go_to(closed_on)
        self.close(training_class)
        found = self.session.execute(
            text("SELECT id, number, person_id, version, valid_until FROM certificate ORDER BY number")
        )
        return [row for row in found if row.person_id in people]

    def educate(self, person: str, year: int, hours: float, document: str = "示例继续教育证明1号") -> Recorded:
        command = education.RecordEducation([HoursTaken(person, year, hours, document)])
        return education.record(self.session, CENTRE, command, self.clock)

    def renew(self, certificate: Any, version: int | None = None) -> Any:
        return certificates.renew(self.session, CENTRE, certificate.id, version or certificate.version, self.clock)

    def publish_rules(self, on: date, **changes: Any) -> None:
        """A rule set like the present one but for these parameters."""
        newest, *_ = rulesets.all_versions(self.session)
        correction = "示例更正" if on <= self.clock.today() else None
        command = rulesets.PublishRuleSet(on, "示例文号〔2027〕9号", {**newest.parameters, **changes}, correction)
        rulesets.publish(self.session, PROVINCE, command, self.clock)

    def announced(self, *types: str) -> list[dict[str, Any]]:
        """The data of the events of these types, in order."""
        self.session.flush()
        rows = self.session.execute(text("SELECT type, data FROM outbox ORDER BY seq"))
        return [row.data for row in rows if row.type.removesuffix(".v1") in types]

    def planned(self, kind: str, state: str = "planned") -> list[date]:
        """The days of the due rows of a kind."""
        self.session.flush()
        rows = text("SELECT due_on FROM due WHERE kind = :kind AND state = :state ORDER BY due_on")
        return list(self.session.scalars(rows, {"kind": kind, "state": state}))

    def gaps(self) -> list[Any]:
        """Aggregates whose versions are not 1, 2, 3 …"""
        self.session.flush()
        return list(
            self.session.execute(
                text(
                    "SELECT aggregate_type, aggregate_id FROM outbox GROUP BY 1, 2 "
                    "HAVING max(aggregate_version) <> count(*) OR min(aggregate_version) <> 1"
                )
            )
        )
