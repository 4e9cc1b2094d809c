"""A service that can't be configured says everything that is wrong, once, and does not start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from pilot.config import Settings

from chassis.settings import ConfigurationError, load


def run(**environ: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("CQO_")}
    own["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-m", "chassis.main", "pilot"]
    return subprocess.run(command, env={**own, **environ}, capture_output=True, text=True, timeout=30)


def test_all_violations_of_a_configuration_are_named_at_once() -> None:
    ended = run(CQO_THRESHOLD="three", CQO_HTTP_PORT_PILOT="eighty", CQO_CLOCK_OFFSET_FILE="/tmp/offset")

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    for violation in (
        "CQO_DATABASE_URL",
        "CQO_AMQP_URL",
        "CQO_JWKS",
        "CQO_THRESHOLD",
        "CQO_HTTP_PORT",
        "move the clock",
    ):
        assert violation in ended.stderr


def test_what_a_secret_holds_is_in_no_message() -> None:
    with pytest.raises(ConfigurationError) as fault:
        load(Settings, "pilot", environ={"CQO_DATABASE_URL": "postgresql://pilot:hunter2@db/pilot"})

    assert "hunter2" not in str(fault.value)


def test_a_setting_of_one_service_comes_before_the_one_for_all_and_a_file_may_hold_it(tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("amqp://one\n")
    environ = {
        "CQO_DATABASE_URL": "postgresql://all",
        "CQO_DATABASE_URL_PILOT": "postgresql://pilot",
        "CQO_AMQP_URL": "amqp://all",
        "CQO_AMQP_URL_PILOT_FILE": str(secret),
        "CQO_JWKS": "keys.json",
    }
    settings = load(Settings, "pilot", environ=environ)

    assert (settings.database_url, settings.amqp_url) == ("postgresql://pilot", "amqp://one")


def test_a_folder_of_secrets_gives_what_nothing_else_does(tmp_path) -> None:
    for name, text in {"database_url": "postgresql://file\n", "amqp_url": "amqp://file\n", "pii_key": "other"}.items():
        (tmp_path / name).write_text(text)
    environ = {"CQO_SECRETS": str(tmp_path), "CQO_AMQP_URL": "amqp://given", "CQO_JWKS": "keys.json"}
    settings = load(Settings, "pilot", environ=environ)

    assert (settings.database_url, settings.amqp_url) == ("postgresql://file", "amqp://given")
    with pytest.raises(ConfigurationError, match="or database_url in the folder CQO_SECRETS"):
        load(Settings, "pilot", environ={**environ, "CQO_SECRETS": str(tmp_path / "absent")})


NEEDED = {"CQO_DATABASE_URL": "postgresql://x", "CQO_AMQP_URL": "amqp://x", "CQO_JWKS": "keys.json"}


def test_a_level_that_is_none_is_refused_by_its_name() -> None:
    with pytest.raises(ConfigurationError, match="CQO_LOG_LEVEL: 'LOUD' is no level; it is one of DEBUG, INFO,"):
        load(Settings, "pilot", environ={**NEEDED, "CQO_LOG_LEVEL": "LOUD"})


def test_a_level_may_be_written_small() -> None:
    assert load(Settings, "pilot", environ={**NEEDED, "CQO_LOG_LEVEL": "debug"}).log_level == "DEBUG"


def test_an_unknown_process_is_refused_with_the_usage() -> None:
    command = [sys.executable, "-m", "chassis.main", "pilot", "workers"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30)

    assert ended.returncode == 2
    assert ended.stderr.startswith("usage:")
