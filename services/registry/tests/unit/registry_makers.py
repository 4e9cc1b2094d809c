"""Made-up people and papers for the unit tests."""

from dataclasses import replace
from datetime import date

from registry.domain.appointment import Appointment, Capacity
from registry.domain.certificates import CertificateFact, CertificateStatus
from registry.domain.departments import DEPARTMENTS
from registry.domain.enterprise import Enterprise
from registry.domain.person import Person
from registry.domain.post import Post
from registry.domain.rules import Rules
from registry.domain.talent import Talent


class MadeUpRules(Rules):
    """Rules of which a test may change some."""

    def but(self, **changes):
        return replace(self, **changes)


RULES = MadeUpRules(
    version=1,
    effective_from=date(2013, 9, 18),
    document="吉质联办〔2013〕10号",
    experience_years=3,
    title_experience_years=1,
    review_days=15,
    filing_days=30,
    resubmission_days=10,
    change_filing_working_days=15,
    vacancy_grace_days=90,
    expiring_days=90,
    appoint_excluded="refuse",
    appoint_without_declaration="warn",
    appoint_without_experience="refuse",
    appoint_without_education="warn",
    appoint_without_certificate="refuse",
    appoint_cqo_of_another="refuse",
    provisional_days=180,
    on_excluded="suspend",
    on_certificate_expired="suspend",
    on_certificate_revoked="suspend",
    on_certificate_suspended="suspend",
    continuing_education_hours=16,
    duty_plan_days=31,
    duty_report_days=31,
    duty_least_days=90,
    hazard_days=30,
    on_breach={kind: {"consequence": "warn", "months": 12} for kind in ("secrecy", "independence")},
    contact_request_days=14,
    contact_requests_open=5,
    contact_request_again_days=90,
    incident_clocks={
        grade: {"first_hours": 1, "province_hours": 2, "final_days": 10} for grade in ("I", "II", "III", "IV")
    },
)


def issued(on=date(2026, 1, 10), until=date(2029, 1, 9), certificate="c1"):
    return CertificateFact(certificate, "p1", f"CQO-{certificate}", on, CertificateStatus.VALID, on, until)


def expired(on, certificate="c1"):
    return CertificateFact(certificate, "p1", f"CQO-{certificate}", on, CertificateStatus.EXPIRED)


def revoked(on, certificate="c1"):
    return CertificateFact(certificate, "p1", f"CQO-{certificate}", on, CertificateStatus.REVOKED)


def talent(**changes):
    fields = {
        "id": "p1",
        "name": "李明",
        "division": "220102",
        "certificate_id": "c1",
        "valid_until": date(2029, 1, 9),
        "admitted_on": date(2026, 1, 10),
    }
    return Talent(**{**fields, **changes})


def appointment(**changes):
    fields = {
        "id": "a1",
        "enterprise_id": "e1",
        "person_id": "p1",
        "post_id": "s1",
        "division": "220102",
        "position": "副总经理",
        "decision_level": True,
        "departments": ["质量管理", "质量检验", "质量安全"],
        "appointed_on": date(2026, 2, 1),
        "appointed_by_name": "王强",
        "appointed_by_capacity": Capacity.LEGAL_REPRESENTATIVE,
        "document_number": "示例〔2026〕1号",
        "document_date": date(2026, 2, 1),
        "authorisation": "授权书 1 号",
        "filing_due_on": date(2026, 3, 3),
        "ruleset": 1,
    }
    return Appointment(**{**fields, **changes})


def enterprise(**changes):
    fields = {
        "id": "e1",
        "uscc": "91220101MA0Y12340Q",
        "name": "示例公司",
        "division": "220102",
        "industry": "C36",
        "above_threshold": True,
        "award_contender": False,
        "brand_contender": False,
        "legal_representative": "王强",
        "responsible_person": None,
        "registered_on": date(2026, 3, 2),
    }
    return Enterprise(**{**fields, **changes})


def person():
    return Person("p1", "李明", "220102", "e1", "sealed", "index", None, date(2026, 1, 5))


def post():
    return Post("s1", "e1", "220102", "首席质量官", True, date(2026, 1, 5), list(DEPARTMENTS))
