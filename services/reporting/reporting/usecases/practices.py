"""Publishing and withdrawing good practices (R53)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.data import load
from chassis.ids import new_id
from chassis.messaging import outbox
from chassis.security import audit
from programme import scope
from programme.callers import Caller
from reporting.domain.practices import Practice, PracticeFacts
from reporting.domain.target import PROVINCE
from reporting.storage import practice
from reporting.usecases.known import require_division, require_enterprises


@dataclass(frozen=True, kw_only=True)
class PublishPractice(PracticeFacts):
    """Publishes a practice in the library of a division, or of the province."""

    division: str = PROVINCE


@dataclass(frozen=True)
class WithdrawPractice:
    """Takes a practice out of the library."""

    reason: str


def publish(session: Session, caller: Caller, command: PublishPractice, clock: Clock) -> Practice:
    """Publishes a practice of an enterprise of the caller's division."""
    today = clock.today()
    require_division(session, command.division, caller, today)
    require_enterprises(session, [command.enterprise_id], caller, today, "/enterprise_id")
    facts = PracticeFacts(**{name: value for name, value in vars(command).items() if name != "division"})
    made, event = Practice.publish(new_id(), command.division, facts, today)
    session.add(made)
    outbox.add(session, made, event, clock)
    audit.record(session, caller, "practice.published", made.id, {"title": made.title}, clock)
    return made


def withdraw(session: Session, caller: Caller, practice_id: str, command: WithdrawPractice, clock: Clock) -> Practice:
    """Takes a practice out of the library; who has read of it still finds that there was one."""
    visible = scope.within(practice.c.division, caller, clock.today())
    found = load(session, Practice, practice_id, visible, lock=True)
    outbox.add(session, found, found.withdraw(command.reason, clock.today()), clock)
    audit.record(session, caller, "practice.withdrawn", practice_id, {"reason": command.reason}, clock)
    return found
