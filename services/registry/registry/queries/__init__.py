"""What the service can be asked: lists limited to what the caller may see, as of today or of a past day.

A module for each aggregate holds its filters, its rows and its queries; `explain` says why somebody is eligible or not.
"""

from registry.queries.appointment import (
    AppointmentFilters,
    AppointmentOnDay,
    appointment_history,
    appointments,
)
from registry.queries.breach import BreachFilters, breach_by_id, breaches
from registry.queries.conduct import (
    GradeFilters,
    HazardFilters,
    ProposalFilters,
    ServiceFilters,
    ServiceYear,
    grades,
    grades_of,
    hazards,
    proposals,
    public_services,
    service_years,
)
from registry.queries.correction import CorrectionFilters, corrections
from registry.queries.division import division_changes, division_with_placements, divisions
from registry.queries.duty import DutyReportFilters, duty_report_with_revisions, duty_reports
from registry.queries.enterprise import (
    EnterpriseFilters,
    EnterpriseRow,
    enterprise_by_id,
    enterprises,
    leaders,
    recognitions,
    some_enterprises,
)
from registry.queries.exclusion import exclusions
from registry.queries.explain import eligibility
from registry.queries.import_job import ImportFilters, import_by_id, imports
from registry.queries.incident import IncidentFilters, incident_with_reports, incidents
from registry.queries.person import FindPerson, PersonFilters, people
from registry.queries.pool import Offered, PoolFilters, pool
from registry.queries.post import PostAndHolder, PostFilters, posts
from registry.queries.recommendation import (
    RecommendationFilters,
    RecommendationInFull,
    recommendation_in_full,
    recommendations,
)
from registry.queries.talent import TalentFilters, TalentOnDay, talents
from registry.queries.worklists import Worklist, counts, worklist

__all__ = [
    "AppointmentFilters",
    "AppointmentOnDay",
    "BreachFilters",
    "CorrectionFilters",
    "DutyReportFilters",
    "EnterpriseFilters",
    "EnterpriseRow",
    "FindPerson",
    "GradeFilters",
    "HazardFilters",
    "ImportFilters",
    "IncidentFilters",
    "Offered",
    "PersonFilters",
    "PoolFilters",
    "PostAndHolder",
    "PostFilters",
    "ProposalFilters",
    "RecommendationFilters",
    "RecommendationInFull",
    "ServiceFilters",
    "ServiceYear",
    "TalentFilters",
    "TalentOnDay",
    "Worklist",
    "appointment_history",
    "appointments",
    "breach_by_id",
    "breaches",
    "corrections",
    "counts",
    "division_changes",
    "division_with_placements",
    "divisions",
    "duty_report_with_revisions",
    "duty_reports",
    "eligibility",
    "enterprise_by_id",
    "enterprises",
    "exclusions",
    "grades",
    "grades_of",
    "hazards",
    "import_by_id",
    "imports",
    "incident_with_reports",
    "incidents",
    "leaders",
    "people",
    "pool",
    "posts",
    "proposals",
    "public_services",
    "recognitions",
    "recommendation_in_full",
    "recommendations",
    "service_years",
    "some_enterprises",
    "talents",
    "worklist",
]
