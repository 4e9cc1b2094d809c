from datetime import date

from training import schemas, views
from training.domain.certificate import CertificateStatus
from training.domain.places import ClassIsFull
from training.queries import CertificateAsOf
from training.usecases.nominations import Accepted, Nominee, NotYourEnterprise, Refused

DAY = date(2026, 3, 13)


def certificate(name):
    fields = {"person_id": "p", "enterprise_id": None, "issued_on": DAY, "valid_from": DAY, "valid_until": DAY}
    revocation = {"revoked_reason": None, "revoked_document": None, "replaced_by": None}
    known = {"id": "k", "version": 1, "division": "220102", "number": "n", "name": name, "ruleset": 1}
    return CertificateAsOf(**known, **fields, **revocation, status=CertificateStatus.VALID)


def test_of_what_is_no_certificate_nothing_else_is_said():
    shown = schemas.Verification().dump(views.verification("n", None))

    assert shown == {"number": "n", "genuine": False}


def test_of_a_genuine_certificate_its_status_and_last_day_are_said():
    shown = schemas.Verification().dump(views.verification("n", certificate("欧阳小明")))

    assert shown == {
        "number": "n",
        "genuine": True,
        "status": "valid",
        "valid_until": "2026-03-13",
    }


def test_each_nominee_is_shown_with_the_nomination_or_with_the_reason_in_the_callers_language():
    results = [
        Accepted(Nominee("f", "p"), "n"),
        Refused(Nominee("f", "q"), ClassIsFull()),
        Refused(Nominee("g", "r"), NotYourEnterprise()),
    ]
    shown = schemas.NominationResults().dump(views.nominations(results, "zh"))

    assert shown == {
        "accepted": 1,
        "waiting": 0,
        "refused": 2,
        "items": [
            {"enterprise_id": "f", "person_id": "p", "accepted": True, "nomination_id": "n", "warning": None},
            {"enterprise_id": "f", "person_id": "q", "accepted": False, "reason": ClassIsFull.zh, "rule": "R61"},
            {"enterprise_id": "g", "person_id": "r", "accepted": False, "reason": NotYourEnterprise.zh, "rule": None},
        ],
    }
