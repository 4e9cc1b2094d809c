"""The facts this service announces; their fields become the event's `data` (see `contracts/`)."""

from training.events.certificates import (
    CertificateExpired,
    CertificateExpiring,
    CertificateIssued,
    CertificateReinstated,
    CertificateRenewed,
    CertificateReplaced,
    CertificateRevoked,
    CertificateSuspended,
)
from training.events.classes import ClassCancelled, ClassChanged, ClassClosed, ClassScheduled
from training.events.nominations import (
    NominationCancelled,
    NominationInvited,
    NominationPromoted,
    NominationRescheduled,
    NominationSubmitted,
    NominationWaitlisted,
    NominationWithdrawn,
)
from training.events.results import (
    AppealDecided,
    AppealSubmitted,
    AuditSealed,
    EducationRecorded,
    EnrolmentCompleted,
    EnrolmentRevised,
    ShortfallForecast,
)

__all__ = [
    "AppealDecided",
    "AppealSubmitted",
    "AuditSealed",
    "CertificateExpired",
    "CertificateExpiring",
    "CertificateIssued",
    "CertificateReinstated",
    "CertificateRenewed",
    "CertificateReplaced",
    "CertificateRevoked",
    "CertificateSuspended",
    "ClassCancelled",
    "ClassChanged",
    "ClassClosed",
    "ClassScheduled",
    "EducationRecorded",
    "EnrolmentCompleted",
    "EnrolmentRevised",
    "NominationCancelled",
    "NominationInvited",
    "NominationPromoted",
    "NominationRescheduled",
    "NominationSubmitted",
    "NominationWaitlisted",
    "NominationWithdrawn",
    "ShortfallForecast",
]
