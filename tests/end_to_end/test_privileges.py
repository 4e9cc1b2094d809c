"""The credentials that the running services were given, tried against everything: only their own works.

What is their own stands in deploy/privileges.toml. The figures are printed after the tests.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import psutil
import psycopg
import pytest
from privilege_probes import (
    FORBIDDEN_STATEMENTS,
    BrokerProbe,
    Credentials,
    Matrix,
    credentials_of,
    is_public,
    may_connect,
    may_open,
    passwords_in,
    secrets_reached,
    statements_allowed,
)

from chassis import privileges
from chassis.broker import topology
from chassis.privileges import Privileges, users
from cqolocal import paths
from cqolocal.names import SERVICES
from cqolocal.system import System
from notifications.adapters.amqp.management import Management
from notifications.adapters.amqp.provisioning import new_password
from testkit import wait_for

TABLE = privileges.load(paths.PRIVILEGES)
TOPOLOGY = topology.load(paths.TOPOLOGY)
EXCHANGES = [each["name"] for each in TOPOLOGY["exchanges"]] + ["", "amq.topic", "amq.fanout", topology.COMPLETE]
QUEUES = [each["name"] for each in TOPOLOGY["queues"]]
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
TABLES = (
    "SELECT c.oid::regclass::text AS name, array(SELECT r FROM unnest(%s::text[]) AS r "
    "WHERE has_table_privilege(%s, c.oid, r)) AS rights FROM pg_class AS c "
    "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition"
)
# A function that runs with its owner's rights looks names up where its caller can't put others.
LOOSE_FUNCTIONS = (
    "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef "
    "AND NOT coalesce(array_to_string(proconfig, ' ') ~ 'search_path=', false)"
)

SUBSCRIPTION = (
    "INSERT INTO subscription (id, version, name, subscriber, contact_email, legal_basis, purpose, ends_on, types, "
    "fields, way, target, pseudonym_key, state, entered_by, entered_at) VALUES (%(id)s, 1, '', 'x', '', '', '', "
    "%(today)s, '{}', '{}', 'amqp', '{}', '', 'approved', '', now())"
)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole system as `./cqo up` starts it."""
    system = System(tmp_path_factory.mktemp("privileges") / "run", print, management=True)
    try:
        system.start()
        yield system
    finally:
        system.stop()
        if system.postgres is not None:
            system.postgres.remove()


@pytest.fixture(scope="module")
def credentials(system: System) -> list[Credentials]:
    """Read from the running processes themselves."""
    return [credentials_of(service, psutil.Process(system.supervisor[service]).environ()) for service in SERVICES]


@pytest.fixture
def matrix(report: Callable[[object], None]) -> Iterator[Matrix]:
    """Filled by a test; at its end nothing in it may be otherwise than it should be."""
    matrix = Matrix()
    yield matrix
    report(matrix)
    assert matrix.tried and not matrix.wrong, "\n".join(matrix.wrong)


@pytest.fixture
def admin(system: System) -> Iterator[psycopg.Connection]:
    assert system.postgres is not None
    with psycopg.connect(system.postgres.url) as connection:
        yield connection


def test_a_service_connects_to_its_own_database_and_changes_no_schema_and_no_audit_entry(
    credentials: list[Credentials], admin: psycopg.Connection, matrix: Matrix
) -> None:
    databases = [name for (name,) in admin.execute("SELECT datname FROM pg_database WHERE datallowconn")]
    for own in credentials:
        for database in databases:
            is_own = database == TABLE.of(own.service).database
            matrix.enter("connect", own.service, database, may_connect(own.database_url, database), is_own)
        for name, allowed in statements_allowed(own.database_url, FORBIDDEN_STATEMENTS).items():
            matrix.enter("statement", own.service, name, allowed, False)


def test_a_service_may_do_with_each_table_what_the_table_of_privileges_says(
    credentials: list[Credentials], system: System, matrix: Matrix
) -> None:
    assert system.postgres is not None
    for own in credentials:
        each = TABLE.of(own.service)
        with psycopg.connect(system.postgres.url_of(each.database, "postgres", system.postgres.password)) as admin:
            for table, rights in admin.execute(TABLES, (list(RIGHTS), each.role)).fetchall():
                for right in RIGHTS:
                    matrix.enter(
                        "right", own.service, f"{right} {table}", right in rights, right in TABLE.on_table(table)
                    )
            assert admin.execute(LOOSE_FUNCTIONS).fetchall() == [], "each sets its search_path"


def test_a_service_publishes_to_its_own_exchange_and_reads_its_own_queues(
    credentials: list[Credentials], matrix: Matrix
) -> None:
    for own in credentials:
        each = TABLE.of(own.service)
        probe = BrokerProbe(own.amqp_url)
        for exchange in EXCHANGES:
            matrix.enter("publish", own.service, exchange, probe.may_publish(exchange), exchange in each.writes)
        for queue in QUEUES:
            matrix.enter("read", own.service, queue, probe.may_read(queue), queue in each.reads)
            matrix.enter("consume", own.service, queue, probe.may_consume(queue), queue in each.reads)
            matrix.enter("delete", own.service, queue, probe.may_delete(queue), False)
            for exchange in EXCHANGES:
                matrix.enter("bind", own.service, f"{queue} to {exchange}", probe.may_bind(queue, exchange), False)
        for what, allowed in probe.may_declare().items():
            matrix.enter("declare", own.service, what, allowed, False)
        probe.close()


