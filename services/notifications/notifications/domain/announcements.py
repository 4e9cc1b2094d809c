"""Which event is announced as what, and to whom.

The same table drives the announcing and, read by another query, the proof that everything due was announced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PERSON, ENTERPRISE, DIVISION = "person", "enterprise", "division"
HOLDER_AND_FIRM = (PERSON, ENTERPRISE)
EVERYBODY = (PERSON, ENTERPRISE, DIVISION)


@dataclass(frozen=True)
class Rule:
    """An event of type `event` is announced as `kind` to each of `recipients`."""

    event: str
    kind: str
    recipients: tuple[str, ...]
    # The rule holds only where this field of the event has this value.
    condition: tuple[str, bool] | None = None

    def applies(self, event: str, data: Mapping[str, Any]) -> bool:
        """Whether an event of that type with that data is announced by this rule."""
        if event != self.event:
            return False
        return self.condition is None or data[self.condition[0]] is self.condition[1]


RULES = (
    Rule("nomination.submitted.v1", "nomination_received", HOLDER_AND_FIRM),
    Rule("enrolment.completed.v1", "enrolment_result", HOLDER_AND_FIRM),
    Rule("certificate.issued.v1", "certificate_issued", HOLDER_AND_FIRM),
    Rule("certificate.expiring.v1", "certificate_expiring", EVERYBODY),
    Rule("certificate.renewed.v1", "certificate_renewed", HOLDER_AND_FIRM),
    Rule("certificate.expired.v1", "certificate_expired", EVERYBODY),
    Rule("certificate.revoked.v1", "certificate_revoked", EVERYBODY),
    Rule("appointment.made.v1", "appointment_made", EVERYBODY),
    Rule("appointment.filed.v1", "appointment_filed", EVERYBODY, ("late", False)),
    Rule("appointment.filed.v1", "appointment_filed_late", EVERYBODY, ("late", True)),
    Rule("appointment.filing_overdue.v1", "appointment_filing_overdue", (ENTERPRISE, DIVISION)),
    Rule("appointment.suspended.v1", "appointment_suspended", EVERYBODY),
    Rule("appointment.restored.v1", "appointment_restored", EVERYBODY),
    Rule("appointment.ended.v1", "appointment_ended", EVERYBODY),
    Rule("target.set.v1", "target_set", (DIVISION,)),
)
KINDS = tuple(rule.kind for rule in RULES)
EVENTS = tuple(dict.fromkeys(rule.event for rule in RULES))


def matching(event: str, data: Mapping[str, Any]) -> list[Rule]:
    """The rules by which an event is announced."""
    return [rule for rule in RULES if rule.applies(event, data)]
