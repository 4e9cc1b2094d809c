"""One history for all tests of this folder. The benchmarks are scripts beside one another, and are imported as such."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

ENTERPRISES = 1000


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the benchmarks keep what they need: the secrets with which the history is sealed."""
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="session")
def history(make_database: Callable[[str], str], folder: Path) -> dict[str, str]:
    """The URLs of four databases with five years of a thousand enterprises in them. A test leaves them as they are."""
    import load
    from province.books import SERVICES
    from province.parts import History
    from province.retention import NOTICE_DAYS

    from chassis.process import migrate

    urls = {service: make_database(service) for service in SERVICES}
    migrate.seed("registry", urls["registry"])
    load.fill(History(urls, 1, ENTERPRISES, load.bound(), load.secrets_in(folder / "secrets"), NOTICE_DAYS))
    return urls
