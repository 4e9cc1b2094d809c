"""What notifications keeps of others' events: certificates, appointments, firms, what is open, and what is due later.

A part of the history keeps each row as it stands, and notes how it was before as the triggers of the tables do; the
rows go into the books at the end (`finish`). What was planned has been sent by then, is off, or is still planned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from functools import cache

import chinese_calendar
from chinese_calendar.constants import holidays

from chassis.due import Planned
from notifications.domain.conditions import CLOSED_BY, OPENED_BY, MatterKind, about_of, matter_subject
from notifications.domain.rules import NoticeRule, escalated_type, planned_type
from notifications.handlers import planning
from notifications.handlers.certificates import ENDED_BY
from notifications.handlers.replanning import BEGUN
from province import days, notices
from province.books import Books, Event, Key, Move, Row, Waiting, as_json
from province.rules import BY_KEY, PLANNING

KNOWN_SINCE = ("appointment", "certificate")  # of these it is also kept since when they are known
SATURDAY = 5
YEARS = frozenset(day.year for day in holidays)


class Calendar:
    """The working days that the library knows, as the service counts where nobody has entered a year."""

    @staticmethod
    @cache
    def is_working(day: date) -> bool:
        """Whether that day is worked."""
        return bool(chinese_calendar.is_workday(day)) if day.year in YEARS else day.weekday() < SATURDAY


def announced(books: Books, event: Event) -> None:
    """An event that rules may announce: its notices, what it opens or closes, and what is due later because of it."""
    notices.announce(books, event)
    if event.type in OPENED_BY:
        _open(books, event, OPENED_BY[event.type])
    if event.type in CLOSED_BY:
        _close(books, event, CLOSED_BY[event.type])
    _plan(books, event)


def certificate_begun(books: Books, event: Event) -> None:
    """A certificate is valid until a day."""
    data, before = event.data, _rows(books, "certificate").get((event.subject,))
    row: Row = {
        "id": event.subject,
        "number": data["number"],
        "person_id": data["person_id"],
        "enterprise_id": data.get("enterprise_id"),
        "valid_from": before["valid_from"] if before else data.get("valid_from"),
        "valid_until": data["valid_until"],
        "state": "valid",
    }
    _keep(books, "certificate", (event.subject,), row, event)
    announced(books, event)


def certificate_ended(books: Books, event: Event) -> None:
    """It is valid no more, and nobody is reminded of its end."""
    row = _rows(books, "certificate")[event.subject,]
    _keep(books, "certificate", (event.subject,), {**row, "state": str(ENDED_BY[event.type])}, event)
    for rule in PLANNING:
        if rule.due is not None:
            _settle(books, planning.series(rule.key, f"certificate:{event.subject}"), event.day)
    announced(books, event)


def appointment_made(books: Books, event: Event) -> None:
    """Somebody is the CQO of an enterprise."""
    data = event.data
    row: Row = {
        "id": event.subject,
        "person_id": data["person_id"],
        "enterprise_id": data["enterprise_id"],
        "position": data["position"],
        "made_on": data["on"],
        "ended_on": None,
        "post_id": data["post_id"],
    }
    _keep(books, "appointment", (event.subject,), row, event)
    announced(books, event)


def appointment_ended(books: Books, event: Event) -> None:
    """The last day of an appointment."""
    row = _rows(books, "appointment")[event.subject,]
    _keep(books, "appointment", (event.subject,), {**row, "ended_on": event.data["on"]}, event)
    announced(books, event)


def enterprise_entered(books: Books, event: Event) -> None:
    """An enterprise, or what has changed of it; where it lies is kept for what happens to its people."""
    data, before = event.data, _rows(books, "enterprise").get((event.subject,))
    if before is not None and before["division"] != data["division"]:
        books.moves[event.subject] = Move(event.at, data["division"])
    row: Row = {"id": event.subject, "name": data["name"], "division": data["division"]}
    _keep(books, "enterprise", (event.subject,), row, event)


def finish(books: Books) -> None:
    """Sends what was due until the last day, and enters all that is kept."""
    for series in list(books.kept.planned):
        _settle(books, series, None)
    for table, rows in books.kept.rows.items():
        for row in rows.values():
            if table != "matter" or not _is_forgotten(books, row):
                books.put("notifications", table, **row)
    books.kept.rows.clear()


def _is_forgotten(books: Books, row: Row) -> bool:
    """Whether a matter was removed; the trigger keeps it for a while, as it does whatever was."""
    opened_on, closed_on = row["opened_on"], row["closed_on"]
    assert isinstance(opened_on, date) and (closed_on is None or isinstance(closed_on, date))
    gone_on = books.retention.forgets_matter(str(row["kind"]), opened_on, closed_on)
    if gone_on is not None:
        _note(books, "matter", _matter_key(row), days.instant(gone_on, 0), gone_on, row)
    return gone_on is not None


def _matter_key(row: Row) -> str:
    return f"{row['kind']}:{row['subject']}"


def _rows(books: Books, table: str) -> dict[Key, Row]:
    return books.kept.rows.setdefault(table, {})


def _keep(books: Books, table: str, key: Key, row: Row, event: Event) -> None:
    """The row as it stands from an event on, and how it was before."""
    rows = _rows(books, table)
    before = rows.get(key)
    if before != row and (before is not None or table in KNOWN_SINCE):
        _note(books, table, ":".join(key), event.at, event.day, before)
    rows[key] = row


def _note(books: Books, table: str, key: str, until: str, day: date, content: Row | None) -> None:
    if day >= books.retention.notices:
        kept = None if content is None else as_json({name: _plain(value) for name, value in content.items()})
        books.put("notifications", "former_staged", kind=table, id=key, until=until, day=day, content=kept)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _open(books: Books, event: Event, kind: MatterKind) -> None:
    subject = matter_subject(kind, event.subject, event.data)
    row: Row = {
        "kind": kind.value,
        "subject": subject,
        "enterprise_id": event.parties.enterprise_id,
        "opened_on": event.day,
        "opened_by": event.id,
        "closed_on": None,
        "closed_by": None,
    }
    _keep(books, "matter", (kind.value, subject), row, event)


def _close(books: Books, event: Event, kind: MatterKind) -> None:
    key = kind.value, matter_subject(kind, event.subject, event.data)
    row = _rows(books, "matter").get(key)
    if row is None or row["closed_on"] is not None:
        return
    _keep(books, "matter", key, {**row, "closed_on": event.day, "closed_by": event.id}, event)
    openers = {type_ for type_, opened in OPENED_BY.items() if opened == kind}
    for rule in PLANNING:
        for opener in openers & set(rule.events):
            for series in planning.series_of(rule, f"{opener.partition('.')[0]}:{key[1]}"):
                _settle(books, series, event.day)


def _plan(books: Books, event: Event) -> None:
    """What the rules have sent later because of an event; what a rule planned for the same thing before is off."""
    for rule in PLANNING:
        if not rule.applies(event.type, event.data):
            continue
        about = about_of(event.type, event.subject, event.data)
        if event.version > 1:
            for series in planning.series_of(rule, about):
                _settle(books, series, event.day)
        for row in _planned(rule, event, about):
            waiting = Waiting(row, event.parties, event.division, event.type.partition(".")[0])
            books.kept.planned.setdefault(row.series, []).append(waiting)


def _planned(rule: NoticeRule, event: Event, about: str) -> Iterator[Planned]:
    payload = {
        "about": about,
        "subject": event.subject,
        "event": event.id,
        "division": event.division,
        "mentions": _mentions(event),
        "data": {name: event.data.get(name) for name in notices.KEPT_OF[event.type]},
    }
    if rule.due is not None:
        anchor = date.fromisoformat(str(event.data[rule.due.field]))
        yield from planning.thresholds(rule, about, anchor, event.day, payload)
    yield from planning.stages(rule, about, event.day, Calendar(), payload)  # type: ignore[arg-type]  # it has no year


def _mentions(event: Event) -> Row:
    names = ("person_id", "enterprise_id", "appointment_id")
    found: Row = {name: event.data[name] for name in names if event.data.get(name)}
    return found | ({"concerns_present_employer": True} if event.type in BEGUN else {})


def _settle(books: Books, series: str, ends: date | None) -> None:
    """What was due before the day `ends` has been sent, the rest is off; without one the rest is still planned."""
    for each in books.kept.planned.pop(series, ()):
        day = each.row.due_on
        is_done = day <= days.LAST and (ends is None or day < ends)
        settled_on = day if is_done else ends
        state = "done" if is_done else "planned" if ends is None else "cancelled"
        at = None if settled_on is None else days.instant(settled_on, books.rng.randrange(600))
        if is_done and at is not None:
            _send(books, each, at)
        if settled_on is None or not books.retention.is_settled(settled_on, day):
            row = {**asdict(each.row), "payload": as_json(each.row.payload)}
            books.put("notifications", "due", **row, state=state, settled_at=at)


def _send(books: Books, sent: Waiting, at: str) -> None:
    row, rule = sent.row, BY_KEY[sent.row.payload["rule"]]
    is_stage = row.kind == planning.ESCALATED
    stage = row.payload.get("stage", 0)
    kind = escalated_type(rule.key, stage) if is_stage else planned_type(rule.key)
    person, enterprise = sent.parties
    division = books.home(enterprise, sent.division, at) if sent.kind == "certificate" else sent.division
    concerned = notices.parties_of(person, enterprise, division, row.due_on)
    payload, rules = row.payload, [(rule.key, rule.audience_of(kind))]
    what = payload["subject"], payload["about"], row.due_on, at
    notices.tell(books, notices.Cause(books.new_id_of(at), kind, *what, concerned, payload["data"], rules))
