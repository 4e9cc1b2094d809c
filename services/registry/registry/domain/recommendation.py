"""Recommendations: an enterprise names who is to become its CQO (R9, R17), and the bureau reviews them (R30–R32).

recommended → admitted to training
            → returned, to be completed → recommended
            → refused
            → withdrawn by the enterprise
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

from chassis.errors import RuleBroken
from registry.domain.person import Person
from registry.domain.rules import Rules
from registry.events import (
    RecommendationAdmitted,
    RecommendationMade,
    RecommendationRefused,
    RecommendationReturned,
    RecommendationWithdrawn,
)

# What a reviewer decides before the training. R33 and R34 come with it and after it.
CRITERIA = ("R30", "R31", "R32")


class RecommendationStatus(StrEnum):
    """How far a recommendation has come."""

    RECOMMENDED = "recommended"
    RETURNED = "returned"
    ADMITTED = "admitted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OPEN = (RecommendationStatus.RECOMMENDED, RecommendationStatus.RETURNED)


class Outcome(StrEnum):
    """What a review comes to."""

    ADMIT = "admit"
    RETURN = "return"
    REFUSE = "refuse"


RecommendationReviewed: TypeAlias = RecommendationAdmitted | RecommendationReturned | RecommendationRefused
STATUS_AFTER = {
    Outcome.ADMIT: RecommendationStatus.ADMITTED,
    Outcome.RETURN: RecommendationStatus.RETURNED,
    Outcome.REFUSE: RecommendationStatus.REFUSED,
}
EVENT_AFTER: dict[Outcome, type[RecommendationReviewed]] = {
    Outcome.ADMIT: RecommendationAdmitted,
    Outcome.RETURN: RecommendationReturned,
    Outcome.REFUSE: RecommendationRefused,
}


class AlreadyRecommended(RuleBroken):
    """The enterprise has recommended this person already, and that is not decided yet."""

    rule = "R17"
    zh = "该企业对此人员的推荐正在办理中（R17）。"


class AlreadyDecided(RuleBroken):
    """The recommendation has been decided or withdrawn; recommend the person anew."""

    zh = "该推荐已经办结或撤回，请重新推荐。"


class WaitsForEnterprise(RuleBroken):
    """The recommendation was returned; the enterprise must complete it first."""

    zh = "该推荐已退回，须由企业补正后重新提交。"


class NotReturned(RuleBroken):
    """The recommendation was not returned, so there is nothing to complete."""

    zh = "该推荐未被退回，无需补正。"


class NotEveryCriterion(RuleBroken):
    """A review decides each of R30, R31 and R32, once."""

    zh = "审核须对 R30、R31、R32 逐项作出一次认定。"


class CriteriaUnmet(RuleBroken):
    """A person is admitted to the training only if the reviewer finds each criterion met (R30–R32)."""

    rule = "R32"
    zh = "审核认定各项条件均符合（R30—R32）的人员，方可准予参加培训。"


class ReasonMissing(RuleBroken):
    """Say why the recommendation is returned or refused, in `remark`."""

    zh = "退回或不予通过的，须在 remark 中说明理由。"


@dataclass
class StatedEvidence:
    """What the enterprise states for a criterion, and the document that shows it."""

    recommendation_id: str
    rule: str
    statement: str
    document: str | None
    stated_on: date
    id: int | None = None


@dataclass
class Decision:
    """What a reviewer found of a criterion."""

    recommendation_id: str
    person_id: str
    rule: str
    met: bool
    grounds: str
    reviewer: str
    decided_on: date
    id: int | None = None


def latest_decisions(decisions: Iterable[Decision], day: date) -> dict[str, Decision]:
    """The last decision of each criterion by `day`; they come in the order in which they were made."""
    return {decision.rule: decision for decision in decisions if decision.decided_on <= day}


@dataclass(frozen=True)
class Finding:
    """One criterion as a reviewer sends it: met or not, and on what grounds."""

    rule: str
    met: bool
    grounds: str


@dataclass
class Recommendation:
    """An enterprise's recommendation of a person."""

    id: str
    enterprise_id: str
    person_id: str
    division: str
    document: str
    recommended_on: date
    review_due_on: date
    ruleset: int
    status: RecommendationStatus = RecommendationStatus.RECOMMENDED
    decided_on: date | None = None
    remark: str | None = None
    version: int = 0

    @classmethod
    def make(
        cls, recommendation_id: str, enterprise_id: str, person: Person, document: str, on: date, rules: Rules
    ) -> tuple[Recommendation, RecommendationMade]:
        """An enterprise recommends a person; the bureau has the rule set's days to review it."""
        made = cls(
            id=recommendation_id,
            enterprise_id=enterprise_id,
            person_id=person.id,
            division=person.division,
            document=document,
            recommended_on=on,
            review_due_on=on + timedelta(days=rules.review_days),
            ruleset=rules.version,
        )
        return made, made._announced(on)

    def complete(self, document: str, on: date, rules: Rules) -> RecommendationMade:
        """The enterprise sends it again after it was returned; the bureau's days begin anew."""
        self._require_open()
        if self.status != RecommendationStatus.RETURNED:
            raise NotReturned()
        self.status, self.document, self.remark = RecommendationStatus.RECOMMENDED, document, None
        self.review_due_on, self.ruleset = on + timedelta(days=rules.review_days), rules.version
        return self._announced(on)

    def review(
        self, findings: Sequence[Finding], outcome: Outcome, remark: str | None, reviewer: str, on: date
    ) -> tuple[list[Decision], RecommendationReviewed]:
        """A reviewer decides each criterion, and with that the recommendation."""
        self._require_open()
        if self.status == RecommendationStatus.RETURNED:
            raise WaitsForEnterprise()
        if sorted(finding.rule for finding in findings) != list(CRITERIA):
            raise NotEveryCriterion()
        unmet = [finding.rule for finding in findings if not finding.met]
        if outcome == Outcome.ADMIT and unmet:
            raise CriteriaUnmet(unmet=unmet)
        if outcome != Outcome.ADMIT and not remark:
            raise ReasonMissing()
        self.status, self.remark = STATUS_AFTER[outcome], remark
        self.decided_on = None if outcome == Outcome.RETURN else on
        decisions = [Decision(self.id, self.person_id, reviewer=reviewer, decided_on=on, **vars(f)) for f in findings]
        event = EVENT_AFTER[outcome](self.id, self.enterprise_id, self.person_id, on, self.ruleset)
        return decisions, event

    def withdraw(self, reason: str, on: date) -> RecommendationWithdrawn:
        """The enterprise takes it back while nothing is decided."""
        self._require_open()
        self.status, self.remark, self.decided_on = RecommendationStatus.WITHDRAWN, reason, on
        return RecommendationWithdrawn(self.id, self.enterprise_id, self.person_id, on, self.ruleset)

    def _announced(self, on: date) -> RecommendationMade:
        return RecommendationMade(
            self.id, self.enterprise_id, self.person_id, on, self.ruleset, self.document, self.review_due_on
        )

    def _require_open(self) -> None:
        if self.status not in OPEN:
            raise AlreadyDecided()
