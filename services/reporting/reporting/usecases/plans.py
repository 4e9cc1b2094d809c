"""Making and revising roll-out plans (R50)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import check_version, load
from chassis.ids import new_id
from chassis.json_types import JsonObject
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from reporting.domain.plans import Measure, PlanThere, RolloutPlan
from reporting.storage import rollout_plan
from reporting.usecases.known import require_division

INSERT_NEW = insert(rollout_plan).on_conflict_do_nothing().returning(rollout_plan.c.id)


@dataclass(frozen=True)
class RevisePlan:
    """States a plan anew: its document, and its measures as they now stand."""

    document: str
    measures: list[Measure]


@dataclass(frozen=True)
class MakePlan(RevisePlan):
    """Makes a division's plan for a year."""

    division: str
    year: int


def make_plan(session: Session, caller: Caller, command: MakePlan, clock: Clock) -> RolloutPlan:
    """Makes a plan; PlanThere if the division has one for that year."""
    require_division(session, command.division, caller, clock.today())
    values = {"division": command.division, "year": command.year, "document": command.document, "measures": []}
    plan_id = session.scalar(INSERT_NEW, {"id": new_id(), "version": 0, **values})
    if plan_id is None:
        raise PlanThere()
    plan = session.get_one(RolloutPlan, plan_id)
    _set(session, caller, plan, command, clock)
    return plan


def revise_plan(
    session: Session, caller: Caller, plan_id: str, version: int, command: RevisePlan, clock: Clock
) -> RolloutPlan:
    """States a plan anew."""
    visible = scope.within(rollout_plan.c.division, caller, clock.today())
    plan = load(session, RolloutPlan, plan_id, visible, lock=True)
    check_version(plan, version)
    _set(session, caller, plan, command, clock)
    return plan


def _set(session: Session, caller: Caller, plan: RolloutPlan, command: RevisePlan, clock: Clock) -> None:
    event = plan.set(command.document, command.measures, clock.today())
    outbox.add(session, plan, event, clock)
    details: JsonObject = {"document": event.document, "measures": event.measures, "done": event.done}
    audit.record(session, caller, "rollout_plan.set", plan.id, details, clock)
