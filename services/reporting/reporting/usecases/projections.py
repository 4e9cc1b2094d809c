"""What reporting learns from the others' events: dated lines, many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.messaging import Envelope
from reporting import storage

# What each event says of an appointment; the ones not named here say nothing of its standing.
APPOINTMENT = {
    "appointment.made.v1": "in_force",
    "appointment.suspended.v1": "suspended",
    "appointment.restored.v1": "in_force",
    "appointment.ended.v1": "ended",
}
CERTIFICATE = {
    "certificate.issued.v1": "valid",
    "certificate.expired.v1": "expired",
    "certificate.renewed.v1": "valid",
    "certificate.revoked.v1": "revoked",
}
TALENT = {"talent.admitted.v1": "in_pool", "talent.lapsed.v1": "lapsed", "talent.restored.v1": "in_pool"}

_NOTICE = insert(storage.notice)
KEEP_NOTICE = _NOTICE.on_conflict_do_update(
    index_elements=["notice_id"],
    set_={
        "state": _NOTICE.excluded.state,
        "on": _NOTICE.excluded.on,
        "failed_on": func.coalesce(storage.notice.c.failed_on, _NOTICE.excluded.failed_on),
    },
)


def enterprises(session: Session, events: Sequence[Envelope]) -> None:
    names = ("enterprise_id", "on", "name", "division", "above_threshold", "award_contender", "brand_contender")
    _keep(session, storage.enterprise_line, (_line(event, names) for event in events))


def appointments(session: Session, events: Sequence[Envelope]) -> None:
    names = ("appointment_id", "on", "enterprise_id", "person_id")
    lines = (_line(event, names) | {"status": APPOINTMENT[event.type]} for event in events)
    _keep(session, storage.appointment_line, lines)


def filings(session: Session, events: Sequence[Envelope]) -> None:
    _keep(session, storage.filing, (_fields(event, ("appointment_id", "on", "late")) for event in events))


def certificates(session: Session, events: Sequence[Envelope]) -> None:
    lines = (
        {
            "certificate_id": event.data["certificate_id"],
            "person_id": event.data["person_id"],
            "version": event.sequence,
            "on": event.data.get("issued_on") or event.data["on"],
            "status": CERTIFICATE[event.type],
        }
        for event in events
    )
    _keep(session, storage.certificate_line, lines)


def talents(session: Session, events: Sequence[Envelope]) -> None:
    lines = (_line(event, ("person_id", "on")) | {"status": TALENT[event.type]} for event in events)
    _keep(session, storage.talent_line, lines)


def classes(session: Session, events: Sequence[Envelope]) -> None:
    _keep(session, storage.course, (_fields(event, ("class_id", "kind")) for event in events))


def enrolments(session: Session, events: Sequence[Envelope]) -> None:
    names = ("enrolment_id", "class_id", "on", "passed")
    _keep(session, storage.enrolment, (_fields(event, names) for event in events))


def education(session: Session, events: Sequence[Envelope]) -> None:
    names = ("person_id", "year", "on", "total_hours", "required_hours")
    _keep(session, storage.education, (_line(event, names) for event in events))


def notices(session: Session, events: Sequence[Envelope]) -> None:
    """A delivery that failed for good and was sent later counts as it ended; the day it first failed is kept."""
    last: dict[str, dict[str, Any]] = {}
    for event in events:
        notice_id, failed = event.data["notice_id"], event.type == "notice.failed.v1"
        earlier = last[notice_id]["failed_on"] if notice_id in last else None
        last[notice_id] = _fields(event, ("notice_id", "kind", "channel", "on")) | {
            "state": "failed" if failed else "sent",
            "failed_on": earlier or (event.data["on"] if failed else None),
        }
    session.execute(KEEP_NOTICE, list(last.values()))


def _fields(event: Envelope, names: Sequence[str]) -> dict[str, Any]:
    return {name: event.data[name] for name in names}


def _line(event: Envelope, names: Sequence[str]) -> dict[str, Any]:
    return _fields(event, names) | {"version": event.sequence}


def _keep(session: Session, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    session.execute(insert(table).on_conflict_do_nothing(), list(rows))
