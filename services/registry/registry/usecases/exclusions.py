"""The exclusion list (R30): people who may not be appointed, from a day on, by a document."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import RuleBroken
from chassis.ids import new_id
from chassis.security import audit
from programme.callers import Caller
from registry.domain.person import Exclusion
from registry.sealing import Vault
from registry.usecases.access import load, load_person


class AlreadyLifted(RuleBroken):
    """The exclusion already has a last day."""

    zh = "该限制已经设有截止日期。"


class LiftedTooEarly(RuleBroken):
    """An exclusion can't end before its first day."""

    zh = "限制的截止日期不得早于起始日期。"


def exclude(session: Session, caller: Caller, content: dict[str, Any], vault: Vault, clock: Clock) -> Exclusion:
    """Enters a person in the list, by person_id or, if they are not registered (yet), by ID number."""
    if content.get("person_id"):
        index = load_person(session, caller, content["person_id"], clock.today(), lock=True).id_number_index
    else:
        index = vault.index(content["id_number"])
    entry = Exclusion(
        id=new_id(),
        id_number_index=index,
        reason=content["reason"],
        document=content["document"],
        valid_from=content["valid_from"],
        recorded_on=clock.today(),
        valid_to=content.get("valid_to"),
    )
    session.add(entry)
    audit.record(session, caller, "exclusion.entered", entry.id, {"document": entry.document}, clock)
    return entry


def lift(session: Session, caller: Caller, exclusion_id: str, on: date, document: str, clock: Clock) -> Exclusion:
    """Ends an exclusion with the day `on`."""
    entry = load(session, Exclusion, exclusion_id, lock=True)
    if entry.valid_to is not None:
        raise AlreadyLifted()
    if on < entry.valid_from:
        raise LiftedTooEarly()
    entry.valid_to = on
    audit.record(session, caller, "exclusion.lifted", entry.id, {"document": document}, clock)
    return entry
