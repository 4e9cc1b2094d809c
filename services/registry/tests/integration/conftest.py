"""A register with the shipped divisions in it."""

from __future__ import annotations

import pytest
from registry_world import Register, make_vault
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from registry.sealing import Vault
from registry.usecases import divisions


@pytest.fixture
def vault() -> Vault:
    return make_vault()


@pytest.fixture
def register(session: Session, clock: FixedClock, vault: Vault) -> Register:
    divisions.seed(session, divisions.shipped(), clock)
    return Register(session, clock, vault)
