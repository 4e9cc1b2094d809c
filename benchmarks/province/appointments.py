"""An appointment: made, filed in time, late or not at all, suspended and restored with the certificate, ended."""

from __future__ import annotations

from datetime import date, timedelta

from province import days
from province.books import Books, Parties, as_json
from province.careers import Career

FILING_DAYS = 30
FILED, IN_TIME = 0.95, 0.95
POSITION = "首席质量官"


class Appointment:
    """Of one person to one post."""

    def __init__(
        self,
        books: Books,
        career: Career,
        post_id: str,
        enterprise_id: str,
        enterprise_name: str,
        division: str,
        on: date,
        ended_on: date | None,
    ) -> None:
        self.books, self.career, self.post_id, self.enterprise_id = books, career, post_id, enterprise_id
        self.enterprise_name, self.division, self.on, self.ended_on = enterprise_name, division, on, ended_on
        self.id = books.new_id()
        self.parties = Parties(career.person_id, enterprise_id)
        self.due_on = on + timedelta(days=FILING_DAYS)
        self.status, self.causes = "active", list[str]()
        self.filed_on: date | None = None
        self.filing_number: str | None = None
        self.document = f"吉质聘〔{on.year}〕12号"

    def live(self, filing: int) -> bool:
        """All that became of it until the last day; returns whether the number `filing` was given to its filing."""
        self._announce("made", self._made(), self.on)
        self._line(self.on, "active", None)
        filed_on, overdue_on = self._filing()
        steps: list[tuple[date, str]] = []
        if overdue_on is not None:
            steps.append((overdue_on, "filing_overdue"))
        if filed_on is not None:
            self.filed_on, self.filing_number = filed_on, f"JL-{filed_on.year}-{filing:06d}"
            steps.append((filed_on, "filed"))
        last = self.ended_on or days.LAST
        steps += [
            (change.on, "restored" if change.holds else "suspended")
            for change in self.career.changes
            if self.on < change.on <= last
        ]
        if self.ended_on is not None:
            steps.append((self.ended_on, "ended"))
        reasons = {change.on: change.reason for change in self.career.changes}
        for day, step in sorted(steps, key=lambda each: (each[0], each[1] == "ended")):
            self._step(day, step, reasons.get(day))
        self._write(overdue_on is not None)
        return filed_on is not None

    def _filing(self) -> tuple[date | None, date | None]:
        """When it was filed, and when the day for it had passed without."""
        rng, last = self.books.rng, self.ended_on or days.LAST
        filed_on = None
        if rng.random() < FILED:
            wait = rng.randrange(1, FILING_DAYS) if rng.random() < IN_TIME else rng.randrange(FILING_DAYS + 1, 90)
            filed_on = self.on + timedelta(days=wait)
        if filed_on is not None and filed_on > last:
            filed_on = None
        missed = self.due_on + days.ONE_DAY
        overdue_on = missed if missed <= last and (filed_on is None or filed_on >= missed) else None
        if filed_on == overdue_on:
            overdue_on = None
        return filed_on, overdue_on

    def _step(self, day: date, step: str, reason: str | None) -> None:
        data: dict[str, object] = {
            "appointment_id": self.id,
            "enterprise_id": self.enterprise_id,
            "person_id": self.career.person_id,
            "on": str(day),
        }
        match step:
            case "filed":
                late = day > self.due_on
                data |= {"filing_number": self.filing_number, "late": late, "filing_due_on": str(self.due_on)}
                data["ruleset"] = 1
            case "filing_overdue":
                data["filing_due_on"] = str(self.due_on)
            case "suspended":
                data |= {"reason": reason, "ruleset": 1}
                self.status, self.causes = "suspended", [f"{reason}:{self.career.certificate_id}"]
                self._line(day, "suspended", reason)
            case "restored":
                data["ruleset"] = 1
                self.status, self.causes = "active", []
                self._line(day, "active", "certificate_renewed")
            case "ended":
                data["reason"] = "任期届满"
                self.status, self.causes = "ended", []
                self._line(day + days.ONE_DAY, "ended", "任期届满")
        self._announce(step, data, day)

    def _made(self) -> dict[str, object]:
        return {
            "appointment_id": self.id,
            "enterprise_id": self.enterprise_id,
            "enterprise_name": self.enterprise_name,
            "person_id": self.career.person_id,
            "person_name": self.career.name,
            "post_id": self.post_id,
            "position": POSITION,
            "decision_level": True,
            "on": str(self.on),
            "filing_due_on": str(self.due_on),
            "document": self.document,
            "ruleset": 1,
            "provisional_until": None,
        }

    def _announce(self, fact: str, data: dict[str, object], on: date) -> None:
        kind = f"appointment.{fact}.v1"
        self.books.announce("registry", kind, self.id, data, self.division, on, self.parties)

    def _line(self, on: date, status: str, reason: str | None) -> None:
        self.books.put(
            "registry", "appointment_status", appointment_id=self.id, on=on, status=status, reason=reason, ruleset=1
        )

    def _write(self, overdue: bool) -> None:
        books, filed_late = self.books, None if self.filed_on is None else self.filed_on > self.due_on
        books.put(
            "registry",
            "appointment",
            id=self.id,
            version=books.version_of("appointment", self.id),
            division=self.division,
            enterprise_id=self.enterprise_id,
            person_id=self.career.person_id,
            post_id=self.post_id,
            position=POSITION,
            decision_level=True,
            departments=as_json(["质量部", "检验室"]),
            appointed_on=self.on,
            appointed_by_name="董事会",
            appointed_by_capacity="法定代表人",
            document_number=self.document,
            document_date=self.on,
            authorisation="全面负责质量工作",
            filing_due_on=self.due_on,
            ruleset=1,
            warnings="[]",
            provisional_until=None,
            status=self.status,
            causes=as_json(self.causes),
            filed_on=self.filed_on,
            filing_number=self.filing_number,
            filed_late=filed_late,
            ended_on=self.ended_on,
            end_reason="任期届满" if self.ended_on else None,
        )
        over = self.filed_on or self.ended_on
        state = "done" if overdue else "cancelled" if over else "planned"
        settled = self.due_on + days.ONE_DAY if overdue else over
        if settled is not None and books.retention.is_settled(settled, self.due_on + days.ONE_DAY):
            return
        books.put(
            "registry",
            "due",
            kind="appointment.filing",
            series=f"appointment.filing:{self.id}",
            key=self.id,
            due_on=self.due_on + days.ONE_DAY,
            payload=as_json({"appointment_id": self.id}),
            state=state,
            settled_at=None if settled is None else days.instant(settled, 60),
        )
