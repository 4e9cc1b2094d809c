"""The facts this service announces; their fields become the event's `data` (see `contracts/`)."""

from registry.events.appointments import (
    AppointmentChanged,
    AppointmentEnded,
    AppointmentExcluded,
    AppointmentFiled,
    AppointmentFilingOverdue,
    AppointmentFilingReturned,
    AppointmentFilingSubmitted,
    AppointmentMade,
    AppointmentRestored,
    AppointmentSuspended,
    PostOpened,
    PostVacancyOverdue,
)
from registry.events.audit import AuditSealed
from registry.events.enterprises import (
    DivisionPlaced,
    EnterpriseChanged,
    EnterpriseDeregistered,
    EnterpriseRecognised,
    EnterpriseRegistered,
)
from registry.events.incidents import (
    IncidentClosed,
    IncidentForwarded,
    IncidentForwardingOverdue,
    IncidentReportAdded,
    IncidentReported,
    IncidentReportOverdue,
    OfIncident,
)
from registry.events.people import (
    ContactChanged,
    PersonChanged,
    PersonRegistered,
    TalentAdmitted,
    TalentExcluded,
    TalentLapsed,
    TalentRestored,
)
from registry.events.recommendations import (
    OfRecommendation,
    RecommendationAdmitted,
    RecommendationMade,
    RecommendationRefused,
    RecommendationReturned,
    RecommendationWithdrawn,
)

LAST_VERSION = ("contact",)  # kinds of aggregate of which only the last version is kept

__all__ = [
    "LAST_VERSION",
    "AppointmentChanged",
    "AppointmentEnded",
    "AppointmentExcluded",
    "AppointmentFiled",
    "AppointmentFilingOverdue",
    "AppointmentFilingReturned",
    "AppointmentFilingSubmitted",
    "AppointmentMade",
    "AppointmentRestored",
    "AppointmentSuspended",
    "AuditSealed",
    "ContactChanged",
    "DivisionPlaced",
    "EnterpriseChanged",
    "EnterpriseDeregistered",
    "EnterpriseRecognised",
    "EnterpriseRegistered",
    "IncidentClosed",
    "IncidentForwarded",
    "IncidentForwardingOverdue",
    "IncidentReportAdded",
    "IncidentReportOverdue",
    "IncidentReported",
    "OfIncident",
    "OfRecommendation",
    "PersonChanged",
    "PersonRegistered",
    "PostOpened",
    "PostVacancyOverdue",
    "RecommendationAdmitted",
    "RecommendationMade",
    "RecommendationRefused",
    "RecommendationReturned",
    "RecommendationWithdrawn",
    "TalentAdmitted",
    "TalentExcluded",
    "TalentLapsed",
    "TalentRestored",
]
