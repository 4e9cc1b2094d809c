"""Eligibility, criterion by criterion (R30–R34), on any day: met or not, why, and on what evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from registry.domain.certificates import CertificateFact, first_issued, standing, valid_on
from registry.domain.person import DECLARATION, EXPERIENCE, TITLE, Exclusion, PersonFact, full_years
from registry.domain.ruleset import RuleSet


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


@dataclass(frozen=True)
class Criterion:
    """One criterion, decided and explained."""

    rule: str
    name: tuple[str, str]
    met: bool
    why: tuple[str, str]
    evidence: list[dict[str, Any]]


@dataclass(frozen=True)
class Eligibility:
    """The decision for a day and the rule set it was made by."""

    person_id: str
    on: date
    ruleset: RuleSet
    criteria: list[Criterion]

    @property
    def eligible(self) -> bool:
        return all(criterion.met for criterion in self.criteria)


def assess(person_id: str, dossier: Dossier, on: date, rules: RuleSet) -> Eligibility:
    """Decides R30 to R34 for the day `on` by the rule set in force that day."""
    facts = [fact for fact in dossier.facts if fact.holds_on(on)]
    criteria = [
        _integrity(facts, [entry for entry in dossier.exclusions if entry.holds_on(on)]),
        _knowledge(dossier.certificates, on),
        _experience(facts, on, rules.parameters["experience_years"]),
        _training(dossier.certificates, on),
        _education(dossier, on, rules.parameters["continuing_education_hours"]),
    ]
    return Eligibility(person_id, on, rules, criteria)


def _integrity(facts: list[PersonFact], exclusions: list[Exclusion]) -> Criterion:
    declared = [fact for fact in facts if fact.kind == DECLARATION]
    if exclusions:
        why = ("在限制任职名单中。", "On the exclusion list.")
    elif not declared:
        why = ("未作诚信承诺。", "No integrity declaration has been made.")
    else:
        why = ("已作诚信承诺，且不在限制任职名单中。", "The declaration has been made, and no exclusion stands.")
    evidence = [_stated(fact) for fact in declared] + [
        {"kind": "exclusion", "document": entry.document, "since": entry.valid_from} for entry in exclusions
    ]
    return Criterion("R30", ("诚实守信", "Integrity"), bool(declared) and not exclusions, why, evidence)


def _knowledge(certificates: Iterable[CertificateFact], on: date) -> Criterion:
    passed = first_issued(certificates, on)
    why = (
        (f"{passed.on} 前考试合格并取得证书。", f"The exam was passed; certificate issued on {passed.on}.")
        if passed
        else ("尚未通过首席质量官考试。", "The CQO exam has not been passed.")
    )
    return Criterion("R31", ("熟悉质量法规政策", "Quality law and policy"), passed is not None, why, _named(passed))


def _experience(facts: list[PersonFact], on: date, required: int) -> Criterion:
    experience = [fact for fact in facts if fact.kind == EXPERIENCE]
    titles = [fact for fact in facts if fact.kind == TITLE]
    years = max((full_years(fact.valid_from, on) for fact in experience), default=0)
    met = years >= required or bool(titles)
    title = titles[0].value if titles else None
    why = (
        f"质量工作年限 {years} 年（要求 {required} 年或相关专业技术职称）；职称：{title or '无'}。",
        f"{years} years of quality work ({required}, or a related technical title, needed); title: {title or 'none'}.",
    )
    return Criterion(
        "R32", ("质量管理经验或职称", "Experience or title"), met, why, [_stated(f) for f in experience + titles]
    )


def _training(certificates: Iterable[CertificateFact], on: date) -> Criterion:
    facts = list(certificates)
    valid = valid_on(facts, on)
    known = standing(facts, on)
    if valid:
        why = (
            f"证书 {valid.number} 有效期至 {valid.valid_until}。",
            f"{valid.number} is valid until {valid.valid_until}.",
        )
    elif known:
        last = max(known, key=lambda fact: fact.on)
        why = (f"证书 {last.number} 当日无效。", f"Certificate {last.number} is not valid on that day ({last.status}).")
    else:
        why = ("未经首席质量官任职培训并取得证书。", "No CQO training has been completed with a certificate.")
    evidence = [item for fact in known for item in _named(fact)]
    return Criterion("R33", ("任职培训与证书", "Training and certificate"), valid is not None, why, evidence)


def _education(dossier: Dossier, on: date, required: float) -> Criterion:
    name = ("年度再继续教育", "Yearly continuing education")
    first = first_issued(dossier.certificates, on)
    # The year of the certificate is the year of its training; the duty begins with the next and is judged when over.
    year = on.year - 1
    if first is None:
        return Criterion("R34", name, False, ("尚无证书，义务未开始。", "The duty begins with a certificate."), [])
    if first.on.year >= year:
        due = first.on.year + 1
        return Criterion(
            "R34", name, True, (f"首个应学年度为 {due} 年。", f"The first year due is {due}."), _named(first)
        )
    told = [fact for fact in dossier.educations if fact.year == year and fact.on <= on]
    last = max(told, key=lambda fact: (fact.on, fact.id or 0), default=None)
    hours = last.total_hours if last else 0
    wanted = last.required_hours if last else required
    why = (f"{year} 年完成 {hours:g} 学时，要求 {wanted:g} 学时。", f"{hours:g} of {wanted:g} hours in {year}.")
    evidence = [{"kind": "education", "year": last.year, "hours": last.total_hours, "since": last.on}] if last else []
    return Criterion("R34", name, hours >= wanted, why, evidence)


def _stated(fact: PersonFact) -> dict[str, Any]:
    return {"kind": fact.kind, "value": fact.value, "since": fact.valid_from, "recorded_on": fact.recorded_on}


def _named(fact: CertificateFact | None) -> list[dict[str, Any]]:
    if fact is None:
        return []
    return [
        {
            "kind": "certificate",
            "number": fact.number,
            "status": fact.status,
            "since": fact.on,
            "valid_until": fact.valid_until,
        }
    ]
