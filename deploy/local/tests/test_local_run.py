"""What `./cqo` does when something is missing, dead, or somebody else's."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from click.testing import CliRunner

import bootstrap
from cqolocal import cli, paths, state, testing
from cqolocal.probing import answers_ok
from cqolocal.supervisor import Supervisor, environment, pause_after
from cqolocal.system import System
from programme.keys import Keys
from servers import CannotRun, rabbitmq_program, start_postgres
from servers.mailbox import Mailbox
from servers.process import free_port
from testkit import wait_for

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
ENDS = [sys.executable, "-c", "raise SystemExit(3)"]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Any:
    supervisor = Supervisor(tmp_path, said.append, tmp_path)
    yield supervisor
    supervisor.stop()


def test_a_process_that_was_killed_runs_again_and_stop_ends_it(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start("sleeper", SLEEPS, {})
    first = supervisor.kill("sleeper")
    second = wait_for(lambda: supervisor["sleeper"] not in (0, first) and supervisor["sleeper"])

    assert second != first
    assert psutil.pid_exists(second)
    assert said == ["sleeper ended (signal 9); it is started again"]
    supervisor.stop()
    assert not psutil.pid_exists(second)


def test_a_process_that_keeps_dying_is_started_more_and_more_slowly(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start("broken", ENDS, {})
    wait_for(lambda: len(said) >= 3)

    assert said[0] == "broken ended (exit status 3); it is started again"
    assert said[2].endswith("it is started again in 0.4 s")
    assert [pause_after(deaths) for deaths in (1, 2, 3, 20)] == [0, 0.2, 0.4, 10]


@pytest.fixture
def up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`up(**state)`: writes the state of a running system, this process's unless told otherwise."""
    monkeypatch.setattr(state, "STATE", tmp_path / "state.json")

    def write(**changes: Any) -> None:
        own = {"pid": os.getpid(), "created": psutil.Process().create_time(), "project": str(paths.PROJECT)}
        secret = {"databases": {"registry": "postgresql://registry:hidden@localhost/registry"}}
        public = {"running": True, "services": {}, "mail_folder": "mail", "logs": "logs"}
        (tmp_path / "state.json").write_text(json.dumps(public | own | secret | changes))

    return write


def test_status_is_of_this_projects_own_running_process_only(up: Any) -> None:
    def status() -> int:
        return CliRunner().invoke(cli.cli, ["status", "--json"]).exit_code

    assert status() == 3, "nothing was ever started"
    up()
    assert status() == 0
    up(created=time.time() - 3600)
    assert status() == 3, "another process has its number by now"
    up(project="/somewhere/else")
    assert status() == 3, "the folder was copied"
    state.STATE.write_text('{"running": tr')
    assert status() == 3, "the disk was full"


def test_status_shows_no_password(up: Any) -> None:
    up()

    assert "hidden" not in CliRunner().invoke(cli.cli, ["status", "--json"]).output


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (["psql", "registry", "-c", "select 1"], "nothing is running; start it: ./cqo up"),
        (["psql", "billing"], "'billing' is not one of 'registry'"),
        (["token", "--role", "king"], "there is no role king; the roles are"),
        (["token", "--role", "division"], "role division needs --division"),
    ],
)
def test_a_wrong_command_says_what_to_do(up: Any, command: list[str], answer: str) -> None:
    result = CliRunner().invoke(cli.cli, command)

    assert result.exit_code != 0
    assert answer in result.output


def test_without_rabbitmq_and_without_apt_one_line_says_what_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(CannotRun) as fault:
        rabbitmq_program.PACKAGE.download(tmp_path)
    assert str(fault.value).endswith(
        "install RabbitMQ (sudo apt-get install rabbitmq-server), or set CQO_AMQP_URL to a broker"
    )
    assert "\n" not in str(fault.value)


