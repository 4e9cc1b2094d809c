"""Role × division × endpoint: nobody sees or changes what is not theirs, in any operation of the four documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from matrix import NEUTRAL, Matrix, names_in, operations_of
from matrix_objects import FILL, park
from matrix_register import KEPT_FROM
from matrix_world import TODAY, World, callers, move_to, sides
from openapi_world import SERVICES, Api, publish, start

from testkit.secrets import TokenSigner

# What is public by the programme's rules.
MAY_SHOW = {
    "list_campaigns": "campaigns are public (R51)",
    "list_honours": "honours are public (R52)",
    "list_practices": "the library of good practice is public (R53)",
    "search_pool": "the pool is offered to all enterprises, with masked names and no contact points (R23)",
    "list_audit": "the audit log is the province's, and an auditor reads it whole",
    "list_parked": "operators keep the whole system running; the role ops sees no data of an event",
    "get_parked": "the same",
}
# What answers though the object is foreign, and shows nothing of it.
MAY_ANSWER = {
    "get_division": "the tree is public",
    "enter_participants": "a bureau enters the CQOs of its own firms in a campaign of whomever",
    "ask_for_contact": "whoever is in the pool may be asked for (R23)",
    "replay": "operators keep the whole system running",
    "skip": "operators keep the whole system running",
    "replay_all": "operators keep the whole system running",
}


@pytest.fixture(scope="module")
def worlds(
    make_database: Callable[[str], str],
    signer: TokenSigner,
    service_secrets: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, World]]:
    """The APIs by service, with the objects of all sides in each."""
    folder: Path = tmp_path_factory.mktemp("matrix")
    offset = folder / "offset"
    move_to(offset, TODAY)
    apis = start(make_database, signer, {**service_secrets, "clock_offset_file": str(offset)}, folder)
    try:
        yield filled(apis, signer, offset)
    finally:
        for api in apis.values():
            api.running.kill()


def filled(apis: dict[str, Api], signer: TokenSigner, offset: Path) -> dict[str, World]:
    """The worlds of these APIs, once all sides have their objects there."""
    all_sides, found = sides(), {}
    for service, api in apis.items():
        api.running.wait_until_ready()
        found[service] = World(api, signer, offset, all_sides)
        FILL[service](found[service], all_sides)
        with found[service].session() as session, session.begin():
            for side in all_sides:
                park(session, side)
        publish(api)
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_gets_at_what_is_not_theirs(worlds: dict[str, World], service: str) -> None:
    world = worlds[service]
    own, neighbour, other = world.sides
    everybody = callers(own, neighbour, other)
    tally = Matrix(world, own, everybody, frozenset(MAY_SHOW), frozenset(MAY_ANSWER), KEPT_FROM).run()
    print(
        f"\n{service}: {tally.operations} operations × {len(everybody) + 1} callers: {tally.requests} requests, "
        f"{tally.refused} to be refused, {tally.foreign} about foreign objects, {tally.lists} lists searched; "
        f"own: {dict(sorted(tally.statuses.items()))}; leaks {len(tally.leaks)}"
    )

    assert not tally.leaks, "\n".join(tally.leaks[:20])
    tried = {operation["operationId"] for _, _, operation in operations_of(world)}
    assert tried - tally.reached == set(), "nobody gets past the door of these, so they are not tried"
    assert (MAY_SHOW.keys() & tried) - tally.open == set(), "these show nothing, so they need not be allowed to"


@pytest.mark.parametrize("service", SERVICES)
def test_each_parameter_of_an_address_names_an_object_of_each_side(worlds: dict[str, World], service: str) -> None:
    world = worlds[service]
    named = {name for _, _, operation in operations_of(world) for name in names_in(operation)}

    for side in (world.sides[0], world.sides[2]):
        assert named - {"name", *NEUTRAL} - side.known.keys() == set(), side.mark
