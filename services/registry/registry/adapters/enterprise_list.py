"""The list that a county office makes of its enterprises.

What the registry exports has no contact points in clear, so their columns may be left out: an export can be sent back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chassis.unset import UNSET, Unset
from registry.adapters.codes import email_violation, industry_violation, phone_violation, uscc_violation
from registry.adapters.workbook import Column, List, SheetRow, as_checked, as_code, as_day, as_text, as_yes_no
from registry.domain.contact import ContactPoints

USCC = Column("统一社会信用代码", as_code(uscc_violation))
NAME = Column("企业名称", as_text)
DIVISION = Column("所属区划代码", as_text)
INDUSTRY = Column("行业代码", as_code(industry_violation))
ABOVE_THRESHOLD = Column("是否规模以上", as_yes_no)
AWARD_CONTENDER = Column("省质量管理奖", as_yes_no)
BRAND_CONTENDER = Column("吉林名牌", as_yes_no)
LEGAL_REPRESENTATIVE = Column("法定代表人", as_text)
RESPONSIBLE_PERSON = Column("主要负责人", as_text, required=False)
PHONE = Column("联系电话", as_checked(phone_violation), required=False, filled=True)
EMAIL = Column("电子邮箱", as_checked(email_violation), required=False, filled=True)
REGISTERED_ON = Column("登记日期", as_day)
COLUMNS = (
    USCC,
    NAME,
    DIVISION,
    INDUSTRY,
    ABOVE_THRESHOLD,
    AWARD_CONTENDER,
    BRAND_CONTENDER,
    LEGAL_REPRESENTATIVE,
    RESPONSIBLE_PERSON,
    PHONE,
    EMAIL,
    REGISTERED_ON,
)
LIST = List("enterprises", COLUMNS, unique=USCC)


@dataclass(frozen=True, kw_only=True)
class EnterpriseRow:
    """What a row states of an enterprise, its contact points apart."""

    uscc: str
    name: str
    division: str
    industry: str
    above_threshold: bool
    award_contender: bool
    brand_contender: bool
    legal_representative: str
    responsible_person: str | Unset | None = UNSET
    registered_on: date


def enterprise_of(row: SheetRow) -> EnterpriseRow:
    """An accepted row as a record."""
    return EnterpriseRow(
        uscc=row[USCC],
        name=row[NAME],
        division=row[DIVISION],
        industry=row[INDUSTRY],
        above_threshold=row[ABOVE_THRESHOLD],
        award_contender=row[AWARD_CONTENDER],
        brand_contender=row[BRAND_CONTENDER],
        legal_representative=row[LEGAL_REPRESENTATIVE],
        responsible_person=row.optional(RESPONSIBLE_PERSON),
        registered_on=row[REGISTERED_ON],
    )


def contact_of(row: SheetRow, present: ContactPoints) -> ContactPoints:
    """The contact points after an accepted row, which were `present` before."""
    phone, email = row.find(PHONE), row.find(EMAIL)
    return ContactPoints(phone or present.phone, email or present.email)
