"""Notices and deliveries as answers show them: addresses are masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from chassis.http import Page
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.domain.notice import Channel, Delivery, Notice, State
from notifications.domain.recipients import RecipientKind
from notifications.queries.notices import Cause, NoticeInFull, Reading


@dataclass(frozen=True)
class DeliveryView:
    id: str
    version: int
    channel: Channel
    state: State
    attempts: int
    maybe_repeated: int
    address: str | None  # masked
    answer: str | None
    next_attempt_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class NoticeView:
    id: str
    cause_id: str
    kind: str
    recipient_kind: RecipientKind
    recipient_id: str
    division: str | None
    subject: str
    body: str
    created_at: datetime
    deliveries: list[DeliveryView]


@dataclass(frozen=True, kw_only=True)
class NoticeInFullView(NoticeView):
    cause: Cause
    readings: list[Reading]


def delivery_view(delivery: Delivery, cipher: PersonalDataCipher) -> DeliveryView:
    """A delivery with its address masked."""
    return DeliveryView(
        id=delivery.id,
        version=delivery.version,
        channel=delivery.channel,
        state=delivery.state,
        attempts=delivery.attempts,
        maybe_repeated=delivery.maybe_repeated,
        address=cipher.masked_email(delivery.notice.recipient_id, delivery.address),
        answer=delivery.answer,
        next_attempt_at=delivery.next_attempt_at,
        sent_at=delivery.sent_at,
    )


def notice_view(notice: Notice, cipher: PersonalDataCipher) -> NoticeView:
    """A notice with its deliveries."""
    return NoticeView(
        id=notice.id,
        cause_id=notice.cause_id,
        kind=notice.kind,
        recipient_kind=notice.recipient_kind,
        recipient_id=notice.recipient_id,
        division=notice.division,
        subject=notice.subject,
        body=notice.body,
        created_at=notice.created_at,
        deliveries=[delivery_view(each, cipher) for each in notice.deliveries],
    )


def notice_page(page: Page, cipher: PersonalDataCipher) -> Page:
    """A page of Notices, with their deliveries."""
    return Page([notice_view(each, cipher) for each in cast("Sequence[Notice]", page.items)], page.next_cursor)


def notice_in_full(found: NoticeInFull, cipher: PersonalDataCipher) -> NoticeInFullView:
    """A notice with its deliveries, its cause and its readers."""
    shown = notice_view(found.notice, cipher)
    return NoticeInFullView(**vars(shown), cause=found.cause, readings=found.readings)
