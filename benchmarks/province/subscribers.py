"""Twenty other government systems with a subscription each, a month old, and what each was given since.

Which fields and ids each gets, the service's own grants say; the manifests are made as its job makes them. Nothing
waits to be handed out, so `public_event` is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import psycopg
from sqlalchemy.orm import Session

from chassis.clock import day_of
from chassis.data import insert_rows
from chassis.security import Cipher
from notifications.adapters.catalogue import catalogue
from notifications.adapters.webhook import signing
from notifications.domain.granting import Grant
from notifications.domain.subscription import Subscription, kinds_of
from notifications.domain.webhook import Scheme
from notifications.storage import subscription_manifest
from notifications.usecases import manifests
from notifications.usecases.subscriptions import OVER
from province import days
from province.books import Row, as_json, id_of
from province.databases import Copier, copy_rows, session_on
from province.handing_out import MILLISECONDS, SINCE, Subscriber, hand_out
from province.tree import PROVINCE, Tree

Connection: TypeAlias = psycopg.Connection[Any]  # Any: rows of any shape

WAITING = 40  # events that an end point refused
ENDS_ON = days.LAST.replace(year=days.LAST.year + 1)
CERTIFICATES = ["certificate.issued.v1", "certificate.renewed.v1", "certificate.expired.v1", "certificate.revoked.v1"]
APPOINTMENTS = ["appointment.made.v1", "appointment.suspended.v1", "appointment.ended.v1"]
FIRMS = ["enterprise.registered.v1", "enterprise.changed.v1"]
# Who asks, for what, where, and how it gets it. The last four are not given anything now.
WANTED = (
    ("tax-bureau", CERTIFICATES, PROVINCE, "webhook"),
    ("human-resources", [*CERTIFICATES, *APPOINTMENTS], PROVINCE, "feed"),
    ("credit-platform", [*CERTIFICATES, *APPOINTMENTS, *FIRMS], PROVINCE, "webhook"),
    ("industry", ["appointment.made.v1", "appointment.ended.v1"], PROVINCE, "amqp"),
    ("statistics", ["enrolment.completed.v1", "education.recorded.v1"], PROVINCE, "feed"),
    ("talent-office", ["talent.admitted.v1", "talent.lapsed.v1", "talent.restored.v1"], PROVINCE, "webhook"),
    ("changchun", [*CERTIFICATES, *APPOINTMENTS], "220100", "webhook"),
    ("jilin-city", [*CERTIFICATES, *APPOINTMENTS], "220200", "feed"),
    ("siping", CERTIFICATES, "220300", "webhook"),
    ("tonghua", APPOINTMENTS, "220500", "webhook"),
    ("yanbian", [*CERTIFICATES, *FIRMS], "222400", "amqp"),
    ("nanguan", CERTIFICATES, "220102", "webhook"),
    ("kuancheng", [*CERTIFICATES, *APPOINTMENTS], "220103", "feed"),
    ("drug-administration", FIRMS, PROVINCE, "amqp"),
    ("education", ["nomination.submitted.v1", "class.scheduled.v1"], PROVINCE, "webhook"),
    ("archives", CERTIFICATES, PROVINCE, "feed"),
    ("court", ["certificate.revoked.v1"], PROVINCE, "paused"),
    ("bank", APPOINTMENTS, PROVINCE, "disabled"),
    ("insurance", CERTIFICATES, PROVINCE, "submitted"),
    ("newspaper", FIRMS, PROVINCE, "ended"),
)
STATES = {"paused": "paused", "disabled": "disabled", "submitted": "submitted", "ended": "ended"}
HEADS = """
SELECT aggregate_type || ':' || aggregate_id, division FROM outbox_head
WHERE aggregate_type = ANY (%s) AND occurred_at >= %s AND occurred_at <= %s
"""


def enter(urls: Mapping[str, str], cipher: Cipher) -> int:
    """Writes the subscriptions with all that hangs on them; returns how many rows."""
    some = [_subscriber(place, cipher) for place in range(len(WANTED))]
    copier = Copier(urls)
    try:
        rows = hand_out(copier, [each for each in some if each.is_given])
        connection = copier.connections["notifications"]
        for each in some:
            copy_rows(connection, "subscription", [{**each.row, "next_sequence": each.last + 1}])
            for table, row in _rest(each, cipher):
                copy_rows(connection, table, [row])
                rows += 1
        rows += _places(copier, {kind for each in some if each.is_given for kind in each.grant.kinds})
        with session_on(urls["notifications"]) as session:
            rows += _manifests(session, [each for each in some if each.row["kept_since"] is not None])
        connection.execute("VACUUM ANALYZE")
    finally:
        copier.close()
    return rows


def _subscriber(place: int, cipher: Cipher) -> Subscriber:
    name, types, division, way = WANTED[place]
    at = days.as_text(SINCE)
    key, state = id_of(at, f"subscription {name}"), STATES.get(way, "live")
    approved = SINCE if state != "submitted" else None
    fields = {kind: catalogue()[kind].fields for kind in types}
    secret = f"{place:064x}"
    target = {"url": f"https://{name}.example.cn/cqo"} if way in ("webhook", "disabled") else {}
    row: Row = {
        "id": key,
        "version": 3,
        "name": f"{name}订阅",
        "subscriber": name,
        "contact_email": cipher.seal(f"it@{name}.example.cn", f"email:{key}"),
        "legal_basis": "吉政办〔2026〕3号",
        "purpose": "核对证书与任职",
        "ends_on": ENDS_ON,
        "types": types,
        "division": None if division == PROVINCE else division,
        "fields": as_json(fields),
        "way": "webhook" if way == "disabled" else way if way in ("webhook", "amqp") else "feed",
        "target": as_json(target),
        "proposed": None,
        "pseudonym_key": "" if state == "ended" else cipher.seal(secret, f"pseudonym:{key}"),
        "state": state,
        "reason": None,
        "stopped_by": "province" if state == "paused" else None,
        "entered_by": f"{name}-1",
        "entered_at": at,
        "approved_by": "province-1" if approved else None,
        "approved_at": approved,
        "kept_since": approved,
        "ended_at": SINCE + timedelta(hours=2) if state == "ended" else None,
    }
    codes = None if division == PROVINCE else _codes(division)
    return Subscriber(row, Grant(key, fields, frozenset(kinds_of(types)), codes, bytes.fromhex(secret)))


def _codes(division: str) -> frozenset[str]:
    """The division and all below it on the last day."""
    tree = Tree()
    below = {each.code for each in tree.placements if tree.prefecture(each.code, days.LAST) == division}
    return frozenset({division, *below})


def _rest(of: Subscriber, cipher: Cipher) -> Iterator[tuple[str, Row]]:
    """What a way needs: how far it has come, with which keys, and what was attempted on each day."""
    key, way, at = str(of.row["id"]), of.row["way"], days.as_text(SINCE)
    if of.is_given:
        series = f"subscription:{key}"
        over = ENDS_ON + days.ONE_DAY
        yield "due", {"kind": OVER, "series": series, "key": key, "due_on": over, "payload": "{}"}
    if not of.is_given:
        return
    if way == "feed":
        yield "subscription_fetch", {"subscription_id": key, "sequence": of.last, "at": days.NOW}
    elif way == "amqp":
        row = {"subscription_id": key, "password_hash": "x" * 48, "password_made_at": at, "published": of.last}
        yield "subscriber_queue", row
    else:
        yield from _end_point(of, cipher, at)


def _end_point(of: Subscriber, cipher: Cipher, at: str) -> Iterator[tuple[str, Row]]:
    key, target = str(of.row["id"]), of.row["target"]
    is_live = of.row["state"] == "live"
    yield (
        "webhook_endpoint",
        {
            "subscription_id": key,
            "position": of.last if is_live else 0,
            "failures": 0 if is_live else 400,
            "failing_since": None if is_live else at,
            "proved_target": target,
            "proved_at": at,
        },
    )
    key_id = id_of(at, f"key {key}")
    sealed = cipher.seal(signing.new_key(Scheme.HMAC_SHA256), f"webhook:{key_id}")
    scheme = str(Scheme.HMAC_SHA256)
    yield "webhook_key", {"id": key_id, "subscription_id": key, "scheme": scheme, "key": sealed, "made_at": at}
    if of.row["subscriber"] == "siping":
        yield from _refused(of)
    asked_at = days.NOW - days.A_WEEK / 2
    errand = {"subscription_id": key, "kind": "test", "target": target, "asked_at": asked_at, "done_at": asked_at}
    done = {"answer": as_json({"status": 204, "fault": None})}
    yield "webhook_errand", {"id": id_of(days.as_text(asked_at), f"errand {key}"), **errand, **done}
    if not is_live:
        letter = {"id": id_of(at, f"letter {key}"), "subscription_id": key, "recipient": key, "written_at": at}
        said = {
            "subject": "订阅推送已暂停",
            "body": "请修复接收端后恢复订阅。",
            "sent_at": at,
            "answer": "250 accepted",
        }
        yield "subscriber_letter", {**letter, "address": of.row["contact_email"], **said, "attempts": 1}
    for day, number in sorted(of.by_day.items()):
        counted = {"attempts": number, "delivered": number, "milliseconds": round(MILLISECONDS * number)}
        yield "webhook_sum", {"subscription_id": key, "day": day, **counted}


def _refused(of: Subscriber) -> Iterator[tuple[str, Row]]:
    """The last events, which its end point did not take."""
    for sequence in range(max(1, of.last - WAITING), of.last + 1):
        waiting = {"ordering_key": f"refused:{sequence}", "state": "retrying", "attempts": 3}
        again = {"next_attempt_at": days.NOW + timedelta(hours=1)}
        yield "webhook_waiting", {"subscription_id": of.row["id"], "sequence": sequence, **waiting, **again}


def _places(copier: Copier, kinds: set[str]) -> int:
    """Where the aggregates were at their last event since somebody subscribes to their kind."""
    number = 0
    for service in ("registry", "training"):
        found = copier.connections[service].execute(HEADS, (sorted(kinds), SINCE, days.NOW)).fetchall()
        rows: list[Row] = [{"aggregate": aggregate, "division": division} for aggregate, division in found]
        copy_rows(copier.connections["notifications"], "public_place", rows)
        number += len(rows)
    return number


def _manifests(session: Session, some: list[Subscriber]) -> int:
    """Of each day that is over; returns how many."""
    rows = list[Row]()
    for each in some:
        found, day = session.get_one(Subscription, each.row["id"]), day_of(SINCE)
        while day < days.LAST and (found.ended_at is None or day <= day_of(found.ended_at)):
            made = manifests.compute(session, found, day, datetime.combine(day, days.NOW.timetz()) + days.ONE_DAY)
            rows.append(_manifest_row(each, made))
            day += days.ONE_DAY
    insert_rows(session, subscription_manifest, rows)
    session.commit()
    return len(rows)


def _manifest_row(of: Subscriber, made: manifests.Manifest) -> Row:
    return {
        "subscription_id": of.row["id"],
        "day": made.day,
        "number": made.number,
        "first_sequence": made.first_sequence,
        "last_sequence": made.last_sequence,
        "types": {kind: vars(each) for kind, each in made.types.items()},
        "made_at": made.made_at,
    }
