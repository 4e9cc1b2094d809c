"""The list of candidates (R9, R17)."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.unset import UNSET, Unset
from registry.adapters.codes import email_violation, phone_violation, resident_id_violation, uscc_violation
from registry.adapters.workbook import Column, List, SheetRow, as_checked, as_code, as_text, as_years, as_yes_no
from registry.domain.contact import ContactPoints

NAME = Column("姓名", as_text)
ID_NUMBER = Column("身份证号", as_code(resident_id_violation))
PHONE = Column("手机", as_checked(phone_violation))
EMAIL = Column("电子邮箱", as_checked(email_violation))
USCC = Column("所在企业统一社会信用代码", as_code(uscc_violation))
QUALITY_YEARS = Column("质量工作年限", as_years)
TITLE = Column("技术职称", as_text, required=False)
DECLARATION = Column("诚信承诺", as_yes_no)
DEGREE = Column("学历", as_text, required=False)
COLUMNS = (NAME, ID_NUMBER, PHONE, EMAIL, USCC, QUALITY_YEARS, TITLE, DECLARATION, DEGREE)
LIST = List("candidates", COLUMNS, unique=ID_NUMBER)


@dataclass(frozen=True, kw_only=True)
class CandidateRow:
    """What a row states of a candidate, their contact points apart."""

    name: str
    id_number: str
    uscc: str  # of the enterprise where they are employed
    quality_years: int
    title: str | Unset | None = UNSET
    declaration: bool
    degree: str | Unset | None = UNSET


def candidate_of(row: SheetRow) -> CandidateRow:
    """An accepted row as a record."""
    return CandidateRow(
        name=row[NAME],
        id_number=row[ID_NUMBER],
        uscc=row[USCC],
        quality_years=row[QUALITY_YEARS],
        title=row.optional(TITLE),
        declaration=row[DECLARATION],
        degree=row.optional(DEGREE),
    )


def contact_of(row: SheetRow, _: ContactPoints) -> ContactPoints:
    """The contact points after an accepted row."""
    return ContactPoints(row[PHONE], row[EMAIL])
