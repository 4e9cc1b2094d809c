"""What notifications writes because of a cause: the cause itself, and a sealed notice for each whom it concerns."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

from notifications.domain.recipients import Parties
from notifications.handlers.followed import RECORDS
from province import days
from province.books import Books, Event, Row, as_json
from province.deliveries import Cause, deliver, sealed_at
from province.rules import LETTERS, RULESET, by_event
from province.tree import PROVINCE, Tree

BY_EVENT = by_event()
KEPT_OF = {kind: [each.name for each in fields(record)] for kind, record in RECORDS.items()}  # type: ignore[arg-type]
TREE = Tree()
LANGUAGE = "zh-CN"
READ_UNTIL = days.LAST - days.A_WEEK  # offices are some days behind
READ = {"division": 0.97, "enterprise": 0.3, "person": 0.3}  # shares of the notices that were read
READERS = {"division": "division", "enterprise": "enterprise", "person": "cqo"}
BODY = (
    "{recipient}：\n\u3000\u3000根据《吉林省首席质量官制度实施办法》有关规定，"
    "现就下列事项通知如下：{kind}，事项编号 {subject}，"
    "办理日期 {day}。请登录系统核对有关信息，如有疑问，请与所在地市场监督管理部门联系。\n"
    "\u3000\u3000吉林省实施质量强省战略联席会议办公室\n\u3000\u3000{day}\n"
)


def announce(books: Books, event: Event) -> None:
    """What an event is the cause of."""
    data = {name: event.data.get(name) for name in KEPT_OF[event.type]}
    parties = parties_of(event.parties.person_id, event.parties.enterprise_id, event.division, event.day)
    if "division" in data:
        parties = parties_of(None, None, data["division"], event.day)
    rules = [(each.key, each.audience) for each in BY_EVENT.get(event.type, ()) if each.applies(event.type, data)]
    about = f"event:{event.id}"
    tell(books, Cause(event.id, event.type, event.subject, about, event.day, event.at, parties, data, rules))


def parties_of(person: str | None, enterprise: str | None, division: str | None, on: date) -> Parties:
    """Those concerned, with the offices of that day."""
    present = TREE.present(division, on) if division else None
    return Parties(person, enterprise, present, TREE.prefecture(present, on) if present else None, PROVINCE)


def tell(books: Books, cause: Cause) -> None:
    """The cause, and a notice for each whom it concerns; counted only where they have passed."""
    kept = cause.at >= books.retention.causes
    if kept:
        books.put("notifications", "cause", **_row(cause))
    else:
        books.counts.causes[cause.type] += 1
    for key, audience in cause.rules:
        for each in cause.parties.recipients(audience):
            notice = _notice(books, cause, key, each.kind.value, each.id) if kept else None
            for channel in ("in_app", "email") if key in LETTERS else ("in_app",):
                deliver(books, cause, notice, key, (each.kind.value, each.id), channel)


def _row(cause: Cause) -> Row:
    parties = cause.parties
    return {
        "id": cause.id,
        "type": cause.type,
        "subject": cause.subject,
        "occurred_at": cause.at,
        "received_at": cause.at,
        "division": parties.division,
        "person_id": parties.person_id,
        "enterprise_id": parties.enterprise_id,
        "prefecture": parties.prefecture,
        "province": parties.province,
        "data": as_json(cause.data),
        "ruleset": RULESET,
    }


def _notice(books: Books, cause: Cause, kind: str, recipient_kind: str, recipient_id: str) -> Row:
    row: Row = {
        "id": books.new_id_of(cause.at),
        "cause_id": cause.id,
        "kind": kind,
        "about": cause.about,
        "due_on": cause.day,
        "recipient_kind": recipient_kind,
        "recipient_id": recipient_id,
        "division": cause.parties.division,
        "subject": f"关于{kind}的通知",
        "body": BODY.format(recipient=recipient_id, kind=kind, subject=cause.subject, day=cause.day),
        "created_at": sealed_at(cause.at),
        "language": LANGUAGE,
        "short": f"【首席质量官】{kind}，{cause.day}，请登录系统查看。",
        "digest": f"{kind}，{cause.day}",
    }
    books.put("notifications", "notice", **row, seal=books.seals.of_notice(row))
    if books.rng.random() < READ[recipient_kind] and cause.day < READ_UNTIL:
        reader = f"{READERS[recipient_kind]}:{recipient_id}"
        read_at = days.instant(cause.day + days.ONE_DAY, 0)
        books.put("notifications", "reading", notice_id=row["id"], reader=reader, read_at=read_at)
    return row
