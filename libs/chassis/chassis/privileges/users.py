"""The broker's users: one for each service, which writes to its exchange, reads its queues, and does nothing else.

Where other systems have queues of their own, in a virtual host apart, one service publishes there, and has a second
user by which it makes their queues and users. To make users, RabbitMQ asks for the tag `administrator`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from chassis.privileges.table import Privileges

ADMINISTRATOR = "cqo"
NOTHING = "^$"
EVERYTHING = ".*"
VHOST = "/"
DEFAULT_EXCHANGE = r"^amq\.default$"  # as RabbitMQ calls the exchange that leads to each queue by its name
EXTERNAL = r"^ext\."  # the queues of other systems

Definition: TypeAlias = dict[str, Any]  # Any: texts, and lists of texts, in RabbitMQ's own form
Definitions: TypeAlias = dict[str, list[Definition]]


def definitions(privileges: Privileges, passwords: Mapping[str, str], administrator: str | None = None) -> Definitions:
    """The users and what they may do, in RabbitMQ's form: for `load_definitions`, or `rabbitmqctl import_definitions`.

    `passwords` are those of `names`, by user; `administrator` is the password of the user that declares the topology,
    for whom no service has credentials; None if there is one already. It holds passwords in clear.
    """
    vhosts = [VHOST]
    users = [_user(name, password, *_tags(privileges, name)) for name, password in passwords.items()]
    permissions = [
        _permission(each.role, NOTHING, _one_of(each.writes), _one_of(each.reads))
        for each in privileges.services.values()
    ]
    if administrator is not None:
        users.append(_user(ADMINISTRATOR, administrator, "administrator"))
        permissions.append(_permission(ADMINISTRATOR, EVERYTHING, EVERYTHING, EVERYTHING))
    if (apart := privileges.subscribers) is not None:
        vhosts.append(apart.vhost)
        publisher = privileges.of(apart.publisher).role
        permissions.append(_permission(publisher, NOTHING, DEFAULT_EXCHANGE, NOTHING, apart.vhost))
        permissions.append(_permission(apart.administrator, EXTERNAL, NOTHING, NOTHING, apart.vhost))
    return {"vhosts": [{"name": name} for name in vhosts], "users": users, "permissions": permissions}


def names(privileges: Privileges) -> list[str]:
    """The users whose passwords services have."""
    apart = privileges.subscribers
    return [each.role for each in privileges.services.values()] + ([apart.administrator] if apart else [])


def _tags(privileges: Privileges, name: str) -> tuple[str, ...]:
    apart = privileges.subscribers
    return ("administrator",) if apart and name == apart.administrator else ()


def _user(name: str, password: str, *tags: str) -> Definition:
    return {"name": name, "password": password, "tags": list(tags)}


def _permission(user: str, configure: str, write: str, read: str, vhost: str = VHOST) -> Definition:
    return {"user": user, "vhost": vhost, "configure": configure, "write": write, "read": read}


def _one_of(names: Sequence[str]) -> str:
    """The pattern that matches each of `names` and no other; an empty list matches nothing."""
    return f"^({'|'.join(re.escape(name) for name in names)})$" if names else NOTHING
