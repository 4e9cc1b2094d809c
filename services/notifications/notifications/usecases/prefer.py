"""A recipient chooses the language of its notices, and which kinds it does not want on which channel."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.errors import StaleVersion
from chassis.json_types import JsonObject
from chassis.security import audit
from notifications.domain.language import Language
from notifications.domain.notice import Channel
from notifications.domain.preferences import Preferences, check_choice
from notifications.domain.rules import Rules
from notifications.queries.preferences import recipient_of
from notifications.storage import preference
from programme import rulesets
from programme.callers import Caller


@dataclass(frozen=True)
class Prefer:
    """Replaces what was chosen before; `switched_off`: by channel, the kinds of notice that are not wanted there."""

    language: Language
    switched_off: Mapping[Channel, Collection[str]]


def prefer(session: Session, caller: Caller, version: int, command: Prefer, clock: Clock) -> Preferences:
    """Keeps the choice; StaleVersion if there is a newer one than `version`, 0 being none yet."""
    kind, recipient_id = recipient_of(session, caller, clock.today())
    rules = rulesets.rules_on(session, clock.today(), Rules)
    check_choice(command.switched_off, rules)
    chosen = {str(channel): sorted(set(kinds)) for channel, kinds in sorted(command.switched_off.items()) if kinds}
    values = {
        "version": version + 1,
        "language": command.language,
        "switched_off": chosen,
        "changed_at": clock.now(),
    }
    new = {"recipient_kind": kind, "recipient_id": recipient_id, **values}
    mine = preference.c.recipient_id == recipient_id, preference.c.recipient_kind == kind
    write = (
        update(preference).where(*mine, preference.c.version == version).values(values)
        if version
        else insert(preference).values(new).on_conflict_do_nothing()
    )
    # One statement, so that of two at once the second finds the first's version.
    if session.scalar(write.returning(preference.c.version)) is None:
        raise StaleVersion()
    facts: JsonObject = {
        "recipient_kind": str(kind),
        "language": str(command.language),
        "switched_off": {channel: [*kinds] for channel, kinds in chosen.items()},
    }
    audit.record(session, caller, "preferences.changed", recipient_id, facts, clock)
    return Preferences(command.language, command.switched_off, version + 1)
