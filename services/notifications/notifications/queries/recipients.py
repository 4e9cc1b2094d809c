"""What became of all that was sent to one recipient."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from chassis.errors import NotFound
from chassis.http import Page, PageArguments, paginate
from notifications.domain.recipients import RecipientKind
from notifications.storage import StoredDelivery, delivery, notice
from programme import scope
from programme.callers import Caller

WITH_NOTICE = contains_eager(StoredDelivery.notice)  # type: ignore[misc,arg-type]  # mapped in storage, out of mypy's sight


def deliveries(session: Session, caller: Caller, kind: str, recipient_id: str, on: date, page: PageArguments) -> Page:
    """The Deliveries to a recipient, the newest notice first; NotFound for a kind of recipient that there is not."""
    if kind not in list(RecipientKind):
        raise NotFound()
    wanted = (
        select(StoredDelivery)
        .join(notice, notice.c.id == delivery.c.notice_id)
        .where(notice.c.recipient_kind == kind, notice.c.recipient_id == recipient_id)
        .where(scope.within(notice.c.division, caller, on))
        .options(WITH_NOTICE)
    )
    return paginate(session, wanted, [notice.c.id, delivery.c.id], page, descending=True)
