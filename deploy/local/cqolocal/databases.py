"""The embedded server's databases, as a failing network treats them."""

from __future__ import annotations

import random
from collections.abc import Sequence

import psycopg


def kill_connection(admin_url: str, roles: Sequence[str]) -> bool:
    """Ends one connection of one of `roles`, chosen at random; False if there was none."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE usename = ANY(%s)"
        rows = connection.execute(query, [list(roles)]).fetchall()
        if not rows:
            return False
        connection.execute("SELECT pg_terminate_backend(%s)", [random.choice(rows)[0]])
        return True
