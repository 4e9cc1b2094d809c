"""Short words for what the tests do in a register, and made-up firms, people and papers."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import xlsxwriter
from joserfc.jwk import ECKey
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.security.cipher import Cipher
from programme.callers import Caller
from registry.adapters.personal_data import PersonalDataCipher
from registry.domain.appointment import Capacity
from registry.domain.candidacy import AppointedBy, Document
from registry.handlers import certificates
from registry.handlers.certificates import CertificateEnded, CertificateIssued, CertificateRenewed, CertificateReplaced
from registry.usecases import enterprises, people
from registry.usecases.appoint import Appoint, appoint
from registry.usecases.enterprises import RegisterEnterprise
from registry.usecases.open_post import OpenPost, open_post
from registry.usecases.people import RegisterPerson

PROVINCE = Caller("wang", "province")
CHANGCHUN = Caller("li", "division", division="220100")
SIPING = Caller("zhao", "division", division="220300")
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def uscc(serial: int) -> str:
    """A valid code of a made-up firm."""
    body = f"{serial:08d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    stem = f"91220102{body}{'0123456789X'[-total % 11]}"
    total = sum(USCC_ALPHABET.index(letter) * (3**place % 31) for place, letter in enumerate(stem))
    return stem + USCC_ALPHABET[-total % 31]


def id_number(serial: int) -> str:
    """A valid number of a made-up person."""
    stem = f"22010219{70 + serial // 1000:02d}0101{serial % 1000:03d}"
    return stem + "10X98765432"[sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(stem)) % 11]


def workbook(headers: list[str], rows: list[list[Any]]) -> bytes:
    """An .xlsx workbook with these rows."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("名单")
    for number, row in enumerate([headers, *rows]):
        sheet.write_row(number, 0, row)
    book.close()
    return file.getvalue()


def make_cipher() -> PersonalDataCipher:
    key = base64.b64encode(bytes(range(32))).decode()
    return PersonalDataCipher(Cipher(key, key), CONTACT_KEY)


CONTACT_KEY = ECKey.generate_key("P-256")


@dataclass
class Register:
    """The register under test."""

    session: Session
    clock: Any  # a clock that can be moved, but for a running service's
    cipher: PersonalDataCipher
    serial: int = 0

    def firm(self, division: str = "220102", **changes: Any) -> Any:
        self.serial += 1
        content = {
            "uscc": uscc(self.serial),
            "name": f"示例企业{self.serial}",
            "division": division,
            "industry": "C36",
            "above_threshold": True,
            "award_contender": False,
            "brand_contender": False,
            "legal_representative": "王强",
            "responsible_person": None,
            "registered_on": date(2010, 5, 4),
        }
        command = RegisterEnterprise(**{**content, **changes})
        return enterprises.register(self.session, PROVINCE, command, self.cipher, self.clock)

    def person(self, firm: Any, **changes: Any) -> Any:
        self.serial += 1
        content = {
            "name": f"李明{self.serial}",
            "id_number": id_number(self.serial),
            "enterprise_id": firm.id,
            "quality_years": 5,
            "declaration": True,
        }
        command = RegisterPerson(**{**content, **changes})
        return people.register(self.session, PROVINCE, command, self.cipher, self.clock)

    def post(self, firm: Any, title: str = "首席质量官") -> Any:
        return open_post(self.session, PROVINCE, firm.id, OpenPost(title), self.clock)

    def issue(
        self, person: Any, on: date = date(2026, 1, 10), until: date = date(2029, 1, 9), number: str = "1"
    ) -> str:
        certificate = f"{person.id}-{number}"
        event = CertificateIssued(certificate, f"CQO-JL-{number}", person.id, on, on, until)
        certificates.certificate_issued(self.session, event, self.clock)
        return certificate

    def renew(self, person: Any, certificate: str, on: date, until: date) -> None:
        event = CertificateRenewed(certificate, "CQO-JL-1", person.id, on, until)
        certificates.certificate_renewed(self.session, event, self.clock)

    def expire(self, person: Any, certificate: str, on: date) -> None:
        event = CertificateEnded(certificate, "CQO-JL-1", person.id, on)
        certificates.certificate_expired(self.session, event, self.clock)

    def suspend(self, person: Any, certificate: str, on: date) -> None:
        event = CertificateEnded(certificate, "CQO-JL-1", person.id, on)
        certificates.certificate_suspended(self.session, event, self.clock)

    def replace(self, person: Any, certificate: str, on: date, by: str) -> None:
        event = CertificateReplaced(certificate, "CQO-JL-1", person.id, on, by)
        certificates.certificate_replaced(self.session, event, self.clock)

    def revoke(self, person: Any, certificate: str, on: date) -> None:
        event = CertificateEnded(certificate, "CQO-JL-1", person.id, on)
        certificates.certificate_revoked(self.session, event, self.clock)

    def appoint(self, person: Any, post: Any, on: date = date(2026, 3, 1), **changes: Any) -> Any:
        return appoint(self.session, PROVINCE, appointment_of(person.id, post.id, on, **changes), self.clock)

    def announced(self, *types: str) -> list[dict[str, Any]]:
        """The data of the events of these types, in order."""
        rows = self.session.execute(text("SELECT type, data FROM outbox ORDER BY seq"))
        return [row.data for row in rows if row.type.removesuffix(".v1") in types]

    def gaps(self) -> list[Any]:
        """Aggregates whose versions are not 1, 2, 3 …"""
        return list(
            self.session.execute(
                text(
                    "SELECT aggregate_type, aggregate_id FROM outbox GROUP BY 1, 2 "
                    "HAVING max(aggregate_version) <> count(*) OR min(aggregate_version) <> 1"
                )
            )
        )


def appointment_of(person_id: str, post_id: str, on: date, **changes: Any) -> Appoint:
    content = {
        "person_id": person_id,
        "post_id": post_id,
        "appointed_on": on,
        "appointed_by": AppointedBy("王强", Capacity.LEGAL_REPRESENTATIVE),
        "document": Document("示例任〔2026〕1号", on),
        "authorisation": "授权书〔2026〕1号",
        "position": "副总经理",
        "decision_level": True,
    }
    return Appoint(**{**content, **changes})


def appointment_in_json(person_id: str, post_id: str, on: str) -> dict[str, Any]:
    """The same as an HTTP client sends it."""
    return {
        "person_id": person_id,
        "post_id": post_id,
        "appointed_on": on,
        "appointed_by": {"name": "王强", "capacity": "法定代表人"},
        "document": {"number": "示例任〔2026〕1号", "date": on},
        "authorisation": "授权书〔2026〕1号",
        "position": "副总经理",
        "decision_level": True,
    }


def somebody_in_office(url: str, clock: Clock) -> Any:
    """An appointment of today, in the database of a running service."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        register = Register(session, clock, make_cipher())
        firm = register.firm()
        person = register.person(firm)
        register.issue(person, on=clock.today(), until=clock.today() + timedelta(days=1000))
        return register.appoint(person, register.post(firm), clock.today())
