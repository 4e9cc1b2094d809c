"""Contact points: how a person, an enterprise or a division is reached. They come sealed and are kept sealed."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from notifications.adapters.personal_data import PersonalDataCipher
from notifications.domain.recipients import RecipientKind
from notifications.handlers import Batch
from notifications.handlers.upserting import upsert
from notifications.storage import contact


@dataclass(frozen=True, kw_only=True)
class ContactChanged:
    owner_kind: RecipientKind = field(metadata={"by_value": True})
    owner_id: str
    jwe: str


def changed(session: Session, events: Batch[ContactChanged], personal_data: PersonalDataCipher) -> None:
    """How owners are reached has changed."""
    upsert(session, contact, (_row(event.data, personal_data) for event in events))


def _row(data: ContactChanged, personal_data: PersonalDataCipher) -> dict[str, object]:
    sealed = personal_data.reseal(data.owner_id, data.jwe)
    return {"owner_kind": data.owner_kind, "owner_id": data.owner_id, "email": sealed.email, "phone": sealed.phone}
