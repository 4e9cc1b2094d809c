"""What the tests of sending share: letters in a database, senders driven turn by turn, and what became of it all."""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from notice_world import COUNTY
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.stopping import StopSignal
from notifications.adapters.personal_data import PersonalDataCipher
from notifications.adapters.sending.connection import Connection, ServerDown
from notifications.adapters.sending.sender import Sender
from notifications.domain.notice import Channel, State
from notifications.storage import StoredDelivery, StoredNotice, cause, contact, delivery, robot

SUBJECT = "关于颁发证书的通知"
BODY = "李明同志：\n\u3000\u3000内容。\n办公室\n2026年3月2日\n"


@dataclass
class SendingWorld:
    """A database of letters, and those who send them."""

    url: str
    engine: Engine
    clock: Clock
    personal_data: PersonalDataCipher
    senders: list[Sender] = field(default_factory=list)

    def sender(self, connection: Connection) -> Sender:
        settings: Any = SimpleNamespace(service="notifications", database_url=self.url)
        self.senders.append(Sender(settings, connection, self.clock, self.personal_data, StopSignal()))
        return self.senders[-1]

    def cause(self, session: Session) -> str:
        cause_id = new_id()
        session.execute(
            cause.insert().values(
                id=cause_id,
                type="certificate.issued.v1",
                subject="c",
                occurred_at=self.clock.now(),
                received_at=self.clock.now(),
                division=COUNTY,
                data={},
                ruleset=1,
            )
        )
        return cause_id

    def write(
        self, channel: Channel, addresses: list[str], owner: tuple[str, str] | None = None, subject: str = SUBJECT
    ) -> list[str]:
        """A letter to somebody new at each address, or all of them to `owner`; the deliveries' ids."""
        made = []
        with Session(self.engine) as session, session.begin():
            for address in addresses:
                kind, owner_id = owner or (("division" if channel is Channel.ROBOT else "person"), new_id())
                if owner is None or address:
                    self._contact(session, channel, kind, owner_id, address)
                cause_id = self.cause(session)
                notice = StoredNotice(
                    new_id(),
                    cause_id := self.cause(session),
                    "certificate_issued",
                    f"event:{cause_id}",
                    self.clock.today(),
                    kind,  # type: ignore[arg-type]  # as it is stored
                    owner_id,
                    COUNTY,
                    subject,
                    BODY,
                    self.clock.now(),
                )
                made.append(StoredDelivery(new_id(), notice, channel, next_attempt_at=datetime.now(UTC)))
            session.add_all(made)
            return [each.id for each in made]

    def _contact(self, session: Session, channel: Channel, kind: str, owner_id: str, address: str) -> None:
        sealed = self.personal_data.seal_address(channel, owner_id, address)
        if channel is Channel.ROBOT:
            values = {"division": owner_id, "sealed": sealed, "set_by": "t", "set_at": self.clock.now()}
            session.execute(robot.insert().values(values))
        else:
            field = "email" if channel is Channel.EMAIL else "phone"
            session.execute(contact.insert().values(owner_kind=kind, owner_id=owner_id, **{field: sealed}))

    def work(self, sender: Sender, rounds: int = 30) -> None:
        """Lets all letters be tried until each has come to an end, however long they would wait in between."""
        for _ in range(rounds):
            self.turns(sender)
            if not self.make_due(sender.channel):
                return
        raise AssertionError("still something to send")

    def turns(self, sender: Sender) -> None:
        """Turns until there is nothing to do now; a server that is down for a moment is asked again."""
        for _ in range(300):
            try:
                if not sender.turn():
                    return
            except ServerDown:
                continue
        raise AssertionError("still busy")

    def make_due(self, channel: Channel) -> int:
        """Lets the time until the next attempts pass; how many letters there are to try."""
        with self.engine.begin() as connection:
            pending = update(delivery).where(delivery.c.state == State.PENDING, delivery.c.channel == channel)
            pending = pending.where(delivery.c.waits_for.is_(None), delivery.c.next_attempt_at.is_not(None))
            return connection.execute(pending.values(next_attempt_at=func.now())).rowcount

    def rows(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(select(delivery).order_by(delivery.c.id)))

    def figures(self, taken: Counter[str]) -> dict[str, int]:
        """By identity: what counts as sent, what came twice, what was lost, and what nobody knows."""
        rows = self.rows()
        states = Counter(row.state for row in rows)
        return {
            "sent": states[State.SENT],
            "failed": states[State.FAILED],
            "unknown": states[State.UNKNOWN],
            "doubled": sum(number > 1 for number in taken.values()),
            "more than doubled": sum(number > 2 for number in taken.values()),
            "lost": sum(row.state == State.SENT and not taken[row.message_id] for row in rows),
            "pending": states[State.PENDING] + states[State.SENDING],
        }


def keys() -> dict[str, str]:
    """The keys with which the tests seal contact points."""
    return {name: base64.b64encode(bytes(range(32))).decode() for name in ("pii_key", "pii_index_key")}


def shown(title: str, figures: dict[str, int]) -> None:
    """Prints the figures of a test."""
    print(f"\n{title}: {json.dumps(figures)}")
