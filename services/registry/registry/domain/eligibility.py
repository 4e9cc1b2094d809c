"""Eligibility, criterion by criterion (R30–R34), on any day: met or not, why, and on what evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from registry.domain.bilingual import Bilingual
from registry.domain.certificates import CertificateFact, certified_since, first_issued, latest_facts, valid_on
from registry.domain.exclusion import Exclusion
from registry.domain.person import FactKind, PersonFact, full_years, is_none
from registry.domain.recommendation import Decision, latest_decisions
from registry.domain.rules import Rules


@dataclass
class EducationFact:
    """By `on`, the person had `total_hours` of continuing education in `year`, of `required_hours`."""

    person_id: str
    year: int
    on: date
    total_hours: float
    required_hours: float
    id: int | None = None


@dataclass(frozen=True)
class Dossier:
    """All that is known of a person that bears on eligibility, of every day."""

    facts: list[PersonFact] = field(default_factory=list)
    exclusions: list[Exclusion] = field(default_factory=list)
    certificates: list[CertificateFact] = field(default_factory=list)
    educations: list[EducationFact] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


@dataclass(frozen=True)
class FactEvidence:
    """Something stated of the person."""

    kind: str
    value: str
    since: date
    recorded_on: date


@dataclass(frozen=True)
class ExclusionEvidence:
    """An entry of the exclusion list."""

    kind: str = field(default="exclusion", init=False)
    document: str
    since: date


@dataclass(frozen=True)
class CertificateEvidence:
    """What a certificate was from a day on."""

    kind: str = field(default="certificate", init=False)
    number: str
    status: str
    since: date
    valid_until: date | None


@dataclass(frozen=True)
class EducationEvidence:
    """The hours of a year, as they stood on a day."""

    kind: str = field(default="education", init=False)
    year: int
    hours: float
    since: date


@dataclass(frozen=True)
class DecisionEvidence:
    """What a reviewer found of the criterion."""

    kind: str = field(default="review", init=False)
    met: bool
    grounds: str
    since: date


Evidence: TypeAlias = FactEvidence | ExclusionEvidence | CertificateEvidence | EducationEvidence | DecisionEvidence


class Lack(StrEnum):
    """What is lacking where a criterion is not met."""

    EXCLUDED = "excluded"  # nothing is lacking: an exclusion stands
    DECLARATION = "declaration"
    EXAM = "exam"
    EXPERIENCE = "experience"
    CERTIFICATE = "certificate"
    EDUCATION = "education"


@dataclass(frozen=True)
class Criterion:
    """One criterion, decided and explained; it is met if nothing is lacking."""

    rule: str
    name: Bilingual
    lacks: Sequence[Lack]
    why: Bilingual
    evidence: Sequence[Evidence]

    @property
    def met(self) -> bool:
        """Whether the person fulfils it."""
        return not self.lacks


@dataclass(frozen=True)
class Eligibility:
    """The decision for a day and the rule set it was made by."""

    person_id: str
    on: date
    rules: Rules
    criteria: list[Criterion]

    @property
    def eligible(self) -> bool:
        """Whether every criterion is met."""
        return all(criterion.met for criterion in self.criteria)


def assess(person_id: str, dossier: Dossier, on: date, rules: Rules) -> Eligibility:
    """Decides R30 to R34 for the day `on` by the rule set in force that day."""
    facts = [fact for fact in dossier.facts if fact.holds_on(on)]
    criteria = [
        _integrity(facts, [entry for entry in dossier.exclusions if entry.holds_on(on)]),
        _knowledge(dossier.certificates, on),
        _experience(facts, on, rules),
        _training(dossier.certificates, on),
        _education(dossier, on, rules.continuing_education_hours),
    ]
    decisions = latest_decisions(dossier.decisions, on)
    return Eligibility(person_id, on, rules, [_reviewed(each, decisions.get(each.rule)) for each in criteria])


# What is lacking where a reviewer found a criterion not met. Whether somebody knows the law, the exam proves later.
LACK_FOUND = {"R30": Lack.DECLARATION, "R32": Lack.EXPERIENCE}


def _reviewed(criterion: Criterion, decision: Decision | None) -> Criterion:
    """The criterion with a reviewer's last decision: what they found not met is not, whatever is stated."""
    if decision is None:
        return criterion
    evidence = [*criterion.evidence, DecisionEvidence(decision.met, decision.grounds, decision.decided_on)]
    lack = LACK_FOUND.get(criterion.rule)
    if decision.met or lack is None:
        return replace(criterion, evidence=evidence)
    why = Bilingual(
        f"{criterion.why.zh}{decision.decided_on} 审核认定不符合：{decision.grounds}",
        f"{criterion.why.en} A reviewer found it not met on {decision.decided_on}: {decision.grounds}",
    )
    return replace(criterion, lacks=list(dict.fromkeys([*criterion.lacks, lack])), why=why, evidence=evidence)