def test_a_second_run_in_the_same_folder_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    first = paths.lock_folder(tmp_path / "demo")

    with pytest.raises(CannotRun, match="another run is using"):
        System(tmp_path / "demo", print).start(fresh=True)

    first.close()
    paths.lock_folder(tmp_path / "demo").close()


@pytest.mark.parametrize("what", ["folder", "data"])
def test_a_server_begins_anew_where_its_folder_or_its_data_were_removed(tmp_path: Path, what: str) -> None:
    """As root the data lie elsewhere; the services' passwords and keys are in the folder."""
    for _ in range(2):
        server = start_postgres(tmp_path / "postgres")
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE ROLE registry")
        server.stop()
        shutil.rmtree(server.folder if what == "folder" else server.data)
    server.remove()


def test_where_python_can_make_no_environment_one_line_says_what_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "importable", lambda module: False)
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    package = f"python3.{sys.version_info.minor}-venv"

    with pytest.raises(CannotRun, match=f"mend it: sudo apt-get install {package}$"):
        bootstrap.pip(tmp_path)


def test_an_environment_whose_python_does_not_run_any_more_is_made_anew(tmp_path: Path) -> None:
    python = tmp_path / "bin/python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\nexit 127\n")
    python.chmod(0o755)
    assert not bootstrap.works(tmp_path)

    bootstrap.make(tmp_path)
    assert bootstrap.works(tmp_path)


def test_a_port_that_is_taken_is_not_given_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert free_port(other.getsockname()[1]) != other.getsockname()[1]


class Answering(BaseHTTPRequestHandler):
    """Answers every GET with 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silent."""


def test_a_service_on_loopback_is_asked_directly_whatever_proxy_the_machine_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    assert answers_ok(f"http://127.0.0.1:{server.server_port}/health/ready")
    server.shutdown()
    server.server_close()


def test_the_processes_of_the_local_run_reach_loopback_without_a_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    settings = System(tmp_path / "up", print)._settings("registry")

    assert settings["NO_PROXY"] == settings["no_proxy"] == "127.0.0.1,localhost,intranet.example"


def test_letters_logs_and_secrets_are_their_owners_alone(tmp_path: Path, supervisor: Supervisor) -> None:
    (tmp_path / "mail").mkdir(mode=0o755)
    Mailbox(tmp_path / "mail").keep("1.eml", b"Subject: x\r\n\r\n")
    Keys(tmp_path / "secrets")
    supervisor.start("sleeper", SLEEPS, {})

    shared = [each for each in (tmp_path / "mail/1.eml", tmp_path / "sleeper.log", *(tmp_path / "secrets").iterdir())]
    assert {oct(each.stat().st_mode & 0o077) for each in shared} == {"0o0"}
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_a_service_does_not_inherit_the_urls_of_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CQO_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("CQO_AMQP_URL", "amqp://all@broker/")
    for service in ("registry", "training"):
        monkeypatch.setenv(f"CQO_DATABASE_URL_{service.upper()}", f"postgresql://{service}@database/{service}")
    system = System(tmp_path / "up", print)
    found = environment(system.environment_of("training"))

    assert system.database_url("training") == "postgresql://training@database/training"
    assert found["CQO_LOG_LEVEL"] == "DEBUG" and found["CQO_AMQP_URL"] == "amqp://all@broker/"
    assert [name for name, value in found.items() if "registry@database" in value] == []


@pytest.mark.parametrize(
    ("codes", "chosen", "failed"),
    [([0, 5], True, []), ([5, 5], True, ["a", "b"]), ([0, 5], False, ["b"]), ([0, 1], True, ["b"])],
    ids=["a choice that some paths lack", "a choice of nothing", "a path that lost its tests", "a failure"],
)
def test_a_choice_of_tests_passes_if_what_it_chose_has_passed(
    codes: list[int], chosen: bool, failed: list[str]
) -> None:
    assert testing.failed_paths(dict(zip("ab", codes, strict=True)), is_choice=chosen) == failed
