"""Notices and deliveries as answers show them: addresses are masked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from chassis.http import Page
from notifications.adapters import texts
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.domain.notice import Channel, Delivery, Notice, State
from notifications.domain.preferences import Preferences
from notifications.domain.recipients import RecipientKind
from notifications.domain.subscription import State as SubscriptionState
from notifications.domain.subscription import Subscription, Terms, Way
from notifications.queries.notices import Cause, NoticeInFull, Reading
from notifications.usecases.edit_template import Shown


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
    delivered_at: datetime | None
    waits_for: str | None
    digest_id: str | None


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
        address=cipher.masked_address(delivery.channel, delivery.notice.recipient_id, delivery.address),
        answer=delivery.answer,
        next_attempt_at=delivery.next_attempt_at,
        sent_at=delivery.sent_at,
        delivered_at=delivery.delivered_at,
        waits_for=_waits_for(delivery),
        digest_id=delivery.digest_id,
    )


def _waits_for(delivery: Delivery) -> str | None:
    gathers = delivery.gathers_at is not None and delivery.digest_id is None and delivery.state == State.PENDING
    return delivery.waits_for or ("digest" if gathers else None)


@dataclass(frozen=True, kw_only=True)
class DeliveryOfRecipientView(DeliveryView):
    notice_id: str
    kind: str
    subject: str
    created_at: datetime


def deliveries_page(page: Page, cipher: PersonalDataCipher) -> Page:
    """A page of Deliveries, with what they are about."""
    return Page([_of_recipient(each, cipher) for each in cast("Sequence[Delivery]", page.items)], page.next_cursor)


def _of_recipient(delivery: Delivery, cipher: PersonalDataCipher) -> DeliveryOfRecipientView:
    of = delivery.notice
    return DeliveryOfRecipientView(
        **vars(delivery_view(delivery, cipher)),
        notice_id=of.id,
        kind=of.kind,
        subject=of.subject,
        created_at=of.created_at,
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


@dataclass(frozen=True, kw_only=True)
class PreferencesView:
    version: int
    language: str
    switched_off: dict[str, list[str]]
    optional: list[str]


def preferences_view(chosen: Preferences, optional: Collection[str]) -> PreferencesView:
    """What a recipient has chosen, and what it may choose."""
    return PreferencesView(
        version=chosen.version,
        language=chosen.language,
        switched_off={str(channel): sorted(kinds) for channel, kinds in chosen.switched_off.items()},
        optional=sorted(optional),
    )


@dataclass(frozen=True, kw_only=True)
class Preview:
    audience: str
    recipient_kind: str
    event: str
    subject: str
    text: str
    html: str
    short: str
    digest: str


def previews(shown: Iterable[Shown], recipient_kind: RecipientKind | None) -> dict[str, object]:
    """What a template says of its examples; to recipients of one kind, where that is asked for."""
    return {"items": [_preview(each) for each in shown if recipient_kind in (None, each.recipient_kind)]}


def _preview(each: Shown) -> Preview:
    return Preview(
        audience=each.audience,
        recipient_kind=each.recipient_kind,
        event=each.event,
        subject=each.text.subject,
        text=each.text.body,
        html=texts.as_html(each.text),
        short=each.text.short,
        digest=each.text.digest,
    )


@dataclass(frozen=True, kw_only=True)
class GrantView:
    legal_basis: str
    purpose: str
    events: dict[str, list[str]]
    ends_on: date
    division: str | None
    way: Way
    target: dict[str, Any]  # Any: what the way needs to know

    @classmethod
    def of(cls, terms: Terms) -> GrantView:
        """What `terms` grant."""
        return cls(**_shown(terms))


@dataclass(frozen=True, kw_only=True)
class SubscriptionView(GrantView):
    id: str
    version: int
    name: str
    subscriber: str
    contact_email: str | None  # masked
    state: SubscriptionState
    reason: str | None
    proposed: GrantView | None
    entered_by: str
    entered_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    kept_since: datetime | None
    ended_at: datetime | None


def subscription_view(found: Subscription, cipher: PersonalDataCipher) -> SubscriptionView:
    """A subscription with its contact's address masked."""
    proposed = found.proposed_terms
    return SubscriptionView(
        **_shown(found.terms),
        id=found.id,
        version=found.version,
        name=found.name,
        subscriber=found.subscriber,
        contact_email=cipher.masked_address(Channel.EMAIL, found.id, found.contact_email),
        state=found.state,
        reason=found.reason,
        proposed=None if proposed is None else GrantView.of(proposed),
        entered_by=found.entered_by,
        entered_at=found.entered_at,
        approved_by=found.approved_by,
        approved_at=found.approved_at,
        kept_since=found.kept_since,
        ended_at=found.ended_at,
    )


def subscription_page(page: Page, cipher: PersonalDataCipher) -> Page:
    """A page of Subscriptions."""
    found = cast("Sequence[Subscription]", page.items)
    return Page([subscription_view(each, cipher) for each in found], page.next_cursor)


def _shown(terms: Terms) -> dict[str, Any]:  # Any: each field's own type
    named = {name: value for name, value in vars(terms).items() if name not in ("types", "fields")}
    return named | {"events": terms.fields}
