"""The broker's users: one for each service, which writes to its exchange, reads its queues, and does nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from chassis.privileges.table import Privileges

ADMINISTRATOR = "cqo"
NOTHING = "^$"
EVERYTHING = ".*"
VHOST = "/"

Definition: TypeAlias = dict[str, Any]  # Any: texts, and lists of texts, in RabbitMQ's own form
Definitions: TypeAlias = dict[str, list[Definition]]


def definitions(privileges: Privileges, passwords: Mapping[str, str], administrator: str | None = None) -> Definitions:
    """The users and what they may do, in RabbitMQ's form: for `load_definitions`, or `rabbitmqctl import_definitions`.

    `passwords` are those of the services' users, by user; `administrator` is the password of the user that declares
    the topology, for whom no service has credentials; None if there is one already. It holds passwords in clear.
    """
    users = [_user(role, password) for role, password in passwords.items()]
    permissions = [
        _permission(each.role, NOTHING, _one_of(each.writes), _one_of(each.reads))
        for each in privileges.services.values()
    ]
    if administrator is not None:
        users.append(_user(ADMINISTRATOR, administrator, "administrator"))
        permissions.append(_permission(ADMINISTRATOR, EVERYTHING, EVERYTHING, EVERYTHING))
    return {"vhosts": [{"name": VHOST}], "users": users, "permissions": permissions}


def _user(name: str, password: str, *tags: str) -> Definition:
    return {"name": name, "password": password, "tags": list(tags)}


def _permission(user: str, configure: str, write: str, read: str) -> Definition:
    return {"user": user, "vhost": VHOST, "configure": configure, "write": write, "read": read}


def _one_of(names: Sequence[str]) -> str:
    """The pattern that matches each of `names` and no other; an empty list matches nothing."""
    return f"^({'|'.join(re.escape(name) for name in names)})$" if names else NOTHING
