"""The sample service on fresh databases, and the issuer whose tokens it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sample_process import Issuer, Sample, engine_of
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    issuer = Issuer(tmp_path_factory.mktemp("issuer") / "jwks.json")
    issuer.publish(issuer.ed25519, issuer.rsa)
    return issuer


@pytest.fixture
def database_url(make_database: Callable[[str], str]) -> str:
    """A fresh database of the sample."""
    return make_database("sample")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = engine_of(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def session(shared_engine: Callable[[str], Engine]) -> Iterator[Session]:
    """A session on a database that all such tests share; what it does is rolled back."""
    with shared_engine("sample").connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


@pytest.fixture(scope="session")
def shared_sample(
    make_database: Callable[[str], str], issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sample]:
    """One sample for all tests that leave it running."""
    sample = Sample(make_database("sample"), issuer, tmp_path_factory.mktemp("sample"))
    sample.service.start()
    yield sample
    sample.close()


@pytest.fixture
def sample(shared_sample: Sample) -> Sample:
    """The shared sample, with no items."""
    with shared_sample.engine.begin() as connection:
        connection.execute(text("DELETE FROM item; DELETE FROM idempotency"))
    return shared_sample


@pytest.fixture
def own_sample(database_url: str, issuer: Issuer, tmp_path: Path) -> Iterator[Sample]:
    """A sample of the test's own, which may be killed."""
    sample = Sample(database_url, issuer, tmp_path)
    sample.service.start()
    yield sample
    sample.close()
