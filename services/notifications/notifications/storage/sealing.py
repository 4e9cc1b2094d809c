"""Notices and deliveries get their seals as their rows are written, with no statement more."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, event, inspect
from sqlalchemy.orm import Mapper

from notifications.adapters import seals
from notifications.domain.notice import Delivery, Notice
from notifications.storage.stored import StoredDelivery, StoredNotice

COLUMNS = ("id", "channel", "subject", "body", "short", "digest", "state", "seal", *seals.OF_SENT_DELIVERY)


def seal_of_notice(found: Notice) -> str:
    """The seal of a notice that is to be written."""
    return seals.in_use().of_notice({name: getattr(found, name) for name in seals.OF_NOTICE})


def seal_of_delivery(found: Delivery) -> str:
    """The seal of a delivery that is to be written."""
    return seals.in_use().of_delivery(_row(found))


def is_as_sealed(found: Delivery) -> bool:
    """Whether a delivery and its notice are what was sealed.

    What has no seal was written before there were any; a later row without one the audit finds.
    """
    notice, used = found.notice, seals.in_use()
    return (notice.seal is None or used.fits_notice(vars(notice))) and (
        found.seal is None or used.fits_delivery(_row(found))
    )


def _row(found: Delivery) -> dict[str, object]:
    values = {name: getattr(found, name) for name in COLUMNS}
    return {"notice_id": vars(found).get("notice_id") or found.notice.id, **values}


def seal_what_is_written() -> None:
    """Has the session seal what it writes. Called once the two classes are mapped."""
    event.listen(StoredNotice, "before_insert", _seal_notice)
    event.listen(StoredDelivery, "before_insert", _seal_delivery)
    event.listen(StoredDelivery, "before_update", _seal_delivery_anew)


Mapped = Mapper[Any]  # Any: of either class


def _seal_notice(mapper: Mapped, connection: Connection, written: StoredNotice) -> None:
    written.seal = seal_of_notice(written)


def _seal_delivery(mapper: Mapped, connection: Connection, written: StoredDelivery) -> None:
    written.seal = seal_of_delivery(written)


def _seal_delivery_anew(mapper: Mapped, connection: Connection, written: StoredDelivery) -> None:
    if inspect(written).attrs.state.history.has_changes():
        written.seal = seal_of_delivery(written)
