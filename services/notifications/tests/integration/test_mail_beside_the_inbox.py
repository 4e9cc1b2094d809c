"""Letters go out at a steady pace while the inbox is busy with thousands of events, good ones and bad ones."""

from __future__ import annotations

import base64
import time
import uuid
from datetime import UTC, datetime, timedelta

from notice_world import COUNTY
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from chassis.ids import new_id
from chassis.messaging.envelope import Envelope
from notifications.domain.notice import Channel
from notifications.storage import StoredDelivery, StoredNotice, cause, contact
from testkit import publish

LETTERS, PER_SECOND = 200, 20
GOOD, BAD = 12_000, 12_000
# From when a letter may go to when it has gone: seconds, quiet it is 1, or this part of what the inbox took on a slow
# machine, where all takes longer.
LONGEST, PART = 5.0, 0.3
BUSY = "SELECT (SELECT count(*) FROM enterprise), (SELECT count(*) FROM inbox_parked)"
LATE = (
    "SELECT extract(epoch FROM sent_at - occurred_at) AS late FROM delivery JOIN notice ON notice.id = notice_id "
    "JOIN cause ON cause.id = cause_id ORDER BY 1"
)


def test_letters_go_out_at_a_steady_pace_while_the_inbox_is_busy(
    running_service, make_database, topology, mail, personal_data, wait_until
):
    url = make_database("notifications")
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    keys = {name: base64.b64encode(bytes(range(32))).decode() for name in ("pii_key", "pii_index_key")}
    publish(topology, *(enterprise({"name": 1} if number % 2 else None) for number in range(GOOD + BAD)))
    worker = running_service("notifications", "worker", False, database_url=url, smtp_url=mail.url, **keys)

    def ask(query):
        with engine.connect() as connection:
            return connection.execute(text(query)).all()

    wait_until(lambda: ask("SELECT count(*) FROM enterprise")[0][0] > 0, 30)
    write_letters(engine, personal_data)
    started, began = time.monotonic(), ask(BUSY)[0]
    wait_until(lambda: ask("SELECT count(*) FROM delivery WHERE state = 'sent'")[0][0] == LETTERS, 120)
    done = ask(BUSY)[0]
    wait_until(lambda: tuple(ask(BUSY)[0]) == (GOOD, BAD), 120)
    took = time.monotonic() - started
    late = [float(row.late) for row in ask(LATE)]
    engine.dispose()
    p50, p99 = late[LETTERS // 2], late[int(LETTERS * 0.99)]
    print(
        f"\n{LETTERS} letters, {PER_SECOND} a second, beside {GOOD} good and {BAD} bad events: late p50 {p50:.2f} s, "
        f"p99 {p99:.2f} s; applied and parked when they began {tuple(began)}, when the last had gone {tuple(done)}"
    )
    assert worker.alive
    assert p99 <= max(LONGEST, PART * took)
    assert len(mail.letters) == LETTERS


def enterprise(data=None):
    """The registration of a firm, or one with data that nobody can apply."""
    firm = new_id()
    fine = {"enterprise_id": firm, "name": "示例机械有限公司", "division": COUNTY}
    return Envelope(
        str(uuid.uuid4()), "/registry", "enterprise.registered.v1", firm, datetime.now(UTC), 1, data or fine, COUNTY
    )


def write_letters(engine, personal_data):
    """Letters that may go one after the other, PER_SECOND in a second; each one's cause says when."""
    with Session(engine) as session, session.begin():
        began = session.scalar(select(func.now()))
        for number in range(LETTERS):
            may_go = began + timedelta(seconds=number / PER_SECOND)
            owner, cause_id = new_id(), new_id()
            session.execute(
                cause.insert().values(
                    id=cause_id,
                    type="certificate.issued.v1",
                    subject=owner,
                    occurred_at=may_go,
                    received_at=may_go,
                    division=COUNTY,
                    data={},
                    ruleset=1,
                )
            )
            sealed = personal_data.cipher.seal(f"p{number}@people.example", f"email:{owner}")
            session.execute(contact.insert().values(owner_kind="person", owner_id=owner, email=sealed))
            subject, body = "关于颁发证书的通知", "李明同志：内容。\n"
            kind, about = "certificate_issued", f"event:{cause_id}"
            day = may_go.date()
            notice = StoredNotice(new_id(), cause_id, kind, about, day, "person", owner, COUNTY, subject, body, may_go)
            session.add(StoredDelivery(new_id(), notice, Channel.EMAIL, next_attempt_at=may_go))
