"""What notifications makes of an event that must be announced: its cause, the notices, and a delivery per channel."""

from __future__ import annotations

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


def announce(books: Books, event: Event) -> None:
    """The cause, and a notice for each whom it concerns."""
    division = TREE.present(event.division, event.day) if event.division else None
    person, enterprise = event.parties
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
    parties = {"person": person, "enterprise": enterprise, "division": division}
    for announcement in BY_EVENT[event.type]:
        if announcement.applies(event.type, event.data):
            for recipient in announcement.recipients:
                recipient_id = parties[recipient.value]
                if recipient_id is not None:
                    _notice(books, event, announcement.kind, recipient.value, recipient_id, division)


def _notice(books: Books, event: Event, kind: str, recipient: str, recipient_id: str, division: str | None) -> None:
    notice_id = books.new_id()
    books.put(
        "notifications",
        "notice",
        id=notice_id,
        cause_id=event.id,
        kind=kind,
        recipient_kind=recipient,
        recipient_id=recipient_id,
        division=division,
        subject=f"关于{kind}的通知",
        body=BODY.format(recipient=recipient_id, kind=kind, subject=event.subject, day=event.day),
        created_at=event.at,
    )
    for channel in ("in_app", "email") if kind in LETTERS else ("in_app",):
        _delivery(books, event, notice_id, kind, recipient, recipient_id, division, channel)


def _delivery(
    books: Books,
    event: Event,
    notice_id: str,
    kind: str,
    recipient: str,
    recipient_id: str,
    division: str | None,
    channel: str,
) -> None:
    delivery_id = books.new_id()
    data = {
        "delivery_id": delivery_id,
        "notice_id": notice_id,
        "kind": kind,
        "channel": channel,
        "recipient_kind": recipient,
        "recipient_id": recipient_id,
        "cause_id": event.id,
        "on": event.day.isoformat(),
    }
    reached = channel == "in_app" or recipient_id in REACHED
    if not reached:
        data["reason"] = "no_address"
    kind_of_event = "notice.sent.v1" if reached else "notice.failed.v1"
    books.announce("notifications", kind_of_event, delivery_id, data, division, event.day)
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
