"""How facts are put into words, in each language: days, numbers, codes, and how those concerned are addressed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from notifications.domain.language import Language
from notifications.domain.recipients import RecipientKind
from notifications.domain.rules import Rules

CHINESE, ENGLISH = Language
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
CODE = re.compile(r"[a-z]+(_[a-z]+)+")
Words = Mapping[str, str]

POPULATIONS: Mapping[Language, Words] = {
    CHINESE: {
        "award": "吉林省质量管理奖获奖和争创企业",
        "brand": "吉林省名牌产品获得和争创企业",
        "contenders": "吉林省质量管理奖、吉林省名牌获奖和争创企业",
        "above_threshold": "规模以上工业企业",
    },
    ENGLISH: {
        "award": "winners of and contenders for the Jilin Province Quality Management Award",
        "brand": "holders of and contenders for the title Jilin Famous Brand",
        "contenders": "winners of and contenders for the Jilin Province Quality Management Award or the title "
        "Jilin Famous Brand",
        "above_threshold": "industrial enterprises above the designated size",
    },
}
BREACHES: Mapping[Language, Words] = {
    CHINESE: {"secrecy": "违反保密义务", "independence": "违反独立履职要求"},
    ENGLISH: {
        "secrecy": "a breach of the duty of confidentiality",
        "independence": "a breach of the duty of independence",
    },
}
DUTY_PAPERS: Mapping[Language, Words] = {
    CHINESE: {"plan": "年度履职计划", "report": "年度履职报告"},
    ENGLISH: {"plan": "annual duty plan", "report": "annual duty report"},
}
CHANNELS: Mapping[Language, Words] = {
    CHINESE: {"email": "电子邮箱", "sms": "手机号码", "robot": "群机器人"},
    ENGLISH: {"email": "e-mail", "sms": "text message", "robot": "group robot"},
}
REASONS_BY_LANGUAGE: Mapping[Language, Words] = {
    CHINESE: {
        "certificate_expired": "任职资格证书有效期届满",
        "certificate_revoked": "任职资格证书被撤销",
        "holder_excluded": "任职人员列入限制任职名单",
        "removed_for_breach": "违反首席质量官行为规范",
        "certificate_suspended": "任职资格证书被暂停效力",
        "no_certificate_by_deadline": "暂行聘任期限届满，仍未取得任职资格证书",
        "enterprise_deregistered": "所在企业已经注销",
        "certificate_issued": "已经取得新的任职资格证书",
        "certificate_renewed": "任职资格证书已经续期",
        "certificate_reinstated": "任职资格证书恢复效力",
        "exclusion_over": "任职限制已经解除",
        "breach_lifted": "违反行为规范的处理已经解除",
    },
    ENGLISH: {
        "certificate_expired": "the qualification certificate has expired",
        "certificate_revoked": "the qualification certificate has been revoked",
        "holder_excluded": "the holder has been placed on the exclusion list",
        "removed_for_breach": "breach of the code of conduct for Chief Quality Officers",
        "certificate_suspended": "the qualification certificate has been suspended",
        "no_certificate_by_deadline": "the provisional appointment has run out and no qualification certificate has "
        "been obtained",
        "enterprise_deregistered": "the enterprise has been deregistered",
        "certificate_issued": "a new qualification certificate has been obtained",
        "certificate_renewed": "the qualification certificate has been renewed",
        "certificate_reinstated": "the qualification certificate is in force again",
        "exclusion_over": "the exclusion is over",
        "breach_lifted": "the measure taken for a breach of the code of conduct has been lifted",
    },
}
REASONS = REASONS_BY_LANGUAGE[CHINESE]


def reason(code: str | None, language: Language = CHINESE) -> str | None:
    """What stands behind a reason's code; a reason that somebody wrote stays as it is.

    LookupError for a code without words: that is a fault to be parked, not an identifier in an official letter.
    """
    if code is None:
        return None
    words = REASONS_BY_LANGUAGE[language]
    if code not in words and CODE.fullmatch(code):
        raise LookupError(f"no words for the reason {code}")
    return sentence(words.get(code, code))


def sentence(value: str) -> str:
    """A sentence that somebody wrote, without its full stop: the letter sets its own."""
    return value.strip().rstrip("。.")


def number(value: float) -> str:
    """40 and 92.5, not 40.0."""
    return f"{value:g}"


def _day(value: date) -> date:
    # Templates are not typed: what has no day must fail here, not in a letter.
    if not isinstance(value, date):
        raise TypeError(f"not a day: {value}")
    return value


def chinese_day(value: date) -> str:
    """2026年3月2日."""
    return f"{_day(value).year}年{value.month}月{value.day}日"


def english_day(value: date) -> str:
    """2 March 2026."""
    return f"{_day(value).day} {MONTHS[value.month - 1]} {value.year}"


def chinese_by_day(value: date) -> str:
    """于2026年3月2日（含当日）前: a period whose last day is `value`."""
    return f"于{chinese_day(value)}（含当日）前"


def english_by_day(value: date) -> str:
    """on or before 2 March 2026: a period whose last day is `value`."""
    return f"on or before {english_day(value)}"


def _filters(language: Language, **days: Callable[[date], str]) -> dict[str, Callable[..., object]]:
    return {
        **days,
        "number": number,
        "sentence": sentence,
        "capital": lambda value: value[:1].upper() + value[1:],
        "reason": lambda code: reason(code, language),
        "population": POPULATIONS[language].__getitem__,
        "count": len,
        "channel": CHANNELS[language].__getitem__,
        "breach": BREACHES[language].__getitem__,
        "duty_paper": DUTY_PAPERS[language].__getitem__,
    }


FILTERS = {
    CHINESE: _filters(CHINESE, day=chinese_day, by_day=chinese_by_day),
    ENGLISH: _filters(ENGLISH, day=english_day, by_day=english_by_day),
}
DEPARTMENT = "市场监督管理部门"
# What `addressed` adds to the facts.
ADDRESSES = ("addressee", "audience", "county_name", "whom", "someone", "firm", "tenure", "post")


def addressed(language: Language, recipient_kind: str, facts: Mapping[str, object]) -> dict[str, object]:
    """How a notice to a recipient of that kind speaks of those concerned; None where the event concerns none.

    `addressee`: to whom the letter goes. `whom`: the person, 您 or 贵单位李明同志. `firm`: the enterprise, to itself
    贵单位. `tenure`: the person's office as its Chief Quality Officer. `someone` and `post` say
    person and office without a name.
    """
    words = _in_chinese if language == CHINESE else _in_english
    said = words(recipient_kind, facts["person_name"], facts["enterprise_name"], facts["division_name"])
    # An office that a matter was escalated to has a name of its own; `county_name` is where the matter lies.
    office = facts.get("addressee")
    if isinstance(office, str) and language == ENGLISH:
        office = _english_office(office, facts.get("remedies"))
    return {
        **said,
        "addressee": office or said["addressee"],
        "audience": facts.get("audience") or str(recipient_kind),
        "county_name": facts.get("county_name") or facts["division_name"],
    }


def _english_office(name: str, rules: object) -> str:
    if name.endswith(DEPARTMENT):
        return f"the market regulation department of {name.removesuffix(DEPARTMENT)}"
    return rules.english_name(name) if isinstance(rules, Rules) else name


def _in_chinese(recipient_kind: str, person: object, enterprise: object, division: object) -> dict[str, object]:
    if recipient_kind == RecipientKind.PERSON:
        return {
            "addressee": person and f"{person}同志",
            "whom": "您",
            "someone": "您",
            "firm": enterprise,
            "tenure": enterprise and f"您担任{enterprise}首席质量官的任职",
            "post": "您担任首席质量官的任职",
        }
    is_own = recipient_kind == RecipientKind.ENTERPRISE
    firm = "贵单位" if is_own else enterprise
    whose = "" if firm is None else firm if is_own else f"{firm}的"
    return {
        "addressee": enterprise if is_own else division and f"{division}{DEPARTMENT}",
        "whom": person and f"{whose}{person}同志",
        "someone": f"{firm or ''}1名人员",
        "firm": firm,
        "tenure": person and firm and f"{firm}首席质量官{person}同志的任职",
        "post": firm and f"{firm}首席质量官的任职",
    }


def _in_english(recipient_kind: str, person: object, enterprise: object, division: object) -> dict[str, object]:
    held = "as Chief Quality Officer of"
    if recipient_kind == RecipientKind.PERSON:
        return {
            "addressee": person,
            "whom": "you",
            "someone": "you",
            "firm": enterprise,
            "tenure": enterprise and f"your appointment {held} {enterprise}",
            "post": "your appointment as CQO",
        }
    is_own = recipient_kind == RecipientKind.ENTERPRISE
    firm = "your enterprise" if is_own else enterprise
    return {
        "addressee": enterprise if is_own else division and f"the market regulation department of {division}",
        "whom": person and (f"{person} of {firm}" if firm else person),
        "someone": f"a member of {firm}" if firm else "a certificate holder",
        "firm": firm,
        "tenure": person and firm and f"the appointment of {person} {held} {firm}",
        "post": firm and f"the appointment of the CQO of {firm}",
    }
