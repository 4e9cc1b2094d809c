"""What can be asked: plans, classes, enrolments, certificates as of a day, reminders, the ledger, and why."""

from training.queries.certificates import (
    AsOf,
    CertificateAsOf,
    CertificateFilters,
    CertificateWithHistory,
    PageQuery,
    VerificationQuery,
    find_genuine,
    get_certificate,
    list_certificates,
)
from training.queries.classes import (
    AppealFilters,
    ClassFilters,
    NominationFilters,
    PlanFilters,
    list_appeals,
    list_classes,
    list_enrolments,
    list_nominations,
    list_plans,
)
from training.queries.education import (
    ShortfallFilters,
    get_education,
    list_behind,
    list_education,
    list_shortfalls,
)
from training.queries.explanations import explain_certificate, explain_enrolment
from training.queries.reminders import ReminderFilters, list_reminders_due
from training.queries.statements import SignedList, StatusListQuery, statement_of, status_list
from training.queries.teaching import TrainerFilters, VenueFilters, get_trainer, list_trainers, list_venues

__all__ = [
    "AppealFilters",
    "AsOf",
    "CertificateAsOf",
    "CertificateFilters",
    "CertificateWithHistory",
    "ClassFilters",
    "NominationFilters",
    "PageQuery",
    "PlanFilters",
    "ReminderFilters",
    "ShortfallFilters",
    "SignedList",
    "StatusListQuery",
    "TrainerFilters",
    "VenueFilters",
    "VerificationQuery",
    "explain_certificate",
    "explain_enrolment",
    "find_genuine",
    "get_certificate",
    "get_education",
    "get_trainer",
    "list_appeals",
    "list_behind",
    "list_certificates",
    "list_classes",
    "list_education",
    "list_enrolments",
    "list_nominations",
    "list_plans",
    "list_reminders_due",
    "list_shortfalls",
    "list_trainers",
    "list_venues",
    "statement_of",
    "status_list",
]
