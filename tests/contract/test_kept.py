"""Every kind of aggregate that a service reads says what is kept of it, for when its publisher is put back."""

from __future__ import annotations

import importlib

import pytest

from chassis.messaging.inbox.agreement import kinds_of
from chassis.messaging.inbox.applying import handled_types
from programme.tables import division
from reporting.handlers.kept import KEPT
from reporting.storage import READ_MODELS, TOTALS


@pytest.mark.parametrize("service", ["registry", "training", "notifications", "reporting"])
def test_a_service_says_what_it_keeps_of_each_kind_that_it_reads(service: str) -> None:
    worker = importlib.import_module(f"{service}.worker").Worker

    assert sorted(worker.kept) == kinds_of(handled_types(worker))
    assert all(kept.copies or kept.stays for kept in worker.kept.values())


def test_what_reporting_adds_up_can_be_taken_out_of_its_sums() -> None:
    added_up = {kind for kind, kept in KEPT.items() if kept.copies} - {"division"}

    assert {kind for kind, kept in KEPT.items() if kept.forget is not None} == added_up


def test_what_reporting_keeps_are_its_read_models() -> None:
    kept = {rows.table.name for each in KEPT.values() for rows in each.copies}

    assert kept == {table.name for table in READ_MODELS if table not in TOTALS} | {division.name}
