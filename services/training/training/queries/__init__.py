"""What can be asked: plans, classes, enrolments, certificates as of a day, reminders, the ledger, and why."""

from training.queries.certificates import (
    AsOf,
    CertificateAsOf,
    CertificateFilters,
    CertificateWithHistory,
    VerificationQuery,
    find_genuine,
    get_certificate,
    list_certificates,
)
from training.queries.classes import (
    ClassFilters,
    NominationFilters,
    PlanFilters,
    list_classes,
    list_enrolments,
    list_nominations,
    list_plans,
)
from training.queries.education import list_education
from training.queries.explanations import explain_certificate, explain_enrolment
from training.queries.reminders import ReminderFilters, list_reminders_due

__all__ = [
    "AsOf",
    "CertificateAsOf",
    "CertificateFilters",
    "CertificateWithHistory",
    "ClassFilters",
    "NominationFilters",
    "PlanFilters",
    "ReminderFilters",
    "VerificationQuery",
    "explain_certificate",
    "explain_enrolment",
    "find_genuine",
    "get_certificate",
    "list_certificates",
    "list_classes",
    "list_education",
    "list_enrolments",
    "list_nominations",
    "list_plans",
    "list_reminders_due",
]
