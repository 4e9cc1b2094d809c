"""`./cqo up` and the commands around it, as an operator types them, in two copies of the project at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import DEVNULL

import psutil
import pytest
import requests

from servers import paths
from servers.rabbitmq_program import find_program
from testkit import wait_for

PROJECT = Path(__file__).parents[2]
# A proxy that nobody answers at: what is on loopback is never reached through one.
ENVIRON = {**os.environ, **dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:9")}
PARTS = ("cqo", "deploy", "libs", "services", "examples")


class Copy:
    """A copy of the project; what takes long to download is that of this one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".cqo/cache").mkdir(parents=True)
        for part in PARTS:
            source = PROJECT / part
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / part)
        find_program()  # fetches RabbitMQ, if this project has none yet
        (folder / ".cqo/cache/rabbitmq").symlink_to(PROJECT / ".cqo/cache/rabbitmq")
        self._borrow_environment()

    def _borrow_environment(self) -> None:
        """The environment of the tests has all that the local run needs; the launcher is told that it is ready."""
        environment = self.folder / ".cqo/env"
        environment.mkdir()
        for entry in (PROJECT / ".cqo/env").iterdir():
            if not entry.name.startswith("."):
                (environment / entry.name).symlink_to(entry)
        with (PROJECT / "deploy/local/requirements.lock").open() as lock:
            stamp = subprocess.run(["cksum"], stdin=lock, capture_output=True, text=True, check=True).stdout
        (environment / ".local").write_text(stamp)

    def cqo(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.folder / "cqo"), *words], capture_output=True, text=True, timeout=120, env=ENVIRON
        )

    def begin_up(self) -> subprocess.Popen[bytes]:
        """`./cqo up`, which goes on meanwhile."""
        return subprocess.Popen([str(self.folder / "cqo"), "up"], env=ENVIRON, stdout=DEVNULL, stderr=DEVNULL)

    def urls(self) -> list[str]:
        services = json.loads(self.cqo("status", "--json").stdout)["services"]
        return [service["url"] for service in services.values()]

    def answers(self, urls: list[str]) -> list[int]:
        """What each service says to `/health/ready`."""
        return [requests.get(f"{url}/health/ready", timeout=10).status_code for url in urls]

    def processes(self) -> list[str]:
        """Those that run in this copy, or on its files."""
        found = (process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"]))
        names = (str(self.folder), paths.fingerprint(self.folder))
        return [" ".join(words) for words in found if any(name in " ".join(words) for name in names)]

    def remove(self) -> None:
        self.cqo("down")
        # As root the data lie where `nobody` can read them.
        shutil.rmtree(Path("/var/tmp") / f"cqo-{paths.fingerprint(self.folder)}", ignore_errors=True)


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    made = Copy(tmp_path / "one")
    yield made
    made.remove()


@pytest.fixture
def copies(tmp_path: Path) -> Iterator[list[Copy]]:
    made = [Copy(tmp_path / name) for name in ("one", "two")]
    yield made
    for copy in made:
        copy.remove()


def test_two_copies_run_side_by_side_and_leave_nothing_running(copies: list[Copy]) -> None:
    one, two = copies
    with ThreadPoolExecutor(2) as pool:
        started = list(pool.map(lambda copy: copy.cqo("up", "--detach"), copies))
    assert [done.returncode for done in started] == [0, 0], started
    first, second = one.urls(), two.urls()
    assert one.answers(first) == two.answers(second) == [200] * 4

    again, rows, log = (
        one.cqo("up"),
        one.cqo("psql", "registry", "-Atc", "SELECT count(*) FROM division"),
        one.cqo("logs"),
    )
    assert again.returncode == 1 and "it is up already" in again.stderr
    assert int(rows.stdout) > 80, rows.stderr
    assert "registry.log" in log.stdout and "started: api, worker" in log.stdout

    restarted = one.cqo("restart", "training")
    assert restarted.returncode == 0, restarted.stderr
    assert "training runs anew" in restarted.stderr
    assert one.answers(first) == [200] * 4

    stopped = one.cqo("down")
    assert stopped.returncode == 0, stopped.stderr
    assert one.processes() == []
    assert one.cqo("status").returncode == 3
    assert two.answers(second) == [200] * 4
    of_nothing, of_all = one.cqo("reconcile"), two.cqo("reconcile")
    assert of_nothing.returncode == 1 and "nothing is running" in of_nothing.stderr
    assert of_all.returncode == 0 and of_all.stdout.count("yes") == 12, of_all.stdout
    assert two.cqo("down").returncode == 0
    assert two.processes() == []


def test_what_is_starting_is_shown_and_can_be_stopped(copy: Copy) -> None:
    starting = copy.begin_up()
    try:
        wait_for(lambda: copy.cqo("status").returncode == 4, 30)
        shown = json.loads(copy.cqo("status", "--json").stdout)
        again, token = copy.cqo("up"), copy.cqo("reconcile")
        stopped = copy.cqo("down")

        assert shown["starting"] is True
        assert again.returncode == token.returncode == 1
        assert "it is starting" in again.stderr and "it is starting" in token.stderr
        assert stopped.returncode == 0, stopped.stderr
        assert starting.wait(30) == 0
    finally:
        starting.kill()
    assert copy.processes() == []
    assert copy.cqo("status").returncode == 3
