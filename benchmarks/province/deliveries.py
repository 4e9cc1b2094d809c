"""What became of a notice on a channel: the delivery, sealed, its event, and the message in the mail journal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from notifications.adapters.mail.journal import digest_of as digest_of_letter
from notifications.domain.notice import digest_of
from notifications.domain.recipients import Audience, Parties
from province import days
from province.books import Address, Books, Data, Row, id_of
from province.rules import GATHERED

DOMAIN = "cqo.invalid"  # of the address that letters come from
GATHERED_AT = 1800  # seconds before nine: letters to offices go out at half past eight, on the day after


class Cause(NamedTuple):
    """Why something is written, whom it concerns, and for which rules; `data` are the event's as they are kept."""

    id: str
    type: str
    subject: str
    about: str
    day: date
    at: str
    parties: Parties
    data: Data
    rules: Iterable[tuple[str, Iterable[Audience]]]


class Sending(NamedTuple):
    """When a delivery was settled, and how: `sent`, `pending` or `no_address`; a letter perhaps in a digest."""

    day: date
    at: str
    state: str
    address: Address | None = None
    digest_id: str | None = None
    message_id: str | None = None

    @property
    def is_letter(self) -> bool:
        """Whether a mail server took it."""
        return self.state == "sent" and self.address is not None


def deliver(books: Books, cause: Cause, notice: Row | None, kind: str, to: tuple[str, str], channel: str) -> None:
    """The delivery of a notice, and its event, which stays somewhat longer than the notice (None)."""
    sending = Sending(cause.day, cause.at, "sent") if channel == "in_app" else _letter(books, cause, kind, to)
    event = "notice.failed.v1" if sending.state == "no_address" else "notice.sent.v1"
    if not books.retention.in_feed(sending.day):
        books.has_passed("notifications", event, sending.day)
        counted = "failed" if sending.state == "no_address" else "sent"
        books.counts.deliveries[sending.day, counted, kind, channel] += 1
        return
    delivery_id = books.new_id_of(cause.at)
    if sending.state != "pending":
        data: Data = {
            "delivery_id": delivery_id,
            "notice_id": notice["id"] if notice else books.new_id_of(cause.at),
            "kind": kind,
            "channel": channel,
            "recipient_kind": to[0],
            "recipient_id": to[1],
            "cause_id": cause.id,
            "on": sending.day.isoformat(),
        }
        reason = {"reason": "no_address"} if sending.state == "no_address" else {}
        books.announce("notifications", event, delivery_id, data | reason, cause.parties.division, sending.day)
    if notice is not None:
        _enter(books, delivery_id, notice, sending, channel)


def sealed_at(at: str) -> str:
    """A moment as a seal has it."""
    return f"{at[:19]}.000000+00:00"


def _letter(books: Books, cause: Cause, kind: str, to: tuple[str, str]) -> Sending:
    """A letter goes out at once; one to an office, if it is not urgent, with the others of the day on the next."""
    address = books.addresses.get(to[1])
    if address is None or cause.at >= address.bad_since:
        return Sending(cause.day, cause.at, "no_address")
    if kind not in GATHERED or to[0] != "division":
        parts = [kind, cause.about, cause.day.isoformat(), *to, "email"]
        return Sending(cause.day, cause.at, "sent", address, None, digest_of(parts))
    day = cause.day + days.ONE_DAY
    at = days.instant(day, -GATHERED_AT)
    state = "pending" if day > days.LAST else "sent"
    digest_id, message_id = id_of(at, f"digest {to[1]} {day}"), digest_of(["digest", to[1], str(day)])
    return Sending(day, at, state, address, digest_id, message_id)


def _enter(books: Books, delivery_id: str, notice: Row, sending: Sending, channel: str) -> None:
    sent, is_gathered = sending.state == "sent", sending.digest_id is not None
    answer = "250 2.0.0 accepted" if sending.is_letter else "shown in the recipient's inbox"
    row: Row = {
        "id": delivery_id,
        "version": 0 if sending.state == "pending" else 1,
        "notice_id": notice["id"],
        "channel": channel,
        "state": sending.state,
        "attempts": int(sending.is_letter),
        "maybe_repeated": 0,
        "sender": None,
        "address": sending.address.sealed if sending.address is not None and sent else None,
        "answer": answer if sent else None,
        "next_attempt_at": None,
        "sent_at": sealed_at(sending.at) if sent else None,
        "message_id": sending.message_id if sent else None,
        "gathers_at": sending.at if is_gathered else None,
        "gather_key": f"email:{notice['recipient_kind']}:{notice['recipient_id']}" if is_gathered else None,
        "digest_id": sending.digest_id if sent else None,
    }
    sealed = {**row, "subject": None, "body": None, "short": None, "digest": None}
    books.put("notifications", "delivery", **row, seal=books.seals.of_delivery(sealed))
    if sending.is_letter and not is_gathered:
        _journal(books, notice, sending)


def _journal(books: Books, notice: Row, sending: Sending) -> None:
    """The message as the mail server's journal has it."""
    subject, body, message_id = str(notice["subject"]), str(notice["body"]), str(sending.message_id)
    books.put(
        "notifications",
        "mail_taken",
        name=f"{sending.at[:19]}.{message_id}.eml",
        message_id=f"<{message_id}@{DOMAIN}>",
        digest=digest_of_letter(subject, body),
        stamp=f"{len(body.encode())}-{message_id[:12]}",
        read_at=sending.at,
    )
