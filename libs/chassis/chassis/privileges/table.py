"""The table in `deploy/privileges.toml`, read and checked."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OTHERS = "*"  # in [tables]: each table that is not named


class WrongTable(ValueError):
    """The table of privileges is not as it must be; the message says what is wrong, and where."""


@dataclass(frozen=True)
class ServicePrivileges:
    """What one service may reach; the file says what each field means."""

    database: str
    role: str
    owner: str
    writes: tuple[str, ...]
    reads: tuple[str, ...]
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class SubscriberPrivileges:
    """The virtual host in which other systems read queues of their own, and who works there."""

    vhost: str
    publisher: str  # the service that writes to the queues
    administrator: str  # the broker's user by which that service makes queues and users


@dataclass(frozen=True)
class Privileges:
    """The whole table: by service, and by table what any service's role may do with it."""

    services: Mapping[str, ServicePrivileges]
    tables: Mapping[str, tuple[str, ...]]
    subscribers: SubscriberPrivileges | None = None

    def of(self, service: str) -> ServicePrivileges:
        """What `service` may reach; raises WrongTable where it is not in the table."""
        if service not in self.services:
            raise WrongTable(f"{service} is not in the table of privileges, which has {', '.join(self.services)}")
        return self.services[service]

    def on_table(self, table: str) -> tuple[str, ...]:
        """What a service's role may do with `table`, e.g. SELECT, INSERT, UPDATE (hash)."""
        return self.tables.get(table, self.tables[OTHERS])


def load(path: Path) -> Privileges:
    """The table in the file; raises WrongTable, or OSError."""
    try:
        document = tomllib.loads(path.read_text())
        services = {name: _service(name, part) for name, part in document["services"].items()}
        tables = {name: tuple(rights) for name, rights in document["tables"].items()}
        subscribers = SubscriberPrivileges(**document["subscribers"]) if "subscribers" in document else None
    except (tomllib.TOMLDecodeError, WrongTable) as fault:
        raise WrongTable(f"{path}: {fault}") from fault
    except (KeyError, AttributeError, TypeError) as fault:
        raise WrongTable(
            f"{path} must have the parts services.<name> and tables; {fault} is missing or wrong"
        ) from fault
    if OTHERS not in tables:
        raise WrongTable(f'{path}: tables: "{OTHERS}" is missing')
    if subscribers is not None and subscribers.publisher not in services:
        raise WrongTable(f"{path}: subscribers.publisher: {subscribers.publisher} is none of the services")
    return Privileges(services, tables, subscribers)


def _service(name: str, part: Mapping[str, Any]) -> ServicePrivileges:  # Any: texts, and lists of texts
    fields = dataclasses.fields(ServicePrivileges)
    if part.keys() != {field.name for field in fields}:
        wanted = ", ".join(field.name for field in fields)
        raise WrongTable(f"services.{name} has {', '.join(part)}; it must have {wanted}")
    for field in fields:
        if isinstance(part[field.name], str) != (field.type == "str"):
            raise WrongTable(f"services.{name}.{field.name} must be of the type {field.type}")
    # Any: each was compared with its field's type
    values: dict[str, Any] = {key: each if isinstance(each, str) else tuple(each) for key, each in part.items()}
    return ServicePrivileges(**values)
