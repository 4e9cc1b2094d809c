"""What the integration tests share: events as their publishers send them, and figures in a few words."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from chassis.ids import new_id
from chassis.messaging.envelope import Envelope
from programme.callers import Caller
from reporting import queries
from testkit.divisions import (
    CHANGBAISHAN,
    CHANGCHUN,
    CHIBEI,
    GONGZHULING,
    MEIHEKOU,
    NANGUAN,
    SIPING,
    TONGHUA,
    TREE,
    data_of,
)
from testkit.divisions import GONGZHULING_IN_SIPING as GONGZHULING_OLD

__all__ = [
    "CHANGBAISHAN",
    "CHANGCHUN",
    "CHIBEI",
    "GONGZHULING",
    "GONGZHULING_OLD",
    "MEIHEKOU",
    "NANGUAN",
    "SIPING",
    "TONGHUA",
    "TREE",
]
from reporting.domain.coverage import Population

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
TODAY = date(2026, 3, 2)
PROVINCE = Caller("province", "province")
SOURCES = {
    **dict.fromkeys(("division", "enterprise", "appointment", "talent"), "/registry"),
    **dict.fromkeys(("certificate", "class", "enrolment", "education"), "/training"),
    "notice": "/notifications",
}


class Chronicle:
    """Writes events down as their publishers would: each object's versions are 1, 2, 3 …"""

    def __init__(self) -> None:
        self.versions: Counter[tuple[str, str]] = Counter()

    def event(self, kind: str, subject: str, data: dict[str, Any]) -> Envelope:
        family = kind.partition(".")[0]
        self.versions[family, subject] += 1
        return Envelope(new_id(), SOURCES[family], kind, subject, AT, self.versions[family, subject], data)

    def tree(self) -> list[Envelope]:
        return [self.event("division.placed.v1", each.code, data_of(each)) for each in TREE]

    def enterprise(
        self, division: str = NANGUAN, on: str = "2019-01-01", enterprise_id: str | None = None, **more: Any
    ) -> Envelope:
        """An enterprise registered; with `enterprise_id`, changed. More: above_threshold, award_contender, …"""
        data = {
            "enterprise_id": enterprise_id or new_id(),
            "name": "示例机械有限公司",
            "division": division,
            "on": on,
            "industry": "C36",
            "above_threshold": False,
            "award_contender": False,
            "brand_contender": False,
            **more,
        }
        kind = "enterprise.changed.v1" if enterprise_id else "enterprise.registered.v1"
        return self.event(kind, data["enterprise_id"], data)

    def deregistered(self, enterprise: Envelope, on: str) -> Envelope:
        data = {key: enterprise.data[key] for key in ("enterprise_id", "name", "division")}
        return self.event("enterprise.deregistered.v1", enterprise.subject, {**data, "on": on})

    def made(self, enterprise: Envelope, on: str) -> Envelope:
        data = {"appointment_id": new_id(), "enterprise_id": enterprise.subject, "person_id": new_id(), "on": on}
        return self.event("appointment.made.v1", data["appointment_id"], data)

    def then(self, made: Envelope, what: str, on: str, **more: Any) -> Envelope:
        """What became of an appointment later: suspended, restored, ended or filed."""
        return self.event(f"appointment.{what}.v1", made.subject, {**made.data, "on": on, **more})

    def certificate(self, what: str, certificate_id: str, on: str) -> Envelope:
        day = {"issued_on": on} if what == "issued" else {"on": on}
        data = {"certificate_id": certificate_id, "person_id": "p1", **day}
        return self.event(f"certificate.{what}.v1", certificate_id, data)

    def talent(self, what: str, person_id: str, on: str) -> Envelope:
        return self.event(f"talent.{what}.v1", person_id, {"person_id": person_id, "on": on})

    def delivery(self, what: str, delivery_id: str, on: str) -> Envelope:
        data = {"delivery_id": delivery_id, "kind": "certificate_issued", "channel": "email", "on": on}
        return self.event(f"notice.{what}.v1", delivery_id, data)

    def course(self, kind: str) -> Envelope:
        class_id = new_id()
        return self.event("class.scheduled.v1", class_id, {"class_id": class_id, "kind": kind})

    def enrolment(self, course: Envelope, on: str, passed: bool) -> Envelope:
        data = {"enrolment_id": new_id(), "class_id": course.subject, "on": on, "passed": passed}
        return self.event("enrolment.completed.v1", data["enrolment_id"], data)

    def revised(self, enrolment: Envelope, on: str, passed: bool) -> Envelope:
        return self.event("enrolment.revised.v1", enrolment.subject, {**enrolment.data, "on": on, "passed": passed})

    def educated(self, person_id: str, year: int, on: str, total: float, required: float = 16) -> Envelope:
        data = {"person_id": person_id, "year": year, "on": on, "total_hours": total, "required_hours": required}
        return self.event("education.recorded.v1", f"{person_id}:{year}", data)

    def behind(self, person_id: str, year: int, on: str, total: float = 0) -> Envelope:
        data = {"person_id": person_id, "year": year, "on": on, "total_hours": total, "required_hours": 16.0}
        return self.event("education.behind.v1", f"{person_id}:{year}", {**data, "missing_hours": 16 - total})

    def life(self) -> list[Envelope]:
        """A small province's years: something of every kind that reporting reads, in the order in which it happened."""
        a = self.enterprise(NANGUAN, award_contender=True)
        b = self.enterprise(GONGZHULING_OLD, above_threshold=True)
        c = self.enterprise(CHIBEI, brand_contender=True)
        course = self.course("initial")
        first, second = self.made(a, "2026-01-05"), self.made(b, "2026-01-07")
        return [
            a,
            b,
            c,
            course,
            self.enrolment(course, "2025-12-20", True),
            self.enrolment(course, "2025-12-20", False),
            self.certificate("issued", "c1", "2025-12-21"),
            self.talent("admitted", "p1", "2025-12-21"),
            first,
            second,
            self.then(first, "filed", "2026-01-09", late=False),
            self.delivery("failed", "n1", "2026-01-10"),
            self.then(first, "suspended", "2026-01-20"),
            self.certificate("revoked", "c1", "2026-01-20"),
            self.talent("lapsed", "p1", "2026-01-20"),
            self.enterprise(GONGZHULING, "2026-01-21", b.subject),
            self.then(first, "restored", "2026-02-01"),
            self.then(second, "ended", "2026-02-03"),
            self.talent("restored", "p1", "2026-02-04"),
            self.delivery("sent", "n1", "2026-02-05"),
            self.educated("p1", 2025, "2025-12-30", 16),
            self.educated("p1", 2026, "2026-01-24", 8),
            self.educated("p1", 2026, "2026-02-10", 20),
        ]


def figures(
    session: Any, on: str, population: str = "all", caller: Caller = PROVINCE
) -> dict[str, tuple[int, int, int]]:
    """Enterprises, active and suspended, of each reporting unit that has any enterprise."""
    found = queries.coverage(session, caller, date.fromisoformat(on), Population(population))
    return {row.unit: (row.enterprises, row.active, row.suspended) for row in found.units if row.enterprises}


def whole_report(session: Any) -> list[Any]:
    """All that can be asked, for days before, between and after the events of `life`."""
    days = [date.fromisoformat(day) for day in ("2018-01-01", "2025-12-31", "2026-01-15", "2026-01-25", "2026-03-02")]
    populations = [Population(name) for name in ("all", "award", "contenders", "above_threshold")]
    return [
        (queries.statistics(session, day), [queries.coverage(session, PROVINCE, day, name) for name in populations])
        for day in days
    ]
