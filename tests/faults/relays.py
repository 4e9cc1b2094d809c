"""Who leads among the relays of the author."""

from __future__ import annotations

from messaging_world import World
from sqlalchemy import text
from sqlalchemy.engine import make_url


def leaders(world: World) -> list[str]:
    """The roles by which relays of the author hold the leader's lock."""
    query = (
        "SELECT usename FROM pg_locks JOIN pg_stat_activity USING (pid) "
        "WHERE locktype = 'advisory' AND granted AND datname = current_database() "
        "AND objsubid = 1 AND objid::bigint = hashtext('cqo.relay')::bigint & 4294967295"
    )
    return [row.usename for row in world.ask(world.author, query)]


def make_role(world: World, role: str) -> str:
    """A superuser of that name, with the password of the tests' own."""
    password = make_url(world.author_url).password
    with world.author.begin() as connection:
        connection.execute(text(f"DROP ROLE IF EXISTS {role}"))
        connection.execute(text(f"CREATE ROLE {role} SUPERUSER LOGIN PASSWORD '{password}'"))
    return role
