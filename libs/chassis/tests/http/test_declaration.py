"""What may be declared of a route: who may call it is always said or left at anyone with a token, never by accident."""

from __future__ import annotations

import pytest

from chassis.http import ANYONE, PUBLIC, HttpEntrypoint, Schema
from chassis.security import Access, RoleGroup


@pytest.mark.parametrize("roles", [(), frozenset(), [], "province", ""], ids=repr)
def test_roles_that_would_open_or_shut_a_route_by_accident_are_refused(roles: object) -> None:
    with pytest.raises(TypeError, match="/items: `roles` names at least one role"):
        HttpEntrypoint("GET", "/items", roles=roles)  # type: ignore[typeddict-item]  # what is refused


def test_a_group_without_roles_shuts_a_route_and_does_not_open_it() -> None:
    route = HttpEntrypoint("GET", "/ops", roles=RoleGroup.OPERATORS)
    route.access = Access(roles=frozenset({"reader"}), groups={})

    assert route.roles == frozenset()
    assert not route.is_public


def test_only_public_asks_for_no_token() -> None:
    assert HttpEntrypoint("GET", "/items", roles=PUBLIC).is_public
    assert not HttpEntrypoint("GET", "/items", roles=ANYONE).is_public
    assert not HttpEntrypoint("GET", "/items").is_public
    assert not HttpEntrypoint("GET", "/items", roles=("public",)).is_public


class Items(Schema):
    pass


def test_routes_share_the_schema_of_a_class() -> None:
    """nameko makes each route twice, and a hundred routes have some thirty schemas: it is a megabyte."""
    one, other = (HttpEntrypoint("POST", f"/{name}", query=Items, returns=Items) for name in ("a", "b"))

    assert isinstance(one.returns, Items)
    assert one.returns is other.returns is other.query
