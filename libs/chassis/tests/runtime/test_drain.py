"""A process that is told to end says so first, and goes on answering until those who send to it have heard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from conftest import NOWHERE

from servers import start_proxy
from servers.process import free_port
from testkit import Client, RunningService, wait_for

Start = Callable[..., RunningService]
PROJECT = Path(__file__).parents[4]
A_SECOND = 20  # requests
DRAIN = 3.0  # seconds; the proxy asks once a second


@pytest.fixture
def replicas(running_service: Start, database_url: str) -> list[RunningService]:
    settings = {"database_url": database_url, "amqp_url": NOWHERE, "drain_seconds": DRAIN}
    return [running_service("pilot", process="api", **settings) for _ in range(2)]


class Proxy:
    """The proxy with a deployment's configuration, before the `replicas`; it also tells how many of them it uses."""

    def __init__(self, replicas: list[RunningService], folder: Path) -> None:
        self.count_port = free_port()
        servers = [f"    server {each.http_port} 127.0.0.1:{each.http_port}" for each in replicas]
        configured = [
            "\n".join([f"backend {prefix}{name}", *(f"{server}{check}" for server in servers), ""])
            for name in ("registry", "training", "notifications", "reporting")
            for prefix, check in (("", ""), ("last-", " no-check"))
        ]
        configured.append(
            f"frontend count\n    bind 127.0.0.1:{self.count_port}\n"
            '    http-request return status 200 content-type text/plain lf-string "%[nbsrv(registry)]"\n'
        )
        backends = folder / "servers.cfg"
        backends.write_text("".join(configured))
        self.server = start_proxy(folder / "proxy", [PROJECT / "deploy/proxy/haproxy.cfg", backends])
        self.url = self.server.url

    def repeated(self) -> list[str]:
        """The log's lines of requests that were refused at a replica and so had to be sent again."""
        lines = self.server.log.read_text().splitlines()
        return [line for line in lines if "retries=" in line and "retries=0" not in line]

    def servers_in_use(self) -> int:
        return int(Client(f"http://127.0.0.1:{self.count_port}").send("GET", "/").text)


@pytest.fixture
def proxy(replicas: list[RunningService], tmp_path: Path) -> Iterator[Proxy]:
    running = Proxy(replicas, tmp_path)
    wait_for(lambda: running.servers_in_use() == len(replicas))
    yield running
    running.server.stop()


class Load:
    """Sends requests at a steady pace, each on a connection of its own or on one that is kept, and notes what came."""

    def __init__(self, url: str) -> None:
        self.url, self.answers, self.ended = url, list[Future[str]](), threading.Event()
        self._kept = threading.local()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._thread.join()

    def _run(self) -> None:
        with ThreadPoolExecutor(8) as pool:
            begun = time.monotonic()
            while not self.ended.wait(max(0.0, begun + len(self.answers) / A_SECOND - time.monotonic())):
                self.answers.append(pool.submit(self._ask, keep=len(self.answers) % 2 == 0))

    def _ask(self, keep: bool) -> str:
        if keep and not hasattr(self._kept, "session"):
            self._kept.session = requests.Session()
            self._kept.session.trust_env = False
        try:
            if keep:
                return str(self._kept.session.get(self.url, timeout=10).status_code)
            with requests.Session() as session:
                session.trust_env = False
                return str(session.get(self.url, timeout=10).status_code)
        except requests.RequestException as fault:
            return type(fault).__name__

    def errors(self) -> list[str]:
        """What came in place of a 200."""
        return [answer for each in self.answers if (answer := each.result()) != "200"]


def test_two_replicas_are_replaced_behind_the_proxy_and_no_request_fails(
    replicas: list[RunningService], proxy: Proxy, capsys: pytest.CaptureFixture[str]
) -> None:
    with Load(f"{proxy.url}/registry/effects") as load:
        wait_for(lambda: len(load.answers) >= A_SECOND)
        for replica in replicas:
            assert replica.stop() == 0
            replica.start()
            wait_for(lambda: proxy.servers_in_use() == len(replicas))

    failed, sent = load.errors(), len(load.answers)
    with capsys.disabled():
        print(f"\ntwo replicas restarted under {A_SECOND} requests a second: {len(failed)} of {sent} failed", end=" ")
    assert sent > 2 * DRAIN * A_SECOND
    assert failed == []
    assert proxy.repeated() == [], "and none only because the proxy repeated it"


def test_the_last_replica_is_asked_as_long_as_it_answers(replicas: list[RunningService], proxy: Proxy) -> None:
    last, other = replicas
    other.stop()
    wait_for(lambda: proxy.servers_in_use() == 1)
    with Load(f"{proxy.url}/registry/effects") as load, ThreadPoolExecutor(1) as pool:
        ending = pool.submit(last.stop)
        wait_for(lambda: proxy.servers_in_use() == 0)
        told = len(load.answers)
        wait_for(lambda: len(load.answers) >= told + A_SECOND // 2)
        load.ended.set()
        ending.result()

    assert load.errors() == []


def test_a_replica_says_no_before_it_refuses_anybody(running_service: Start, database_url: str) -> None:
    settings = {"database_url": database_url, "amqp_url": NOWHERE, "drain_seconds": DRAIN}
    one = running_service("pilot", process="api", **settings)
    with Load(f"{one.url}/effects") as load, ThreadPoolExecutor(1) as pool:
        wait_for(lambda: len(load.answers) >= A_SECOND)
        ending = pool.submit(one.stop)
        wait_for(lambda: one.get(f"{one.url}/health/ready")[0] == 503)
        answered = len(load.answers)
        body = one.get(f"{one.url}/health/ready")[1]
        wait_for(lambda: len(load.answers) >= answered + A_SECOND)
        load.ended.set()

        assert ending.result() == 0
    assert body["status"] == "not ready"
    assert body["checks"]["process"] == {"ok": False, "detail": "it has been told to end", "required": True}
    assert load.errors() == []


def test_a_second_signal_cuts_the_drain_short(running_service: Start, database_url: str) -> None:
    service = running_service("pilot", process="api", database_url=database_url, amqp_url=NOWHERE, drain_seconds=20)
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(service.stop)
        wait_for(lambda: service.get(f"{service.url}/health/ready")[0] == 503)
        begun = time.monotonic()
        assert service.stop() == ending.result() == 0

    assert time.monotonic() - begun < 5


def test_the_proxy_shows_nobody_what_is_for_those_who_run_the_services(proxy: Proxy) -> None:
    outside = Client(proxy.url)
    hidden = ("/registry/metrics", "/registry/%6detrics", "/registry/health/ready", "/registry/health/live", "/pilot/x")

    assert [outside.send("GET", path).status_code for path in hidden] == [404] * len(hidden)
    assert outside.send("GET", "/registry/effects").json() == {"effects": 0}
    assert proxy.server.status("/health") == 200
