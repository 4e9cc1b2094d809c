"""Reviewing a recommendation: the bureau decides each criterion (R30–R32)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.messaging import outbox
from chassis.security import audit
from programme.callers import Caller
from registry.domain.recommendation import Finding, Outcome, Recommendation
from registry.usecases.recommend import locked


@dataclass(frozen=True)
class Review:
    """Decide each criterion and the recommendation; `remark` says why it is returned or refused."""

    findings: list[Finding]
    outcome: Outcome
    remark: str | None = None


def review(session: Session, caller: Caller, recommendation_id: str, command: Review, clock: Clock) -> Recommendation:
    """Admits the person to the training, returns the recommendation, or refuses it."""
    today = clock.today()
    _, found = locked(session, caller, recommendation_id, today)
    decisions, event = found.review(command.findings, command.outcome, command.remark, caller.subject, today)
    session.add_all(decisions)
    outbox.add(session, found, event, clock)
    details = {"outcome": str(command.outcome), "unmet": [each.rule for each in decisions if not each.met]}
    audit.record(session, caller, "recommendation.reviewed", found.id, details, clock)
    return found
