"""The four APIs, each with something in its database, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openapi_world import Api, start_all

from testkit.secrets import TokenSigner


@pytest.fixture(scope="session")
def apis(
    make_database: Callable[[str], str],
    signer: TokenSigner,
    service_secrets: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Api]]:
    """The APIs by service."""
    folder: Path = tmp_path_factory.mktemp("apis")
    started = start_all(make_database, signer, service_secrets, folder)
    yield started
    for api in started.values():
        api.running.kill()
