"""What the integration tests share: a small world to be told about, and a real mail server that refuses and stalls."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from joserfc import jwe
from joserfc.jwk import ECKey

from chassis.ids import new_id
from chassis.messaging.envelope import Envelope
from notifications.adapters.personal_data import ALGORITHMS
from servers.process import free_port
from testkit.divisions import CHANGCHUN, CHUANYING, NANGUAN, PROVINCE, placed_events

__all__ = ["PROVINCE"]

TODAY = date(2026, 3, 2)
AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
COUNTY, PREFECTURE, ELSEWHERE = NANGUAN, CHANGCHUN, CHUANYING


def event(kind: str, subject: str, data: dict[str, Any], sequence: int = 1, division: str | None = COUNTY) -> Envelope:
    """An event as its publisher sends it; dates are texts."""
    source = "/training" if kind.split(".")[0] in ("certificate", "enrolment", "nomination") else "/registry"
    return Envelope(new_id(), source, kind, subject, AT, sequence, data, division)


def tree() -> list[Envelope]:
    return placed_events()


def seal(key: ECKey, email: str | None, phone: str | None = None) -> str:
    """Contact points as registry seals them for notifications."""
    header = {"alg": ALGORITHMS[0], "enc": ALGORITHMS[1]}
    content = json.dumps({"email": email, "phone": phone}).encode()
    return jwe.encrypt_compact(header, content, key, algorithms=ALGORITHMS)


@dataclass
class World:
    """A firm, its candidate and their county, told about by events; versions are counted as the publishers do."""

    key: ECKey
    number: int = 0
    versions: Counter = field(default_factory=Counter)

    def event(self, kind: str, subject: str, data: dict[str, Any], division: str | None = COUNTY) -> Envelope:
        self.versions[kind.split(".")[0], subject] += 1
        return event(kind, subject, data, self.versions[kind.split(".")[0], subject], division)

    def firm(self, division: str = COUNTY) -> Envelope:
        self.number += 1
        firm_id = new_id()
        data = {"enterprise_id": firm_id, "name": f"示例机械{self.number}有限公司", "division": division}
        return self.event("enterprise.registered.v1", firm_id, data, division)

    def person(self, firm: Envelope | None, division: str = COUNTY) -> Envelope:
        self.number += 1
        person_id = new_id()
        employer = firm.subject if firm else None
        data = {"person_id": person_id, "name": f"李明{self.number}", "division": division, "enterprise_id": employer}
        return self.event("person.registered.v1", person_id, data, division)

    def contact(self, owner_kind: str, owner_id: str, email: str | None) -> Envelope:
        data = {"owner_kind": owner_kind, "owner_id": owner_id, "jwe": seal(self.key, email)}
        return self.event("contact.changed.v1", owner_id, data)

    def certificate(self, person: Envelope) -> Envelope:
        certificate_id = new_id()
        data = {
            "certificate_id": certificate_id,
            "number": f"CQO-JL-2026-0101-{self.number:05d}7",
            "person_id": person.subject,
            "name": person.data["name"],
            "enterprise_id": None,
            "issued_on": "2026-03-02",
            "valid_from": "2026-03-02",
            "valid_until": "2029-03-01",
            "ruleset": 1,
        }
        return self.event("certificate.issued.v1", certificate_id, data)

    def of_certificate(self, kind: str, certificate: Envelope, on: date, **more: str) -> Envelope:
        """`certificate.<kind>.v1` of that day."""
        of = {name: certificate.data[name] for name in ("certificate_id", "number", "person_id")}
        data = {**of, "on": on.isoformat(), "document": "示例〔2026〕1号", "reason": "示例", "ruleset": 1, **more}
        told = self.event(f"certificate.{kind}.v1", certificate.subject, data)
        return replace(told, time=datetime(on.year, on.month, on.day, 1, tzinfo=UTC))

    def revoked(self, certificate: Envelope) -> Envelope:
        of = {name: certificate.data[name] for name in ("certificate_id", "number", "person_id")}
        data = {**of, "on": "2026-03-02", "reason": "以欺骗手段取得证书", "document": "吉市监质〔2026〕8号"}
        return self.event("certificate.revoked.v1", certificate.subject, data)

    def appointment(self, person: Envelope, firm: Envelope) -> Envelope:
        appointment_id = new_id()
        data = {
            "appointment_id": appointment_id,
            "enterprise_id": firm.subject,
            "enterprise_name": firm.data["name"],
            "person_id": person.subject,
            "person_name": person.data["name"],
            "post_id": new_id(),
            "position": "副总经理",
            "decision_level": True,
            "on": "2026-03-02",
            "filing_due_on": "2026-04-01",
            "document": "示例任〔2026〕1号",
            "ruleset": 1,
        }
        return self.event("appointment.made.v1", appointment_id, data)

    def target(self, division: str) -> Envelope:
        target_id = new_id()
        data = {
            "target_id": target_id,
            "division": division,
            "year": 2026,
            "population": "award",
            "percent": 100.0,
            "document": "吉质强省办〔2026〕2号",
            "on": "2026-03-02",
        }
        return self.event("target.set.v1", target_id, data, division)


class MailServer:
    """A real SMTP server: `answers[address]` are given before it says yes; with `stall` its last word never comes."""

    def __init__(self, port: int = 0) -> None:
        self.port = port or free_port()
        self.letters: list[Any] = []
        self.answers: dict[str, list[str]] = {}
        self.connections = 0
        self.stall = False
        self.received = threading.Event()
        self.controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> MailServer:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()
        return self

    def stop(self) -> None:
        if self.controller is not None:
            self.controller.stop()
            self.controller = None

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> Any:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answers = self.answers.get(address)
        if answers:
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=default)
        letter["X-To"] = envelope.rcpt_tos[0]
        self.letters.append(letter)
        self.received.set()
        if self.stall:
            # The letter is kept; the client never hears of it.
            server.transport.pause_reading()
            await server.loop.create_future()
        return f"250 2.0.0 kept as {len(self.letters)}"

    def to(self, address: str) -> list[Any]:
        return [letter for letter in self.letters if letter["X-To"] == address]


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer().start()
    try:
        yield server
    finally:
        server.stop()
