"""The secrets of an installation that has no store of them: made once, with a folder for each who holds some.

    python -m programme.secrets FOLDER --file deploy/privileges.toml --database HOST:PORT --broker HOST:PORT --uid UID

writes into FOLDER, which no service reads:

    signing.jwk        what signs tokens
    passwords/         one file for each password; one that is removed is made anew at the next run
    <service>/         what the service runs with: the files that the table of privileges names, and jwks.json
    <service>-owner/   database_url of the tables' owner, for migrations
    database/          what the database server and the job for its roles need
    broker/            what the broker and the job for its topology need

The local run and docker-compose.yml use it. A file that is there stays, but for what is derived from others.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from joserfc import jwk

from chassis.privileges import Privileges, WrongTable, load, users
from programme.keys import AUDIENCE, ISSUER, Keys, new_signing_key, write_secret

ADMINISTRATOR = "postgres"
# How 0.1.0 named what it kept in the one folder that every service read.
FORMER = {"contact_private_key": "contact_private.jwk"}
FORMER_FILES = (
    *("jwks.json", "pii_key", "pii_index_key", "contact_private.jwk", "contact_public.jwk"),
    *("feed_token", "databases.json", "complete"),
)
FOR_ALL = 0o444  # in folders of which only their holder has a part, whatever number its user has


class Secrets:
    """The secrets in `folder`; the files are given to the user with the number `uid`, -1: ours."""

    def __init__(self, folder: Path, privileges: Privileges, uid: int = -1) -> None:
        self.folder, self.privileges, self.uid = folder, privileges, uid
        self.keys = Keys(folder)
        folder.chmod(0o700)

    def roles(self) -> dict[str, str]:
        """The password of each role of the databases, owners included."""
        services = self.privileges.services.values()
        return {role: self.password("database", role) for each in services for role in (each.owner, each.role)}

    def users(self) -> dict[str, str]:
        """The password of each user of the broker that a service has."""
        return {name: self.password("broker", name) for name in users.names(self.privileges)}

    def password(self, server: str, name: str) -> str:
        """The password of `name` at `server` (`database` or `broker`), made at the first use."""
        path = self._password_file(server, name)
        if not path.exists():
            write_secret(path, secrets.token_urlsafe(24))
        return path.read_text()

    def keep_password(self, server: str, name: str, password: str) -> None:
        """Keeps the password that `name` has at `server` already."""
        write_secret(self._password_file(server, name), password)

    def write_owners(self, database: str) -> None:
        """Writes what the migrations of each service are given; the database server is reached at `database`."""
        for service, each in self.privileges.services.items():
            url = postgres_url(database, each.owner, self.password("database", each.owner), each.database)
            self._holder(f"{service}-owner")
            self._write(self.owner_file(service), url)

    def owner_file(self, service: str) -> Path:
        """The file with the URL of the owner of the tables of `service`."""
        return self.folder / f"{service}-owner" / "database_url"

    def write(self, database: str, broker: str, management: str = "") -> None:
        """Writes what each service is given; the servers are reached at `database` and `broker`, each host:port.

        `management` is the broker's HTTP API, host:port; without one no other system gets a queue.
        """
        makers = self._makers(database, broker, management)
        for service, each in self.privileges.services.items():
            holder = self._holder(service)
            self._write(holder / "jwks.json", self.keys.jwks)
            if unknown := set(each.secrets) - makers.keys():
                raise WrongTable(f"services.{service}.secrets: nobody can make {', '.join(sorted(unknown))}")
            for name in each.secrets:
                if secret := makers[name](service):
                    self._write(holder / name, secret)
                else:
                    (holder / name).unlink(missing_ok=True)
        for name in FORMER_FILES:
            (self.folder / name).unlink(missing_ok=True)

    def write_servers(self, database: str, broker: str) -> None:
        """Writes what the two servers themselves, and the jobs that prepare them, are given."""
        administrator = self.password("database", ADMINISTRATOR)
        holder = self._holder("database", 0o755)
        self._write(holder / "admin_password", administrator, FOR_ALL)
        self._write(holder / "admin_url", postgres_url(database, ADMINISTRATOR, administrator, "postgres"), FOR_ALL)
        self._write(holder / "roles.json", json.dumps(self.roles()), FOR_ALL)
        holder = self._holder("broker", 0o755)
        password = self.password("broker", users.ADMINISTRATOR)
        known = users.definitions(self.privileges, self.users(), administrator=password)
        self._write(holder / "users.json", json.dumps(known), FOR_ALL)
        self._write(holder / "amqp_url", amqp_url(broker, users.ADMINISTRATOR, password), FOR_ALL)

    def environment(self, service: str) -> dict[str, str]:
        """The settings by which a process of `service` finds what is its own."""
        return {
            "CQO_SECRETS": str(self.folder / service),
            "CQO_JWKS": str(self.folder / service / "jwks.json"),
            "CQO_TOKEN_ISSUER": ISSUER,
            "CQO_TOKEN_AUDIENCE": AUDIENCE,
        }

    def _makers(self, database: str, broker: str, management: str) -> Mapping[str, Callable[[str], str]]:
        """For each secret, what gives it to a service; an empty one is not written."""
        services, apart = self.privileges.services, self.privileges.subscribers

        def database_url(service: str) -> str:
            each = services[service]
            return postgres_url(database, each.role, self.password("database", each.role), each.database)

        def subscribers_amqp_url(service: str) -> str:
            if apart is None or not management:
                return ""
            user = services[service].role
            return amqp_url(broker, user, self.password("broker", user)) + apart.vhost

        def subscribers_management_url(service: str) -> str:
            if apart is None or not management:
                return ""
            password = quote(self.password("broker", apart.administrator), safe="")
            return f"http://{apart.administrator}:{password}@{management}"

        def contact_public_key(service: str) -> str:
            return json.dumps(jwk.import_key(json.loads(self._contact_key())).as_dict(private=False))

        return {
            "database_url": database_url,
            "amqp_url": lambda service: amqp_url(
                broker, services[service].role, self.password("broker", services[service].role)
            ),
            "feed_token": self.keys.feed_token,
            "audit_key": lambda service: self._kept(service, "audit_key", _signing_keys),
            "certificate_key": lambda service: self._kept(service, "certificate_key", _signing_keys),
            "pii_key": lambda service: self._kept(service, "pii_key", _random_key),
            "pii_index_key": lambda service: self._kept(service, "pii_index_key", _random_key),
            "notice_key": lambda service: self._kept(service, "notice_key", _random_key),
            "contact_private_key": lambda service: self._contact_key(),
            "contact_public_key": contact_public_key,
            "subscribers_amqp_url": subscribers_amqp_url,
            "subscribers_management_url": subscribers_management_url,
        }

    def _contact_key(self) -> str:
        """The private key of the service that opens contact points."""
        (holder,) = (name for name, each in self.privileges.services.items() if "contact_private_key" in each.secrets)
        return self._kept(holder, "contact_private_key", _contact_key)

    def _kept(self, service: str, name: str, make: Callable[[], str]) -> str:
        """What `service` has under `name`; else what 0.1.0 had for all, and encrypted its data with; else a new one."""
        path = self._holder(service) / name
        former = self.folder / FORMER.get(name, name)
        if not path.exists():
            self._write(path, former.read_text() if former.exists() else make())
        return path.read_text()

    def _password_file(self, server: str, name: str) -> Path:
        folder = self.folder / "passwords"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / f"{server}.{name}"

    def _holder(self, name: str, mode: int = 0o700) -> Path:
        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(mode)
        os.chown(folder, self.uid, -1)
        return folder

    def _write(self, path: Path, content: str, mode: int = 0o400) -> None:
        write_secret(path, content, self.uid, mode)


def postgres_url(address: str, role: str, password: str, database: str) -> str:
    """The URL by which `role` reaches `database` at `address`, host:port."""
    return f"postgresql://{role}:{quote(password, safe='')}@{address}/{database}"


def amqp_url(address: str, user: str, password: str) -> str:
    """The URL by which `user` reaches the broker at `address`, host:port."""
    return f"amqp://{user}:{quote(password, safe='')}@{address}/"


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _signing_keys() -> str:
    return json.dumps({"keys": [new_signing_key().as_dict(private=True)]})


def _contact_key() -> str:
    key = jwk.ECKey.generate_key("P-256", {"use": "enc"}, private=True, auto_kid=True)
    return json.dumps(key.as_dict(private=True))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m programme.secrets", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--file", type=Path, required=True, help="the table of privileges, deploy/privileges.toml")
    parser.add_argument("--database", required=True, help="host:port at which services reach the database server")
    parser.add_argument("--broker", required=True, help="host:port at which services reach the broker")
    parser.add_argument(
        "--management", default="", help="host:port of the broker's HTTP API; without it no other system gets a queue"
    )
    parser.add_argument(
        "--uid", type=int, default=-1, help="the number of the user that services run as; default: ours"
    )
    options = parser.parse_args(arguments)
    try:
        made = Secrets(options.folder, load(options.file), options.uid)
        # A server that was set up before has this password already.
        if given := os.environ.get("CQO_DB_PASSWORD_ADMIN"):
            made.keep_password("database", ADMINISTRATOR, given)
        made.write_owners(options.database)
        made.write(options.database, options.broker, options.management)
        made.write_servers(options.database, options.broker)
    except (OSError, WrongTable) as fault:
        sys.stderr.write(f"secrets: {fault}\n")
        return 1
    sys.stdout.write(f"secrets: complete in {options.folder}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
