"""What the machine lacks is told in one line with its remedy, and how far something has come is shown."""

from __future__ import annotations

import errno
import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import bootstrap
from cqolocal import cli, state
from cqolocal.causes import cause_of, cause_of_failed_fetching
from cqolocal.progress import Progress
from servers import CannotRun
from servers.debian import Package
from servers.fetching import run_watched, size_of
from servers.process import keep_short

PROJECT = Path(__file__).parents[3]
CLOSED = Path("/sys/cqo")  # nobody can make a folder there, not even root


def test_a_full_disk_is_told_as_such() -> None:
    with pytest.raises(OSError) as fault, Path("/dev/full").open("w") as full:
        full.write("x")

    assert fault.value.errno == errno.ENOSPC
    assert "is full; make room" in cause_of(fault.value)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("error: Failed to unpack\n  Caused by: No space left on device (os error 28)", "is full; make room"),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
            "is full; make room",
        ),
        ("error: error sending request for url (https://index.example/simple/click/)", "check the network"),
        ("Err:1 http://deb.debian.org Temporary failure in name resolution", "check the network"),
        ("error: Failed to create cache: Read-only file system (os error 30)", "can't be written"),
        ("error: Hash mismatch for click==8.5.1\n\n", "error: Hash mismatch for click==8.5.1"),
        ("", "it has said nothing"),
    ],
)
def test_why_packages_could_not_be_fetched(said: str, cause: str) -> None:
    told = cause_of_failed_fetching(said)

    assert cause in told
    assert "\n" not in told
    assert ("network" in told) == ("network" in cause), "a full disk is no matter of the network"


def test_where_the_disk_is_full_nothing_else_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(bootstrap, "install_with_uv", lambda *_: "No space left on device")
    monkeypatch.setattr(bootstrap, "install_with_pip", lambda *_: tried.append("pip"))
    monkeypatch.setattr(bootstrap, "make", lambda _: None)

    with pytest.raises(CannotRun, match="is full; make room"):
        bootstrap.prepare(tmp_path / ".cqo/env", "local", PROJECT / "deploy/local/requirements.lock")
    assert tried == []


def test_a_folder_that_can_not_be_written_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(state, "STATE", CLOSED / "up/state.json")
    monkeypatch.setattr(cli, "UP", CLOSED / "up")
    by_cli = CliRunner().invoke(cli.cli, ["up"])
    status = bootstrap.main(CLOSED / ".cqo/env", "local", PROJECT / "deploy/local/requirements.lock")
    by_bootstrap = capsys.readouterr().err

    assert (by_cli.exit_code, status) == (1, 1)
    for said in (by_cli.output, by_bootstrap):
        assert "/sys/cqo can't be written" in said
        assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("locale", "said"),
    [("C.UTF-8", "Python 3.11 or newer is missing; install it: "), ("zh_CN.UTF-8", "缺少 Python 3.11")],
)
def test_a_python_that_is_too_old_is_told_in_one_line(tmp_path: Path, locale: str, said: str) -> None:
    shutil.copy(PROJECT / "cqo", tmp_path / "cqo")
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "dirname", "id", "cat", "cksum"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    old = tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    (tmp_path / "deploy/local").mkdir(parents=True)
    (tmp_path / "deploy/local/requirements.lock").write_text("")
    environ = {"PATH": str(tools), "LC_ALL": locale}
    done = subprocess.run([tmp_path / "cqo", "up"], capture_output=True, text=True, env=environ, encoding="utf-8")

    assert done.returncode == 1
    assert done.stderr.startswith(f"cqo: {said}")
    assert done.stderr.count("\n") == 1


def test_package_sources_that_do_not_answer_are_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("apt-get"):
        pytest.skip("there is no apt-get here")
    (tmp_path / "sources.list").write_text("deb http://127.0.0.1:9/debian bookworm main\n")
    own = {
        "Dir::Etc::sourcelist": tmp_path / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Acquire::Retries::Delay": "false",
    }
    (tmp_path / "apt.conf").write_text("".join(f'{name} "{value}";\n' for name, value in own.items()))
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))

    with pytest.raises(CannotRun) as fault:
        Package("rabbitmq-server", "RabbitMQ", "do without").download(tmp_path / "packages")
    assert str(fault.value) == (
        "RabbitMQ could not be fetched: the package sources do not answer, check the network; do without"
    )


WRITES = "import pathlib, sys, time; pathlib.Path(sys.argv[1], 'part').write_bytes(bytes(3_000_000)); time.sleep(0.5)"


def test_what_is_being_fetched_is_told_while_it_comes(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    done = run_watched(
        [sys.executable, "-c", WRITES, str(tmp_path)], [tmp_path], 5_000_000, lambda *seen: told.append(seen)
    )

    assert done.returncode == 0
    assert told[0] == (0, 5_000_000) and told[-1] == (3_000_000, 5_000_000)


def test_a_fetch_that_nobody_wants_any_more_is_ended(tmp_path: Path) -> None:
    def stop(*_: object) -> None:
        raise CannotRun("it was stopped before it was ready")

    with pytest.raises(CannotRun):
        run_watched(["sleep", "60"], [tmp_path], None, stop)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_line_that_renews_itself_on_a_terminal_and_else_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []
    terminal, elsewhere = Progress("x", lines.append, Terminal()), Progress("x", lines.append, io.StringIO())
    for there in (12_400_000, 34_000_000, 36_000_000):
        terminal(there, 35_000_000)
        elsewhere(there, 35_000_000)

    assert lines == [], "five seconds have not passed"
    assert terminal.stream.getvalue().split("\r\x1b[K")[1:] == [
        "x: 12 of 35 MB, 0 s\r",
        "x: 34 of 35 MB, 0 s\r",
        "x: 35 of 35 MB, 0 s\r",
    ]
    elsewhere.told -= 5
    elsewhere(1_000_000, None)
    assert lines == ["x: 1 MB, 0 s"]


def test_the_expected_size_of_the_environment_is_about_what_it_is() -> None:
    environment = Path(sys.prefix)
    if not (environment / ".tests").exists():
        pytest.skip("this environment was not made by ./cqo test")
    found, expected = size_of([environment]), bootstrap.UNPACKED["tests"]

    assert 0.75 < found / expected < 1.25, f"{found} bytes; write that into bootstrap.UNPACKED"


def test_a_log_has_an_end_and_whoever_writes_it_goes_on(tmp_path: Path) -> None:
    log, older = tmp_path / "x.log", tmp_path / "x.log.1"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"first\n" * 20)
        keep_short(log, 120)
        assert (log.stat().st_size, older.exists()) == (120, False)
        writer.write(b"one more\n")
        keep_short(log, 120)
        writer.write(b"next\n")

    assert log.read_text() == "next\n"
    assert older.read_text() == "first\n" * 20 + "one more\n"
    assert older.stat().st_mode & 0o077 == 0
