"""Made-up people and papers for the unit tests."""

from dataclasses import dataclass, field
from datetime import date

from registry.domain.appointment import Appointment
from registry.domain.certificates import EXPIRED, REVOKED, VALID, CertificateFact
from registry.domain.talent import Talent


@dataclass
class Rules:
    version: int = 1
    effective_from: date = date(2013, 9, 18)
    document: str = "吉质联办〔2013〕10号"
    parameters: dict = field(
        default_factory=lambda: {
            "experience_years": 3,
            "filing_days": 30,
            "appoint_without_certificate": "refuse",
            "provisional_days": 180,
            "on_certificate_expired": "suspend",
            "on_certificate_revoked": "suspend",
            "continuing_education_hours": 16,
        }
    )

    def but(self, **changes):
        return Rules(parameters={**self.parameters, **changes})


RULES = Rules()


def issued(on=date(2026, 1, 10), until=date(2029, 1, 9), certificate="c1"):
    return CertificateFact(certificate, "p1", f"CQO-{certificate}", on, VALID, on, until)


def expired(on, certificate="c1"):
    return CertificateFact(certificate, "p1", f"CQO-{certificate}", on, EXPIRED)


def revoked(on, certificate="c1"):
    return CertificateFact(certificate, "p1", f"CQO-{certificate}", on, REVOKED)


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
        "appointed_by_capacity": "法定代表人",
        "document_number": "示例〔2026〕1号",
        "document_date": date(2026, 2, 1),
        "authorisation": "授权书 1 号",
        "filing_due_on": date(2026, 3, 3),
        "ruleset": 1,
    }
    return Appointment(**{**fields, **changes})
