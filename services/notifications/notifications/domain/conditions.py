"""The named conditions under which a notice still stands when it is sent, each over the facts that are kept here.

A condition gives the reason why it does not hold, which is kept with the notice that was withdrawn; None where it
holds. What is not known here holds: a notice is better sent than lost.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class CertificateState(StrEnum):
    """Whether a certificate holds within its term."""

    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    REPLACED = "replaced"
    EXPIRED = "expired"


class MatterKind(StrEnum):
    """What is open until a fact puts it right."""

    FILING = "filing"
    VACANCY = "vacancy"
    DUTY_REPORT = "duty_report"
    FORWARDING = "forwarding"
    FINAL_REPORT = "final_report"
    NOMINATION = "nomination"


@dataclass(frozen=True)
class Certificate:
    """A certificate with the term that it has now."""

    valid_until: date
    state: CertificateState


@dataclass(frozen=True)
class Matter:
    """Something that is open; closed on `closed_on`, where it is."""

    opened_on: date
    closed_on: date | None


@dataclass(frozen=True)
class Facts:
    """What is known now of those things that some notices are about."""

    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    matters: Mapping[tuple[MatterKind, str], Matter] = field(default_factory=dict)
    filled_posts: Collection[str] = ()


Data = Mapping[str, object]
Holds = Callable[[Facts, str, Data], str | None]  # of the facts, the id of what it is about, and the event's data


@dataclass(frozen=True)
class Condition:
    """`aggregate`: the kind of aggregate whose events can name it."""

    aggregate: str
    reason_against: Holds


def certificate_in_force(facts: Facts, subject: str, data: Data) -> str | None:
    """The certificate is valid, and ends on the day that the notice speaks of."""
    found = facts.certificates.get(subject)
    if found is None:
        return None
    if found.state != CertificateState.VALID:
        return f"the certificate is {found.state}"
    if data.get("valid_until", found.valid_until) != found.valid_until:
        return f"the certificate is valid until {found.valid_until}"
    return None


def _stands_open(kind: MatterKind, what_closed_it: str) -> Holds:
    def is_open(facts: Facts, subject: str, data: Data) -> str | None:
        found = facts.matters.get((kind, matter_subject(kind, subject, data)))
        if found is None or found.closed_on is None:
            return None
        return f"{what_closed_it} on {found.closed_on}"

    return is_open


def vacancy_open(facts: Facts, subject: str, data: Data) -> str | None:
    """Nobody was appointed since: that is another aggregate's event, which may have come before the vacancy's."""
    if subject in facts.filled_posts:
        return "the post is filled"
    return _stands_open(MatterKind.VACANCY, "the post was given up")(facts, subject, data)


CONDITIONS: Mapping[str, Condition] = {
    "certificate_in_force": Condition("certificate", certificate_in_force),
    "filing_missing": Condition(
        "appointment", _stands_open(MatterKind.FILING, "the appointment was handed in or ended")
    ),
    "vacancy_open": Condition("post", vacancy_open),
    "duty_report_missing": Condition("duty_report", _stands_open(MatterKind.DUTY_REPORT, "the paper was handed in")),
    "forwarding_missing": Condition("incident", _stands_open(MatterKind.FORWARDING, "the incident was forwarded")),
    "final_report_missing": Condition("incident", _stands_open(MatterKind.FINAL_REPORT, "the final report was given")),
    "nomination_stands": Condition("nomination", _stands_open(MatterKind.NOMINATION, "the nomination was taken back")),
}
# Which events open a matter, and which put it right.
OPENED_BY: Mapping[str, MatterKind] = {
    "nomination.submitted.v1": MatterKind.NOMINATION,
    "appointment.filing_overdue.v1": MatterKind.FILING,
    "post.vacancy_overdue.v1": MatterKind.VACANCY,
    "duty_report.overdue.v1": MatterKind.DUTY_REPORT,
    "incident.forwarding_overdue.v1": MatterKind.FORWARDING,
    "incident.final_report_overdue.v1": MatterKind.FINAL_REPORT,
}
CLOSED_BY: Mapping[str, MatterKind] = {
    "appointment.filing_submitted.v1": MatterKind.FILING,
    "appointment.filed.v1": MatterKind.FILING,
    "appointment.ended.v1": MatterKind.FILING,
    "appointment.made.v1": MatterKind.VACANCY,  # of its post
    "duty_report.submitted.v1": MatterKind.DUTY_REPORT,
    "incident.forwarded.v1": MatterKind.FORWARDING,
    "incident.report_added.v1": MatterKind.FINAL_REPORT,  # by the final one
    "nomination.withdrawn.v1": MatterKind.NOMINATION,
    "nomination.cancelled.v1": MatterKind.NOMINATION,
}


def about_of(event: str, subject: str, data: Data) -> str:
    """What a notice is about by its identity: the aggregate of the event, and of a duty report one of its papers."""
    kind = OPENED_BY.get(event)
    return f"{event.partition('.')[0]}:{matter_subject(kind, subject, data) if kind else subject}"


def matter_subject(kind: MatterKind, subject: str, data: Data) -> str:
    """What a matter is about: the aggregate; of a duty report one of its two papers; what fills a post, that post."""
    if kind == MatterKind.DUTY_REPORT:
        return f"{subject}:{data['paper']}"
    return str(data.get("post_id", subject)) if kind == MatterKind.VACANCY else subject
