"""What each service makes of the others' events in its own tables, as the handlers of its worker would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeAlias

from notifications.handlers.certificates import ENDED_BY
from notifications.handlers.followed import RECORDS
from notifications.handlers.replanning import BEGUN
from province import days, followed
from province.books import Books, Event

Reader: TypeAlias = Callable[[Books, Event], None]
APPOINTMENT = {"made": "active", "suspended": "suspended", "restored": "active", "ended": "ended"}
CERTIFICATE = {"issued": "valid", "renewed": "valid", "expired": "expired", "revoked": "revoked"}
TALENT = {"admitted": "in_pool", "restored": "in_pool", "lapsed": "lapsed"}


def _fact(event: Event) -> str:
    """`made` of `appointment.made.v1`."""
    return event.type.split(".")[1]


def all_readers() -> dict[tuple[str, str], Reader]:
    """By service and type of event. People and what training knows of firms are written with the firm itself."""
    found: dict[tuple[str, str], Reader] = {("notifications", kind): followed.announced for kind in RECORDS}
    found |= {("notifications", kind): followed.certificate_begun for kind in BEGUN}
    found |= {("notifications", kind): followed.certificate_ended for kind in ENDED_BY}
    found["notifications", "appointment.made.v1"] = followed.appointment_made
    found["notifications", "appointment.ended.v1"] = followed.appointment_ended
    for kind in ("enterprise.registered.v1", "enterprise.changed.v1"):
        found["reporting", kind] = enterprise_history
        found["notifications", kind] = followed.enterprise_entered
    for fact in APPOINTMENT:
        found["reporting", f"appointment.{fact}.v1"] = appointment_history
    for fact in CERTIFICATE:
        found["reporting", f"certificate.{fact}.v1"] = certificate_history
        found["registry", f"certificate.{fact}.v1"] = certificate_fact
    for fact in TALENT:
        found["reporting", f"talent.{fact}.v1"] = talent_history
    for service in ("reporting", "registry"):
        found[service, "education.recorded.v1"] = education if service == "reporting" else education_fact
    for kind in ("notice.sent.v1", "notice.failed.v1"):
        found["reporting", kind] = delivery
    found["reporting", "appointment.filed.v1"] = filing
    found["reporting", "class.scheduled.v1"] = training_class
    found["reporting", "enrolment.completed.v1"] = enrolment
    return found


def enterprise_history(books: Books, event: Event) -> None:
    data = event.data
    books.put(
        "reporting",
        "enterprise_history",
        enterprise_id=event.subject,
        version=event.version,
        on=data["on"],
        name=data["name"],
        division=data["division"],
        above_threshold=data["above_threshold"],
        award_contender=data["award_contender"],
        brand_contender=data["brand_contender"],
        gone=False,
    )


def appointment_history(books: Books, event: Event) -> None:
    data, status = event.data, APPOINTMENT[_fact(event)]
    on = date.fromisoformat(str(data["on"]))
    books.put(
        "reporting",
        "appointment_history",
        appointment_id=event.subject,
        version=event.version,
        on=on + days.ONE_DAY if status == "ended" else on,  # the last day still counts
        enterprise_id=data["enterprise_id"],
        person_id=data["person_id"],
        status=status,
    )


def certificate_history(books: Books, event: Event) -> None:
    data = event.data
    books.put(
        "reporting",
        "certificate_history",
        certificate_id=event.subject,
        version=event.version,
        on=data.get("on") or data["issued_on"],
        person_id=data["person_id"],
        status=CERTIFICATE[_fact(event)],
    )


def certificate_fact(books: Books, event: Event) -> None:
    """Registry's facts about a certificate, of which each says from which day to which it holds."""
    data, begins = event.data, event.data.get("issued_on") or event.data["on"]
    holds = "valid_until" in data
    books.put(
        "registry",
        "certificate_fact",
        person_id=data["person_id"],
        certificate_id=event.subject,
        number=data["number"],
        on=begins,
        status=CERTIFICATE[_fact(event)],
        valid_from=begins if holds else None,
        valid_until=data.get("valid_until"),
    )


def talent_history(books: Books, event: Event) -> None:
    status = TALENT[_fact(event)]
    books.put(
        "reporting",
        "talent_history",
        person_id=event.subject,
        version=event.version,
        on=event.data["on"],
        status=status,
    )


def education(books: Books, event: Event) -> None:
    data = event.data
    books.put(
        "reporting",
        "education",
        person_id=data["person_id"],
        year=data["year"],
        version=event.version,
        on=data["on"],
        total_hours=data["total_hours"],
        required_hours=data["required_hours"],
    )


def education_fact(books: Books, event: Event) -> None:
    data = event.data
    books.put(
        "registry",
        "education_fact",
        person_id=data["person_id"],
        year=data["year"],
        on=data["on"],
        total_hours=data["total_hours"],
        required_hours=data["required_hours"],
    )


def filing(books: Books, event: Event) -> None:
    books.put("reporting", "filing", appointment_id=event.subject, on=event.data["on"], late=event.data["late"])


def training_class(books: Books, event: Event) -> None:
    books.put("reporting", "training_class", class_id=event.subject, kind=event.data["kind"])


def enrolment(books: Books, event: Event) -> None:
    data = event.data
    books.put(
        "reporting",
        "enrolment",
        enrolment_id=event.subject,
        class_id=data["class_id"],
        on=data["on"],
        passed=data["passed"],
    )


def delivery(books: Books, event: Event) -> None:
    """One that failed stays failed here: nothing of this history is tried again."""
    data, failed = event.data, event.type == "notice.failed.v1"
    if event.at < books.retention.cursors:
        books.counts.deliveries[event.day, "failed" if failed else "sent", data["kind"], data["channel"]] += 1
        return
    books.put(
        "reporting",
        "delivery",
        delivery_id=event.subject,
        kind=data["kind"],
        channel=data["channel"],
        state="failed" if failed else "sent",
        on=data["on"],
        failed_on=data["on"] if failed else None,
    )