def _integrity(facts: list[PersonFact], exclusions: list[Exclusion]) -> Criterion:
    declared = [fact for fact in facts if fact.kind == FactKind.DECLARATION]
    if exclusions:
        why = Bilingual("在限制任职名单中。", "On the exclusion list.")
    elif not declared:
        why = Bilingual("未作诚信承诺。", "No integrity declaration has been made.")
    else:
        why = Bilingual(
            "已作诚信承诺，且不在限制任职名单中。", "The declaration has been made, and no exclusion stands."
        )
    listed = [ExclusionEvidence(entry.document, entry.valid_from) for entry in exclusions]
    lacks = [*([Lack.EXCLUDED] if exclusions else []), *([] if declared else [Lack.DECLARATION])]
    return Criterion("R30", Bilingual("诚实守信", "Integrity"), lacks, why, [*_stated(declared), *listed])


def _knowledge(certificates: Iterable[CertificateFact], on: date) -> Criterion:
    name = Bilingual("熟悉质量法规政策", "Quality law and policy")
    passed = first_issued(certificates, on)
    if passed is None:
        why = Bilingual("尚未通过首席质量官考试。", "The CQO exam has not been passed.")
        return Criterion("R31", name, [Lack.EXAM], why, [])
    why = Bilingual(f"{passed.on} 前考试合格并取得证书。", f"The exam was passed; certificate issued on {passed.on}.")
    return Criterion("R31", name, [], why, _certified([passed]))


def _experience(facts: list[PersonFact], on: date, rules: Rules) -> Criterion:
    """Experience or a title, and in either case some quality work: a title alone is no record of any."""
    # No years that were stated are no work that could have gone on since.
    experience = [fact for fact in facts if fact.kind == FactKind.EXPERIENCE and fact.value != "0"]
    titles = [fact for fact in facts if fact.kind == FactKind.TITLE and not is_none(fact.value)]
    years = max((full_years(fact.valid_from, on) for fact in experience), default=0)
    title = titles[0].value if titles else None
    needed, beside_title = rules.experience_years, rules.title_experience_years
    why = Bilingual(
        f"质量管理工作年限 {years} 年（要求 {needed} 年，或具有相关专业技术职称且满 {beside_title} 年）；"
        f"职称：{title or '无'}。",
        f"{years} years of quality work ({needed} needed, or {beside_title} beside a related technical title); "
        f"title: {title or 'none'}.",
    )
    name = Bilingual("质量管理工作经验或职称，及工作经历", "Experience or title, and quality work")
    met = years >= (min(needed, beside_title) if titles else needed)
    return Criterion("R32", name, [] if met else [Lack.EXPERIENCE], why, _stated(experience + titles))


def _training(certificates: Iterable[CertificateFact], on: date) -> Criterion:
    facts = list(certificates)
    valid = valid_on(facts, on)
    known = latest_facts(facts, on)
    if valid:
        why = Bilingual(
            f"证书 {valid.number} 有效期至 {valid.valid_until}。",
            f"{valid.number} is valid until {valid.valid_until}.",
        )
    elif known:
        last = max(known, key=lambda fact: fact.on)
        why = Bilingual(
            f"证书 {last.number} 当日无效。", f"Certificate {last.number} is not valid on that day ({last.status})."
        )
    else:
        why = Bilingual("未经首席质量官任职培训并取得证书。", "No CQO training has been completed with a certificate.")
    name = Bilingual("任职培训与证书", "Training and certificate")
    return Criterion("R33", name, [] if valid else [Lack.CERTIFICATE], why, _certified(known))


def _education(dossier: Dossier, on: date, required: float) -> Criterion:
    name = Bilingual("年度继续教育", "Yearly continuing education")
    # The year of the certificate is the year of its training; the duty begins with the next and is judged when over. A
    # certificate after a lapse needed the whole training, so the duty begins again with it.
    first = certified_since(dossier.certificates, on)
    year = on.year - 1
    if first is None:
        why = Bilingual("尚无证书，义务未开始。", "The duty begins with a certificate.")
        return Criterion("R34", name, [Lack.CERTIFICATE], why, [])
    if first.on.year >= year:
        due = first.on.year + 1
        why = Bilingual(f"首个应学年度为 {due} 年。", f"The first year due is {due}.")
        return Criterion("R34", name, [], why, _certified([first]))
    known = [fact for fact in dossier.educations if fact.year == year and fact.on <= on]
    last = max(known, key=lambda fact: (fact.on, fact.id or 0), default=None)
    hours = last.total_hours if last else 0
    wanted = last.required_hours if last else required
    why = Bilingual(
        f"{year} 年完成 {hours:g} 学时，要求 {wanted:g} 学时。", f"{hours:g} of {wanted:g} hours in {year}."
    )
    evidence = [EducationEvidence(last.year, last.total_hours, last.on)] if last else []
    return Criterion("R34", name, [] if hours >= wanted else [Lack.EDUCATION], why, evidence)


def _stated(facts: list[PersonFact]) -> list[Evidence]:
    return [FactEvidence(str(fact.kind), fact.value, fact.valid_from, fact.recorded_on) for fact in facts]


def _certified(facts: list[CertificateFact]) -> list[Evidence]:
    return [CertificateEvidence(fact.number, str(fact.status), fact.on, fact.valid_until) for fact in facts]
