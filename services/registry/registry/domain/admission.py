"""What an unmet criterion means for an appointment: each refuses it or is warned of, as the rule set says.

What rule set 1 assumes, and why. The source lists the criteria as conditions of holding the post (任职条件), but
doesn't say what follows where one is missing:

- an exclusion (R30) refuses: a named entry on a document says that the person may not be appointed;
- no declaration (R30) is warned of: the source asks for integrity, of which a declaration is only some evidence;
- no exam and no certificate (R31, R33) refuse, since a CQO is appointed from the pool (R23);
- too little quality work (R32) refuses: 具有质量管理工作经历 stands there without a reservation, and nothing makes
  up for it;
- hours that are missing (R34) are warned of: 并接受年度再继续教育 is a duty of each year, which can still be done.
  What it means for a certificate is decided at its renewal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chassis.errors import RuleBroken
from registry.domain.bilingual import Bilingual
from registry.domain.certificates import CertificateFact, first_issued
from registry.domain.eligibility import Eligibility, Lack
from registry.domain.rules import Consequence, Rules


class NotInPool(RuleBroken):
    """The person is not in the provincial talent pool, and a CQO is appointed from the pool only (R23)."""

    rule = "R23"
    zh = "该人员不在全省首席质量官人才库中；首席质量官只能从人才库中聘任（R23）。"


class NoValidCertificate(RuleBroken):
    """The person holds no qualification certificate that is valid on the day of the appointment (R23, R33)."""

    rule = "R23"
    zh = "该人员在聘任当日没有有效的首席质量官任职资格证书（R23、R33）。"


class Excluded(RuleBroken):
    """The person is on the exclusion list on the day of the appointment (R30)."""

    rule = "R30"
    zh = "该人员在聘任当日处于限制任职名单中（R30）。"


class NoDeclaration(RuleBroken):
    """The person has made no declaration of integrity by the day of the appointment (R30)."""

    rule = "R30"
    zh = "该人员在聘任当日尚未作出诚信承诺（R30）。"


class TooLittleExperience(RuleBroken):
    """The person lacks the quality-management work, or the title beside it, that the rule set asks for (R32)."""

    rule = "R32"
    zh = "该人员的质量管理工作经历或专业技术职称未达到规则集要求（R32）。"


class EducationBehind(RuleBroken):
    """The person lacks hours of continuing education for the year before the appointment (R34)."""

    rule = "R34"
    zh = "该人员上一年度继续教育学时不足（R34）。"


# What an appointment says where it was made in spite of it, by what is lacking; a code is a rule, and what of it.
CODES = {
    Lack.DECLARATION: "R30",
    Lack.EXCLUDED: "R30:excluded",
    Lack.EXAM: "R31",
    Lack.EXPERIENCE: "R32",
    Lack.CERTIFICATE: "R33",
    Lack.EDUCATION: "R34",
}
WARNINGS = {
    "R30": Bilingual("尚未作出诚信承诺（R30）。", "No declaration of integrity has been made (R30)."),
    "R30:excluded": Bilingual("处于限制任职名单中（R30）。", "The person is on the exclusion list (R30)."),
    "R31": Bilingual("尚未通过首席质量官考试（R31）。", "The CQO exam has not been passed (R31)."),
    "R32": Bilingual(
        "质量管理工作经历或专业技术职称未达到要求（R32）。", "Quality work, or a title beside it, is lacking (R32)."
    ),
    "R33": Bilingual("没有有效的任职资格证书（R33）。", "There is no valid qualification certificate (R33)."),
    "R34": Bilingual("上一年度继续教育学时不足（R34）。", "Hours of continuing education are missing (R34)."),
}


def warnings_or_refusal(decided: Eligibility, certificates: Sequence[CertificateFact], rules: Rules) -> list[str]:
    """The codes of what is warned of; raises the first refusal, which names all that refuse in `unmet`."""
    means = _consequences(first_issued(certificates, decided.on) is not None, rules)
    lacks = [lack for criterion in decided.criteria for lack in criterion.lacks]
    refusing = [lack for lack in REFUSAL_ORDER if lack in lacks and means[lack] == "refuse"]
    if refusing:
        raise _refusal(refusing[0], bool(certificates), _unmet(decided, refusing))
    return sorted({CODES[lack] for lack in lacks})


# In which order they are looked at: what is certain and weighs most comes first.
REFUSAL_ORDER = (
    Lack.EXCLUDED,
    Lack.CERTIFICATE,
    Lack.EXAM,
    Lack.EXPERIENCE,
    Lack.DECLARATION,
    Lack.EDUCATION,
)


def _consequences(certified_before: bool, rules: Rules) -> dict[Lack, Consequence]:
    # Enterprises often appoint first and train later; the rule set says whether that is accepted for a while, of
    # somebody who never had a certificate.
    may_wait = rules.appoint_without_certificate == "provisional" and not certified_before
    uncertified: Consequence = "warn" if may_wait else "refuse"
    return {
        Lack.EXCLUDED: rules.appoint_excluded,
        Lack.DECLARATION: rules.appoint_without_declaration,
        Lack.EXAM: uncertified,
        Lack.EXPERIENCE: rules.appoint_without_experience,
        Lack.CERTIFICATE: uncertified,
        Lack.EDUCATION: rules.appoint_without_education,
    }


def _refusal(lack: Lack, known_to_the_pool: bool, unmet: list[dict[str, str]]) -> RuleBroken:
    match lack:
        case Lack.EXCLUDED:
            return Excluded(unmet=unmet)
        case Lack.DECLARATION:
            return NoDeclaration(unmet=unmet)
        case Lack.EXPERIENCE:
            return TooLittleExperience(unmet=unmet)
        case Lack.EDUCATION:
            return EducationBehind(unmet=unmet)
        case Lack.EXAM | Lack.CERTIFICATE:
            return NoValidCertificate(unmet=unmet) if known_to_the_pool else NotInPool(unmet=unmet)


def _unmet(decided: Eligibility, refusing: Iterable[Lack]) -> list[dict[str, str]]:
    return [
        {"rule": criterion.rule, "why": criterion.why.en, "why_zh": criterion.why.zh}
        for criterion in decided.criteria
        if set(criterion.lacks) & set(refusing)
    ]
