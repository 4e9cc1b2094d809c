"""Who must be told what, and when: read from what the programme asks for, and not from the code that does it.

The oracle hears of each event when the service has applied it, and of each sweep. It keeps what is known, works out who
had to be told at that moment, and holds against it what is shown in the inboxes and what the mail server takes.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import chinese_calendar
from sqlalchemy import Engine, text

from chassis.clock import FixedClock, day_of
from chassis.messaging.envelope import Envelope
from testkit.divisions import CHANGCHUN, CHUANYING, GONGZHULING, JILIN_CITY, MEIHEKOU, NANGUAN, PROVINCE

PREFECTURE = {NANGUAN: CHANGCHUN, GONGZHULING: CHANGCHUN, CHUANYING: JILIN_CITY, MEIHEKOU: None}
THRESHOLDS = (90, 60, 30, 7, 0)
STAGES = ((5, "prefecture"), (10, "province"))
KNOWN_YEARS = (2026,)
HOLDER, EMPLOYER, OFFICE = "person", "enterprise", "division"
# What is told at once, and to whom.
TOLD = {
    "certificate.renewed.v1": ("certificate_renewed", (HOLDER, EMPLOYER)),
    "certificate.expired.v1": ("certificate_expired", (HOLDER, EMPLOYER, OFFICE)),
    "certificate.revoked.v1": ("certificate_revoked", (HOLDER, EMPLOYER, OFFICE)),
    "certificate.suspended.v1": ("certificate_suspended", (HOLDER, EMPLOYER, OFFICE)),
    "certificate.reinstated.v1": ("certificate_reinstated", (HOLDER, EMPLOYER, OFFICE)),
    "appointment.made.v1": ("appointment_made", (HOLDER, EMPLOYER, OFFICE)),
    "appointment.filing_submitted.v1": ("appointment_filing_submitted", (EMPLOYER, OFFICE)),
    "appointment.filing_overdue.v1": ("appointment_filing_overdue", (EMPLOYER, OFFICE)),
    "appointment.ended.v1": ("appointment_ended", (HOLDER, EMPLOYER, OFFICE)),
}
TOKENS = re.compile(r"示例人\d{5}|示例厂\d{5}|CQO-JL-\d{4}-\d{6}-\d{6}")
DAYS_LEFT = re.compile(r"还有(\d+)日|有效期至(今日)")
SHOWN = text(
    "SELECT notice.id, kind, about, due_on, recipient_kind, recipient_id, notice.subject, notice.body, state, channel "
    "FROM notice JOIN delivery ON delivery.notice_id = notice.id WHERE notice.id > :last ORDER BY notice.id"
)


class Place(NamedTuple):
    """What one recipient must be told of once."""

    kind: str
    about: str
    due_on: date
    recipient_kind: str
    recipient_id: str


@dataclass
class Certificate:
    number: str
    person: str
    until: date
    is_valid: bool = True
    thresholds: list[date] = field(default_factory=list)  # days that are still to come


@dataclass
class Matter:
    """A filing that is overdue, with the stages that are still to come."""

    appointment: str
    enterprise: str
    division: str
    stages: list[tuple[date, str]]


@dataclass
class Oracle:
    clock: FixedClock
    engine: Engine
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    firms: dict[str, dict[str, Any]] = field(default_factory=dict)
    certificates: dict[str, Certificate] = field(default_factory=dict)
    appointments: dict[str, dict[str, Any]] = field(default_factory=dict)
    of_person: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # of certificates, by their holders
    employers: dict[str, set[str | None]] = field(default_factory=lambda: defaultdict(set))  # now and before
    matters: dict[str, Matter] = field(default_factory=dict)
    coming: list[tuple[date, str]] = field(default_factory=list)  # a heap of thresholds, some of which are off
    due: dict[Place, datetime] = field(default_factory=dict)  # what had to be told, and when
    told: Counter[Place] = field(default_factory=Counter)
    by_id: dict[str, Place] = field(default_factory=dict)
    subjects: dict[str, str | None] = field(default_factory=dict)  # by what a notice is about, the person
    early: list[object] = field(default_factory=list)
    untrue: list[object] = field(default_factory=list)
    foreign: list[object] = field(default_factory=list)
    last: str = ""
    announces: bool = False  # before that, what is there becomes known, and nobody is told

    # What is known

    def applied(self, events: Iterable[Envelope]) -> None:
        for event in events:
            self._learn(event)
            if event.type in TOLD and self.announces:
                self._expect(event)

    def _learn(self, event: Envelope) -> None:
        data, happened_on = event.data, day_of(event.time)
        if event.type.startswith("enterprise."):
            self.firms[event.subject] = data
        elif event.type.startswith("person."):
            self.people[event.subject] = data
            self.employers[event.subject].add(data["enterprise_id"])
        elif event.type == "certificate.issued.v1":
            until = date.fromisoformat(data["valid_until"])
            self.certificates[event.subject] = Certificate(data["number"], data["person_id"], until)
            self.numbers[data["person_id"]].add(data["number"])
            self._begin(event.subject, happened_on)
        elif event.type in ("certificate.renewed.v1", "certificate.reinstated.v1"):
            found = self.certificates[event.subject]
            found.until, found.is_valid = date.fromisoformat(data["valid_until"]), True
            self._begin(event.subject, happened_on)
        elif event.type.startswith("certificate."):
            self.certificates[event.subject].is_valid = False
            self.certificates[event.subject].thresholds = []
        elif event.type == "appointment.made.v1":
            self.appointments[event.subject] = {**data, "ended_on": None}
            self.of_person[data["person_id"]].append(event.subject)
        elif event.type == "appointment.filing_overdue.v1":
            stages = [(_working_day(happened_on, number), audience) for number, audience in STAGES]
            self.matters[event.subject] = Matter(event.subject, data["enterprise_id"], str(event.division), stages)
        elif event.type == "appointment.filing_submitted.v1":
            self.matters.pop(event.subject, None)
        elif event.type == "appointment.ended.v1":
            self.appointments[event.subject]["ended_on"] = date.fromisoformat(data["on"])
            self.matters.pop(event.subject, None)

    def _begin(self, certificate: str, happened_on: date) -> None:
        """A term begins, or goes on: what lies before the day on which it does was never due."""
        found = self.certificates[certificate]
        days = (found.until - timedelta(days=before) for before in THRESHOLDS)
        found.thresholds = [day for day in days if day > happened_on]
        for day in found.thresholds:
            heapq.heappush(self.coming, (day, certificate))

    def employer(self, person: str) -> str | None:
        """Who employs a certificate's holder today: the firm that appointed them last, or that they belong to."""
        today = self.clock.today()
        held = [self.appointments[each] for each in self.of_person[person]]
        present = [each for each in held if each["ended_on"] is None or each["ended_on"] >= today]
        if present:
            return str(max(present, key=lambda each: (each["on"], each["appointment_id"]))["enterprise_id"])
        return self.people[person]["enterprise_id"]

    # Who must be told

    def _expect(self, event: Envelope) -> None:
        kind, audience = TOLD[event.type]
        person = event.data["person_id"]
        firm = self.employer(person) if event.type.startswith("certificate") else event.data["enterprise_id"]
        office = self.home(person, firm) if event.type.startswith("certificate") else event.division
        who = {HOLDER: person, EMPLOYER: firm, OFFICE: office}
        about = f"event:{event.id}"
        self.subjects[about] = person
        self._must_be_told(kind, about, day_of(event.time), [(each, who[each]) for each in audience])

    def home(self, person: str, firm: str | None) -> str:
        return str((self.firms[firm] if firm else self.people[person])["division"])

    def swept(self) -> None:
        """What has fallen due is told at once; of a certificate's thresholds the tightest alone."""
        today = self.clock.today()
        touched = set()
        while self.coming and self.coming[0][0] <= today:
            touched.add(heapq.heappop(self.coming)[1])
        for certificate_id in touched:
            found = self.certificates[certificate_id]
            fallen = [day for day in found.thresholds if day <= today]
            if not fallen:
                continue
            found.thresholds = [day for day in found.thresholds if day > today]
            firm = self.employer(found.person)
            who = [(HOLDER, found.person), (EMPLOYER, firm), (OFFICE, self.home(found.person, firm))]
            about = f"certificate:{certificate_id}"
            self.subjects[about] = found.person
            if self.announces:
                self._must_be_told("certificate_expiring", about, max(fallen), who)
        for appointment, matter in self.matters.items():
            about = f"appointment:{appointment}"
            self.subjects[about] = self.appointments[appointment]["person_id"]
            for day, audience in [each for each in matter.stages if each[0] <= today]:
                office = PROVINCE if audience == "province" else PREFECTURE[matter.division]
                self._must_be_told("appointment_filing_overdue", about, day, [(OFFICE, office)])
            matter.stages = [each for each in matter.stages if each[0] > today]

    def _must_be_told(self, kind: str, about: str, due_on: date, who: Sequence[tuple[str, str | None]]) -> None:
        for recipient_kind, recipient_id in who:
            if recipient_id is not None:
                self.due.setdefault(Place(kind, about, due_on, recipient_kind, recipient_id), self.clock.now())

    # What they are told

    def look_at_what_is_shown(self) -> None:
        with self.engine.connect() as connection:
            rows = connection.execute(SHOWN, {"last": self.last}).all()
        for row in rows:
            self.last = row.id
            place = Place(row.kind, row.about, row.due_on, row.recipient_kind, row.recipient_id)
            self.by_id[row.id] = place
            if row.channel == "in_app" and row.state == "sent":
                self.told[place] += 1
                self._judge(place, row.subject, row.body)

    def taken(self, message: Any) -> None:  # Any: a Message of the service's
        """The mail server takes a message."""
        for reference in message.references:
            place = self.by_id[reference]
            self._judge(place, message.text.subject, message.text.body)
            if message.address != address_of(place.recipient_kind, place.recipient_id):
                self.foreign.append((place, "address"))

    def _judge(self, place: Place, subject: str, body: str) -> None:
        today = self.clock.today()
        if place.due_on > today and place.kind == "certificate_expiring":
            self.early.append((place, today))
        self._judge_whose(place, subject + body)
        if place.kind == "certificate_expiring":
            found = self.certificates[place.about.partition(":")[2]]
            left = (found.until - today).days
            if not found.is_valid or not _says(body, left) or not _says_day(body, found.until):
                self.untrue.append((place, today, body))
        if not body.rstrip().endswith(f"{today.year}年{today.month}月{today.day}日"):
            self.untrue.append((place, today, "its date"))

    def _judge_whose(self, place: Place, written: str) -> None:
        """Of one person alone, of the firm that is told, and of that person's certificate."""
        person = self.subjects.get(place.about)
        numbers = self.numbers[person] if person else set()
        names = {self.people[person]["name"]} if person else set()
        firms = {each["name"] for each in self._firms_of(person)} if person else set()
        foreign = set(TOKENS.findall(written)) - numbers - names - firms
        if foreign:
            self.foreign.append((place, foreign))

    def _firms_of(self, person: str) -> list[dict[str, Any]]:
        ids = set(self.employers[person])
        ids |= {self.appointments[each]["enterprise_id"] for each in self.of_person[person]}
        return [self.firms[each] for each in ids if each]

    # The judgement

    @property
    def missed(self) -> list[Place]:
        return [place for place in self.due if not self.told[place]]

    @property
    def doubled(self) -> list[Place]:
        return [place for place, number in self.told.items() if number > 1]

    @property
    def not_due(self) -> list[Place]:
        return [place for place in self.told if place not in self.due]


def address_of(recipient_kind: str, recipient_id: str) -> str:
    return f"{recipient_kind}-{recipient_id}@example.cn"


def _says(body: str, left: int) -> bool:
    if left < 0:
        return "到期" in body and "已于" in body
    found = DAYS_LEFT.search(body)
    if left == 0:
        return found is not None and found.group(2) is not None
    return found is not None and found.group(1) == str(left)


def _says_day(body: str, day: date) -> bool:
    return f"{day.year}年{day.month}月{day.day}日" in body


def _working_day(day: date, number: int) -> date:
    """The last of so many working days after a day. Of a year whose holidays nobody has entered, Monday to Friday."""
    while number:
        day += timedelta(days=1)
        number -= chinese_calendar.is_workday(day) if day.year in KNOWN_YEARS else day.weekday() < 5
    return day
