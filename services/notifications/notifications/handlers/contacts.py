"""Contact points: how a person, an enterprise or a division is reached. They come sealed and are kept sealed."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from notifications.adapters.personal_data import PersonalDataCipher
from notifications.domain.recipients import RecipientKind
from notifications.handlers import Batch
from notifications.handlers.upserting import upsert
from notifications.storage import contact
from notifications.usecases import bad_addresses


@dataclass(frozen=True, kw_only=True)
class ContactChanged:
    owner_kind: RecipientKind = field(metadata={"by_value": True})
    owner_id: str
    jwe: str


def changed(session: Session, events: Batch[ContactChanged], personal_data: PersonalDataCipher) -> None:
    """How owners are reached has changed."""
    points = {
        (event.data.owner_kind, event.data.owner_id): personal_data.reseal(event.data.owner_id, event.data.jwe)
        for event in events
    }
    rows = [{"owner_kind": kind, "owner_id": owner_id, **vars(each)} for (kind, owner_id), each in points.items()]
    upsert(session, contact, rows)
    bad_addresses.contacts_changed(session, points, personal_data)
