"""What recipients have chosen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import ARRAY, Text, bindparam, func, or_, select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from notifications.domain.language import Language
from notifications.domain.notice import Channel
from notifications.domain.preferences import NOTHING_CHOSEN, Preferences
from notifications.domain.recipients import CENTRE_ID, RecipientKind
from notifications.storage import preference
from programme.callers import Caller, Role
from programme.tables import division

Recipient = tuple[RecipientKind, str]
COLUMNS = (
    preference.c.recipient_kind,
    preference.c.recipient_id,
    preference.c.language,
    preference.c.switched_off,
    preference.c.version,
)
# Built once, as it runs for every batch of events.
OF_SOME = select(*COLUMNS).where(preference.c.recipient_id == func.any(bindparam("ids", type_=ARRAY(Text))))


class Choices:
    """What some recipients have chosen, read in one query however many they are."""

    def __init__(self, found: Mapping[Recipient, Preferences]) -> None:
        self.found = found

    @classmethod
    def read(cls, session: Session, recipient_ids: Collection[str | None]) -> Choices:
        """The choices of those recipients."""
        ids = sorted({each for each in recipient_ids if each is not None})
        rows = session.execute(OF_SOME, {"ids": ids}) if ids else ()
        return cls({(kind, found_id): _preferences(*chosen) for kind, found_id, *chosen in rows})

    def of(self, recipient_kind: RecipientKind, recipient_id: str) -> Preferences:
        """The choice of one of them."""
        return self.found.get((recipient_kind, recipient_id), NOTHING_CHOSEN)


def _preferences(language: Language, switched_off: Mapping[str, list[str]], version: int) -> Preferences:
    return Preferences(language, {Channel(channel): kinds for channel, kinds in switched_off.items()}, version)


def preferences_of(session: Session, recipient_kind: RecipientKind, recipient_id: str) -> Preferences:
    """What one recipient has chosen."""
    return Choices.read(session, [recipient_id]).of(recipient_kind, recipient_id)


def recipient_of(session: Session, caller: Caller, on: date) -> Recipient:
    """For whom a caller chooses: a person, an enterprise, or the office of its division. NotFound if for none."""
    kind, recipient_id = {
        Role.CQO: (RecipientKind.PERSON, caller.person_id),
        Role.ENTERPRISE: (RecipientKind.ENTERPRISE, caller.enterprise_id),
        Role.PROVINCE: (RecipientKind.DIVISION, _province(session, on)),
        Role.TRAINING_CENTRE: (RecipientKind.DIVISION, CENTRE_ID),
    }.get(Role(caller.role), (RecipientKind.DIVISION, caller.division))
    if recipient_id is None:
        raise NotFound()
    return kind, recipient_id


def _province(session: Session, on: date) -> str | None:
    in_force = division.c.valid_from <= on, or_(division.c.valid_to.is_(None), division.c.valid_to >= on)
    return session.scalar(select(division.c.code).where(division.c.parent.is_(None), *in_force))
