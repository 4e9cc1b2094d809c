"""A bare nameko service with the three routes that are measured: as somebody writes it who knows nameko and psycopg.

python over_http_bare.py DATABASE PORT; the keys in the environment, as registry has them
"""

import base64
import contextlib
import hashlib
import json
import os
import socket
import sys
import uuid
from datetime import UTC, date, datetime

os.environ["PSYCOPG_WAIT_FUNC"] = "wait_select"

import eventlet

eventlet.monkey_patch()

import psycopg  # noqa: E402
from eventlet.queue import LifoQueue  # noqa: E402
from nameko.extensions import DependencyProvider  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from nameko.web.handlers import HttpRequestHandler  # noqa: E402
from nameko.web.server import WebServer  # noqa: E402
from psycopg.rows import dict_row  # noqa: E402
from psycopg.types.json import Jsonb  # noqa: E402
from werkzeug.wrappers import Response  # noqa: E402

from chassis.settings import load  # noqa: E402
from registry.adapters.personal_data import PersonalDataCipher, masked  # noqa: E402
from registry.config import Settings  # noqa: E402
from registry.domain.contact import ContactPoints  # noqa: E402
from registry.schemas import NewEnterprise  # noqa: E402

DATABASE, PORT = sys.argv[1:]
CONNECTIONS = 10
NEW = NewEnterprise()
COLUMNS = (
    "id, version, division, uscc, name, industry, above_threshold, award_contender, brand_contender, "
    "legal_representative, responsible_person, registered_on"
)
LATER = ("deregistered_on", "successor_id")  # of no enterprise that is registered just now
OWN = ", ".join(f"enterprise.{name}" for name in (*COLUMNS.split(", "), *LATER))
SHOWN = f"SELECT {OWN}, contact.phone, contact.email FROM enterprise LEFT JOIN contact ON contact.id = enterprise.id"
ONE = f"{SHOWN} WHERE enterprise.id = %s"
LIST = f"{SHOWN} ORDER BY enterprise.id LIMIT 51"
INSERT = {
    "enterprise": f"INSERT INTO enterprise ({COLUMNS}) VALUES (%s, 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
    "contact": "INSERT INTO contact (id, version, owner_kind, division, phone, email) VALUES (%s, 1, %s, %s, %s, %s)",
    "outbox": (
        "INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, division, "
        "correlation_id, occurred_at) VALUES (%s, %s, %s, 1, %s, %s, %s, %s, %s), "
        "(%s, %s, %s, 1, %s, %s, %s, %s, %s)"
    ),
    "audit": "INSERT INTO audit_log (at, actor, role, action, subject, entry) VALUES (%s, %s, %s, %s, %s, %s)",
    "idempotency": (
        "INSERT INTO idempotency (key, caller, fingerprint, status, body, headers, created_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, now())"
    ),
}


class Web(WebServer):
    """nameko's server; what is accepted has no Nagle's algorithm, as Linux inherits it from the listening socket."""

    def start(self):
        super().start()
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Handler(HttpRequestHandler):
    server = Web()


http = Handler.decorator


class Pool(DependencyProvider):
    """The connections, each lent to one handler at a time."""

    def setup(self):
        self.free = LifoQueue()
        for _ in range(CONNECTIONS):
            self.free.put(psycopg.connect(DATABASE, autocommit=True, row_factory=dict_row))

    def get_dependency(self, worker_ctx):
        return self

    @contextlib.contextmanager
    def connection(self):
        connection = self.free.get()
        try:
            yield connection
        finally:
            self.free.put(connection)


class Cipher(DependencyProvider):
    """The keys, as registry has them: what is stored is sealed, what is shown masked."""

    def setup(self):
        self.cipher = PersonalDataCipher.from_settings(load(Settings, "registry"))

    def get_dependency(self, worker_ctx):
        return self.cipher


def plain(value):
    return value.isoformat() if isinstance(value, date) else str(value)


def encode(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=plain)


def answer(value, status=200):
    return Response(encode(value), status=status, content_type="application/json")


class Enterprises:
    name = "bare"
    pool = Pool()
    cipher = Cipher()

    @http("GET", "/enterprises/<enterprise_id>")
    def get_one(self, request, enterprise_id):
        with self.pool.connection() as connection:
            found = connection.execute(ONE, [enterprise_id]).fetchone()
        return answer(self.shown(found))

    @http("GET", "/enterprises")
    def get_list(self, request):
        with self.pool.connection() as connection:
            *found, _ = connection.execute(LIST).fetchall()
        cursor = encode(["id", found[-1]["id"]]).encode()
        return answer(
            {
                "items": [self.shown(each) for each in found],
                "next": base64.urlsafe_b64encode(cursor).rstrip(b"=").decode(),
            }
        )

    @http("POST", "/enterprises")
    def register(self, request):
        raw = request.get_data()
        given = NEW.load(json.loads(raw))
        enterprise_id, now = str(uuid.uuid4()), datetime.now(UTC)
        points = ContactPoints(given.phone, given.email)
        sealed = self.cipher.seal_contact(enterprise_id, points)
        facts = {name: value for name, value in vars(given).items() if name not in ("phone", "email")}
        stored = {"id": enterprise_id, "version": 1, **facts}
        made = answer(stored | dict.fromkeys(LATER) | vars(masked(points)), 201)
        announced = {"enterprise_id": enterprise_id, **facts, "on": now.date()}
        announced.pop("registered_on")
        changed = {"owner_kind": "enterprise", "owner_id": enterprise_id, "jwe": sealed.jwe}
        correlation = str(uuid.uuid4())

        def event(kind, data):
            aggregate, _, _ = kind.partition(".")
            named = (uuid.uuid4(), aggregate, enterprise_id, kind)
            return (*named, Jsonb(data, encode), given.division, correlation, now)

        entry = {"at": now, "actor": "caller", "role": "province", "action": "enterprise.registered"}
        entry |= {"subject": enterprise_id}
        kept = encode(entry | {"details": {"uscc": given.uscc}, "token": None})
        key = request.headers["Idempotency-Key"]
        columns = [stored[name.strip()] for name in COLUMNS.split(",") if name.strip() != "version"]
        with self.pool.connection() as connection, connection.transaction():
            connection.execute(INSERT["enterprise"], columns)
            connection.execute(
                INSERT["contact"], [enterprise_id, "enterprise", given.division, sealed.phone, sealed.email]
            )
            connection.execute(
                INSERT["outbox"],
                [*event("enterprise.registered.v1", announced), *event("contact.changed.v1", changed)],
            )
            connection.execute(INSERT["audit"], [*entry.values(), kept])
            connection.execute(
                INSERT["idempotency"],
                [key, "caller", hashlib.sha256(raw).hexdigest(), 201, made.get_data(), Jsonb(dict(made.headers))],
            )
        return made

    def shown(self, row):
        return row | vars(self.cipher.masked_points(row["id"], row["phone"], row["email"]))


if __name__ == "__main__":
    runner = ServiceRunner({"WEB_SERVER_ADDRESS": f"127.0.0.1:{PORT}"})
    runner.add_service(Enterprises)
    runner.start()
    runner.wait()
