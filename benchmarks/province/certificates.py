"""A certificate's life: issued, reminded of, renewed, expired or revoked; and its holder's place in the pool."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from province import days
from province.books import Books, Parties, as_json

MONTHS, HOURS, REMINDERS = 36, 16.0, (90, 60, 30, 7, 0)
EARLY, LATE, REVOKED = 0.6, 0.75, 0.005  # shares of terms renewed in time, renewed by then or later, revoked


class Change(NamedTuple):
    """The certificate ceased to hold, or holds again, from a day on."""

    on: date
    holds: bool
    reason: str


class Holder(NamedTuple):
    """Whose certificate it is."""

    id: str
    name: str
    enterprise_id: str
    division: str
    parties: Parties


class Certificate:
    """One certificate, term after term, with its holder's place in the pool."""

    def __init__(self, books: Books, person: Holder, number: str, issued_on: date, enrolment_id: str) -> None:
        self.books, self.person, self.number, self.issued_on = books, person, number, issued_on
        self.id = self.books.new_id()
        self.until = days.end_of_term(issued_on, MONTHS)
        self.status, self.in_pool = "valid", True
        self.changes: list[Change] = []
        self.records: list[dict[str, object]] = []
        self.lines: list[tuple[date, str, str | None]] = []  # in the pool, from which day
        self.enrolment_id = enrolment_id

    def live(self) -> None:
        """All that happened until the last day of the history."""
        self._issue()
        rng = self.books.rng
        revoked_on = None
        if rng.random() < REVOKED:
            revoked_on = self.issued_on + timedelta(days=rng.randrange(30, 900))
        while self._term(revoked_on if revoked_on and revoked_on <= days.LAST else None):
            revoked_on = None
        self._write()

    def _issue(self) -> None:
        on = self.issued_on
        data = {
            **self._names(),
            "name": self.person.name,
            "enterprise_id": self.person.enterprise_id,
            "issued_on": str(on),
            "valid_from": str(on),
            "valid_until": str(self.until),
            "ruleset": 1,
        }
        self._announce("issued", data, on)
        self._record(on, "valid", "issued", {"enrolment_id": self.enrolment_id})
        self._pool("admitted", on)

    def _term(self, revoked_on: date | None) -> bool:
        """One term; whether another follows."""
        rng, until = self.books.rng, self.until
        way = rng.random()
        renewed_on = until - timedelta(days=rng.randrange(1, 80)) if way < EARLY else None
        if renewed_on is None and way < LATE:
            renewed_on = until + timedelta(days=rng.randrange(10, 300))
        if renewed_on and renewed_on > days.LAST:
            renewed_on = None
        ends = min(each for each in (revoked_on, renewed_on, until + days.ONE_DAY) if each)
        self._remind(ends)
        if revoked_on is not None and revoked_on == ends:
            self._revoke(revoked_on)
            return False
        if ends == until + days.ONE_DAY and ends <= days.LAST:
            self._expire(ends)
        if renewed_on is not None:
            self._renew(renewed_on)
        return renewed_on is not None

    def _remind(self, ends: date) -> None:
        """The due rows of the term: those before `ends` have fired, the others are planned, or cancelled with it."""
        series, over = f"{self.id}:{self.until}", ends <= days.LAST
        for left in REMINDERS:
            day = self.until - timedelta(days=left)
            state = "done" if day < ends and day <= days.LAST else "cancelled" if over and day >= ends else "planned"
            payload = {"certificate_id": self.id, "days_left": left}
            key = f"{series}:{left}"
            self._due("certificate.expiring", series, key, day, payload, state, min(day, ends))
            if state == "done":
                self._reminder(key, left, day)
        end = self.until + days.ONE_DAY
        state = "planned" if not over else "done" if ends == end else "cancelled"
        self._due("certificate.expired", series, series, end, {"certificate_id": self.id}, state, ends)

    def _due(
        self, kind: str, series: str, key: str, day: date, payload: dict[str, object], state: str, settled: date
    ) -> None:
        if state != "planned" and self.books.retention.is_settled(settled, day):
            return
        self.books.put(
            "training",
            "due",
            kind=kind,
            series=series,
            key=key,
            due_on=day,
            payload=as_json(payload),
            state=state,
            settled_at=None if state == "planned" else days.instant(settled, 60),
        )

    def _reminder(self, key: str, left: int, day: date) -> None:
        data = {
            **self._names(),
            "name": self.person.name,
            "enterprise_id": self.person.enterprise_id,
            "valid_until": str(self.until),
            "days_left": left,
            "on": str(day),
        }
        event_id = self._announce("expiring", data, day)
        self.books.put(
            "training",
            "expiry_notice",
            due_key=key,
            certificate_id=self.id,
            days_left=left,
            event_id=event_id,
            on=day,
        )

    def _expire(self, on: date) -> None:
        self._announce("expired", {**self._names(), "on": str(on)}, on)
        self.status = "expired"
        self._record(on, "expired", "expired", {"valid_until": str(self.until)})
        self._pool("lapsed", on, "expired")
        self.changes.append(Change(on, False, "certificate_expired"))

    def _revoke(self, on: date) -> None:
        data = {**self._names(), "on": str(on), "reason": "违反诚信承诺", "document": f"吉市监质〔{on.year}〕7号"}
        self._announce("revoked", data, on)
        self.status = "revoked"
        self._record(on, "revoked", "revoked", {"reason": data["reason"], "document": data["document"]})
        self._pool("lapsed", on, "revoked")
        self.changes.append(Change(on, False, "certificate_revoked"))

    def _renew(self, on: date) -> None:
        self._study(on)
        previous, was_expired = self.until, self.status == "expired"
        self.until = days.end_of_term(max(previous + days.ONE_DAY, on), MONTHS)
        self.status = "valid"
        data = {
            **self._names(),
            "name": self.person.name,
            "on": str(on),
            "previous_valid_until": str(previous),
            "valid_until": str(self.until),
            "ruleset": 1,
        }
        self._announce("renewed", data, on)
        criteria = [{"name": "continuing education", "rule": "R34", "required": "16", "found": "16", "met": True}]
        self._record(on, "valid", "renewed", {"criteria": criteria})
        if was_expired:
            self._pool("restored", on)
            self.changes.append(Change(on, True, "certificate_renewed"))

    def _study(self, on: date) -> None:
        """The hours of continuing education that a renewal asks for."""
        year, person = on.year, self.person
        subject = f"{person.id}:{year}"
        document = f"继续教育〔{year}〕{self.number[-7:]}"
        self.books.put(
            "training", "education_entry", person_id=person.id, year=year, hours=HOURS, document=document, on=on
        )
        data = {
            "person_id": person.id,
            "year": year,
            "hours": HOURS,
            "total_hours": HOURS,
            "required_hours": HOURS,
            "on": str(on),
        }
        self.books.announce("training", "education.recorded.v1", subject, data, person.division, on, person.parties)
        self.books.put(
            "training",
            "education_year",
            id=subject,
            version=self.books.version_of("education", subject),
            division=person.division,
            person_id=person.id,
            year=year,
            total_hours=HOURS,
        )

    def _pool(self, fact: str, on: date, reason: str | None = None) -> None:
        data = {
            "person_id": self.person.id,
            "name": self.person.name,
            "certificate_id": self.id,
            "valid_until": str(self.until),
            "on": str(on),
        }
        if reason:
            data["reason"] = reason
        self.books.announce("registry", f"talent.{fact}.v1", self.person.id, data, self.person.division, on)
        self.in_pool = fact != "lapsed"
        self.lines.append((on, "in_pool" if self.in_pool else "lapsed", reason))

    def _names(self) -> dict[str, object]:
        return {"certificate_id": self.id, "number": self.number, "person_id": self.person.id}

    def _announce(self, fact: str, data: dict[str, object], on: date) -> str:
        kind, person = f"certificate.{fact}.v1", self.person
        return self.books.announce("training", kind, self.id, data, person.division, on, person.parties).id

    def _record(self, on: date, status: str, decision: str, grounds: dict[str, object]) -> None:
        self.records.append(
            {
                "certificate_id": self.id,
                "on": on,
                "status": status,
                "valid_until": self.until,
                "decision": decision,
                "ruleset": 1,
                "grounds": as_json(grounds),
            }
        )

    def _write(self) -> None:
        person, revoked = self.person, self.status == "revoked"
        self.books.put(
            "training",
            "certificate",
            id=self.id,
            version=self.books.version_of("certificate", self.id),
            division=person.division,
            number=self.number,
            person_id=person.id,
            name=person.name,
            enterprise_id=person.enterprise_id,
            issued_on=self.issued_on,
            valid_from=self.issued_on,
            valid_until=self.until,
            ruleset=1,
            status=self.status,
            revoked_reason="违反诚信承诺" if revoked else None,
            revoked_document="吉市监质〔2024〕7号" if revoked else None,
        )
        for record in self.records:
            self.books.put("training", "certificate_status", **record)
        self.books.put(
            "registry",
            "talent",
            id=person.id,
            version=self.books.version_of("talent", person.id),
            division=person.division,
            name=person.name,
            status="in_pool" if self.in_pool else "lapsed",
            certificate_id=self.id,
            valid_until=self.until,
            admitted_on=self.issued_on,
        )
        for on, status, reason in self.lines:
            self.books.put("registry", "talent_status", person_id=person.id, on=on, status=status, reason=reason)
