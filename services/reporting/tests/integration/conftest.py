"""Fixtures of the reporting service's integration tests."""

from __future__ import annotations

import pytest
from reporting_world import Chronicle

from chassis.messaging.inbox.applying import Applier, handlers_of
from reporting.worker import Worker


@pytest.fixture
def chronicle():
    return Chronicle()


@pytest.fixture
def applier():
    """What the worker's inbox applies events with: its own handlers, its own schemas."""
    return Applier(handlers_of(Worker()))


@pytest.fixture
def apply(session, applier, chronicle):
    """`apply(*events)`: has the events applied as one batch; the divisions are there already."""

    def apply(*events):
        return applier.apply(session, events)

    for placed in chronicle.tree():
        apply(placed)
    return apply
