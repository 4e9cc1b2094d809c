"""A register with the shipped divisions in it."""

from __future__ import annotations

import pytest
from registry_world import Register, make_cipher
from sqlalchemy.orm import Session

from chassis.clock import FixedClock
from registry.adapters.personal_data import PersonalDataCipher
from registry.usecases import divisions


@pytest.fixture
def cipher() -> PersonalDataCipher:
    return make_cipher()


@pytest.fixture
def register(session: Session, clock: FixedClock, cipher: PersonalDataCipher) -> Register:
    divisions.seed(session, divisions.shipped(), clock)
    return Register(session, clock, cipher)
