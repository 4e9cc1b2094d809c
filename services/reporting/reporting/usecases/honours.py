"""Giving and withdrawing honours (R19, R52)."""

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
from reporting.domain.campaigns import NotACqo
from reporting.domain.honours import Honour, HonourFacts
from reporting.domain.target import PROVINCE
from reporting.storage import honour
from reporting.usecases.known import cqos_on, require_division, require_enterprises


@dataclass(frozen=True, kw_only=True)
class GiveHonour(HonourFacts):
    """Gives an honour of a division, or of the province."""

    division: str = PROVINCE


@dataclass(frozen=True)
class WithdrawHonour:
    """Withdraws an honour, by a document."""

    reason: str
    document: str


def give(session: Session, caller: Caller, command: GiveHonour, clock: Clock) -> Honour:
    """Gives an honour to an enterprise of the caller's division, or to its CQO."""
    today = clock.today()
    require_division(session, command.division, caller, today)
    require_enterprises(session, [command.enterprise_id], caller, today, "/enterprise_id")
    facts = HonourFacts(**{name: value for name, value in vars(command).items() if name != "division"})
    given, event = Honour.give(new_id(), command.division, facts, today)
    if facts.person_id is not None:
        cqos = cqos_on(session, [facts.enterprise_id], min(facts.valid_from, today))
        if (facts.enterprise_id, facts.person_id) not in cqos:
            raise NotACqo(people=[facts.person_id])
    session.add(given)
    outbox.add(session, given, event, clock)
    audit.record(session, caller, "honour.given", given.id, {"document": given.document}, clock)
    return given


def withdraw(session: Session, caller: Caller, honour_id: str, command: WithdrawHonour, clock: Clock) -> Honour:
    """Withdraws an honour that the caller's division gave."""
    visible = scope.within(honour.c.division, caller, clock.today())
    found = load(session, Honour, honour_id, visible, lock=True)
    outbox.add(session, found, found.withdraw(command.reason, command.document, clock.today()), clock)
    audit.record(session, caller, "honour.withdrawn", honour_id, {"document": command.document}, clock)
    return found
