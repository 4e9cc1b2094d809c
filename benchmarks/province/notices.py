"""What notifications makes of an event that must be announced: its cause, the notices, and a delivery per channel."""

from __future__ import annotations

from typing import NamedTuple

from notifications.domain.announcements import ANNOUNCEMENTS, Announcement
from province.books import Books, Event, as_json
from province.tree import Tree

# Rule set 2 of the load: letters for what is decided, and the rest in the system only. With rule set 1, which has
# letters for everything, the notices would be half of all rows.
LETTERS = frozenset(
    {"certificate_revoked", "certificate_expired", "appointment_made", "appointment_suspended", "appointment_ended"}
)
RULESET = 2
CHANNELS_BY_KIND = {each.kind: ["in_app"] for each in ANNOUNCEMENTS if each.kind not in LETTERS}
CHANNELS = {each.kind: ("in_app", "email") if each.kind in LETTERS else ("in_app",) for each in ANNOUNCEMENTS}
BY_EVENT: dict[str, list[Announcement]] = {}
for _announcement in ANNOUNCEMENTS:
    BY_EVENT.setdefault(_announcement.event, []).append(_announcement)
TREE = Tree()
BODY = (
    "{recipient}：\n\u3000\u3000根据《吉林省首席质量官制度实施办法》有关规定，"
    "现就下列事项通知如下：{kind}，事项编号 {subject}，"
    "办理日期 {day}。请登录系统核对有关信息，如有疑问，请与所在地市场监督管理部门联系。\n"
    "\u3000\u3000吉林省实施质量强省战略联席会议办公室\n\u3000\u3000{day}\n"
)
# Those who have an e-mail address; the firm that writes its contacts decides, and nobody else can know.
REACHED: set[str] = set()


class Recipient(NamedTuple):
    """To whom a notice goes, and the division in which that is."""

    kind: str
    id: str
    division: str | None


def announce(books: Books, event: Event) -> None:
    """The cause, and a notice for each whom it concerns; counted only where they have passed."""
    division = TREE.present(event.division, event.day) if event.division else None
    person, enterprise = event.parties
    kept = event.at >= books.retention.causes
    if kept:
        books.put(
            "notifications",
            "cause",
            id=event.id,
            type=event.type,
            subject=event.subject,
            occurred_at=event.at,
            received_at=event.at,
            division=division,
            person_id=person,
            enterprise_id=enterprise,
            data=as_json(event.data),
            ruleset=RULESET,
        )
    else:
        books.counts.causes[event.type] += 1
    parties = {"person": person, "enterprise": enterprise, "division": division}
    for announcement in BY_EVENT[event.type]:
        if announcement.applies(event.type, event.data):
            for recipient in announcement.recipients:
                recipient_id = parties[recipient.value]
                if recipient_id is not None:
                    to = Recipient(recipient.value, recipient_id, division)
                    notice_id = _notice(books, event, announcement.kind, to) if kept else None
                    for channel in CHANNELS[announcement.kind]:
                        _delivery(books, event, notice_id, announcement.kind, to, channel)


def _notice(books: Books, event: Event, kind: str, to: Recipient) -> str:
    notice_id = books.new_id()
    books.put(
        "notifications",
        "notice",
        id=notice_id,
        cause_id=event.id,
        kind=kind,
        recipient_kind=to.kind,
        recipient_id=to.id,
        division=to.division,
        subject=f"关于{kind}的通知",
        body=BODY.format(recipient=to.id, kind=kind, subject=event.subject, day=event.day),
        created_at=event.at,
    )
    return notice_id


def _delivery(books: Books, event: Event, notice_id: str | None, kind: str, to: Recipient, channel: str) -> None:
    """The delivery of a notice, and its event, which stays somewhat longer than the notice (`notice_id` None)."""
    reached = channel == "in_app" or to.id in REACHED
    kind_of_event = "notice.sent.v1" if reached else "notice.failed.v1"
    if not books.retention.in_feed(event.day):
        books.has_passed("notifications", kind_of_event, event.day)
        books.counts.deliveries[event.day, "sent" if reached else "failed", kind, channel] += 1
        return
    delivery_id = books.new_id()
    data = {
        "delivery_id": delivery_id,
        "notice_id": notice_id or books.new_id(),
        "kind": kind,
        "channel": channel,
        "recipient_kind": to.kind,
        "recipient_id": to.id,
        "cause_id": event.id,
        "on": event.day.isoformat(),
    }
    if not reached:
        data["reason"] = "no_address"
    books.announce("notifications", kind_of_event, delivery_id, data, to.division, event.day)
    if notice_id is None:
        return
    answer = "shown in the recipient's inbox" if channel == "in_app" else "250 2.0.0 accepted"
    books.put(
        "notifications",
        "delivery",
        id=delivery_id,
        version=1,
        notice_id=notice_id,
        channel=channel,
        state="sent" if reached else "no_address",
        attempts=1 if channel == "email" and reached else 0,
        maybe_repeated=0,
        sender=None,
        address=None,
        answer=answer if reached else None,
        next_attempt_at=None,
        sent_at=event.at if reached else None,
    )
