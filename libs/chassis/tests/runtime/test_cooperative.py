"""Waiting for the database in a process of greenlets: others run, and no end of a wait leaves a connection in doubt."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHILD = Path(__file__).with_name("patched_child.py")


@pytest.fixture(scope="module")
def found(make_database: Callable[[str], str]) -> Any:
    """What the child found."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", str(CHILD), make_database("pilot")]
    child = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert child.returncode == 0, child.stderr[-3000:]
    return json.loads(child.stdout)


def test_others_run_while_one_waits(found: Any) -> None:
    assert found["others_run"] > 10


def test_a_connection_that_the_server_ends_in_mid_statement_is_told_as_an_unavailable_database(found: Any) -> None:
    assert found["ended_in_mid_statement"]


def test_a_statement_over_its_time_leaves_its_connection_fit_for_the_next(found: Any) -> None:
    assert found["timed_out"]


def test_a_wait_that_is_given_up_closes_its_connection_and_ends_the_statement(found: Any) -> None:
    assert found["given_up"] == {"another connection": True, "nobody waits": True}


def test_a_compiled_query_that_is_given_up_closes_its_connection_too(found: Any) -> None:
    assert found["query_given_up"]


def test_a_connection_that_ended_in_the_pool_is_replaced_without_asking_the_server(found: Any) -> None:
    assert found["found_ended"] == {"another connection": True, "one statement": True}


def test_a_statement_larger_than_the_kernel_takes_at_once_goes_through(found: Any) -> None:
    assert found["large"]


def test_a_closed_connection_says_so(found: Any) -> None:
    assert found["closed"]