def test_a_service_finds_its_own_secrets_and_neither_anothers_nor_the_signing_key(
    credentials: list[Credentials], system: System, matrix: Matrix
) -> None:
    folder = system.folder / "secrets"
    signing_key = json.loads((folder / "signing.jwk").read_text())["d"]
    reached = {own.service: secrets_reached(own.environ, folder) for own in credentials}
    passwords = {own.service: passwords_in(own.environ, reached[own.service]) for own in credentials}
    for own in credentials:
        files = {file.name for file in reached[own.service].values() if not is_public(file.read_text())}
        wanted = {name for name in TABLE.of(own.service).secrets if name != "contact_public_key"}
        for name in files | wanted:
            matrix.enter("secret", own.service, name, name in files, name in wanted)
        for other in set(SERVICES) - {own.service}:
            common = [file for text, file in reached[own.service].items() if text in reached[other]]
            shared = [file.name for file in common if not is_public(file.read_text())]
            matrix.enter("share", own.service, f"{shared} with {other}", bool(shared), False)
            has_password = bool(passwords[own.service] & passwords[other])
            matrix.enter("share", own.service, f"a password with {other}", has_password, False)
        has_key = any(signing_key in text for text in [*reached[own.service], *own.environ.values()])
        matrix.enter("secret", own.service, "the signing key", has_key, False)


def test_another_systems_user_reads_its_own_queue_and_does_nothing_else(system: System, matrix: Matrix) -> None:
    """The running worker makes it; it does not get into the services' virtual host either."""
    assert system.broker is not None and system.postgres is not None
    apart, made = TABLE.subscribers, {name: new_password() for name in ("one", "other")}
    assert apart is not None
    with psycopg.connect(system.postgres.url_of("notifications", "postgres", system.postgres.password)) as database:
        for name, password in made.items():
            database.execute(SUBSCRIPTION, {"id": name, "today": date.today()})
            database.execute("INSERT INTO subscriber_queue VALUES (%s, %s, now())", (name, password.hash))
    management = Management(system.broker.management_url_of(apart.administrator), apart.vhost)
    wait_for(lambda: management.permissions().keys() >= {"ext.one", "ext.other"}, 30)
    user = f"ext.one:{made['one'].text}@{system.broker.address}"
    for vhost in (users.VHOST, apart.vhost, "nowhere"):
        allowed = may_open(f"amqp://{user}/{vhost.strip('/')}")
        matrix.enter("open", "subscriber", vhost, allowed, vhost == apart.vhost)
    probe = BrokerProbe(f"amqp://{user}/{apart.vhost}")
    for queue in ("ext.one", "ext.other"):
        matrix.enter("read", "subscriber", queue, probe.may_read(queue), queue == "ext.one")
        matrix.enter("consume", "subscriber", queue, probe.may_consume(queue), queue == "ext.one")
        matrix.enter("delete", "subscriber", queue, probe.may_delete(queue), False)
        for exchange in ("amq.topic", "amq.fanout"):
            matrix.enter("bind", "subscriber", f"{queue} to {exchange}", probe.may_bind(queue, exchange), False)
    for exchange in ("", "amq.topic", "amq.fanout"):
        matrix.enter("publish", "subscriber", exchange, probe.may_publish(exchange), False)
    for what, allowed in probe.may_declare().items():
        matrix.enter("declare", "subscriber", what, allowed, False)
    probe.close()


def test_a_service_gets_into_the_subscribers_virtual_host_only_if_it_fills_their_queues(
    credentials: list[Credentials], matrix: Matrix
) -> None:
    apart = TABLE.subscribers
    assert apart is not None
    for own in credentials:
        url = f"{own.amqp_url.rstrip('/')}/{apart.vhost}"
        matrix.enter("open", own.service, apart.vhost, may_open(url), own.service == apart.publisher)


def test_the_topology_is_not_a_services_to_declare(
    credentials: list[Credentials], capsys: pytest.CaptureFixture[str]
) -> None:
    for own in credentials:
        assert topology.main(["apply", "--amqp", own.amqp_url, "--file", str(paths.TOPOLOGY)]) == 1
        assert "its administrator's to declare" in capsys.readouterr().err


def test_folders_of_secrets_and_what_is_in_them_are_their_owners_alone(system: System, matrix: Matrix) -> None:
    folder = system.folder / "secrets"
    for path in [folder, *folder.rglob("*")]:
        open_to_others = bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
        matrix.enter("mode", str(path.relative_to(folder)), "access by others", open_to_others, False)


def test_each_exchange_and_each_queue_of_the_topology_is_one_services_own() -> None:
    writers = [exchange for each in TABLE.services.values() for exchange in each.writes]
    readers = [queue for each in TABLE.services.values() for queue in each.reads]
    of_the_broker = {"cqo.unrouted", "cqo.dead"}

    assert sorted(writers) == sorted({each["name"] for each in TOPOLOGY["exchanges"]} - of_the_broker)
    assert sorted(readers) == sorted(set(QUEUES) - of_the_broker)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("", "the parts services.<name> and tables"),
        ("[services.a]\nrole = 'a'\n[tables]\n", "services.a has role; it must have database, role, owner"),
        ("[services]\n[tables]\nx = ['SELECT']\n", 'tables: "*" is missing'),
        ("[services.a\n", "privileges.toml"),
    ],
)
def test_a_table_of_privileges_that_is_wrong_says_where(tmp_path: Path, spoil: str, told: str) -> None:
    path = tmp_path / "privileges.toml"
    path.write_text(spoil)

    with pytest.raises(privileges.WrongTable) as fault:
        privileges.load(path)
    assert told in str(fault.value)


def test_a_service_that_is_not_in_the_table_has_no_privileges() -> None:
    with pytest.raises(privileges.WrongTable, match="billing is not in the table"):
        Privileges(TABLE.services, TABLE.tables).of("billing")
