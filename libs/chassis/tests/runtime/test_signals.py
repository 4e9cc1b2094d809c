"""A signal is not lost, whenever it comes: also in the middle of a start."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from conftest import NOWHERE

from testkit import RunningService

MOMENTS, LONGEST = 20, 25.0


def test_a_worker_told_to_stop_at_any_moment_of_its_start_ends_in_time(
    running_service: Callable[..., RunningService], database_url: str
) -> None:
    chance = random.Random(47)
    moments = sorted(chance.uniform(0.1, 2.5) for _ in range(MOMENTS))
    worker = running_service("pilot", process="worker", ready=False, database_url=database_url, amqp_url=NOWHERE)

    def told_to_stop_after(seconds: float) -> float:
        own = RunningService("pilot", "worker", worker.settings, worker.log)
        own.settings |= {"http_port": own.http_port, "worker_port": own.worker_port}
        own.start(ready=False)
        time.sleep(seconds)  # the moment itself is what is tried; there is no condition to wait for
        told = time.monotonic()
        try:
            own.stop()
        finally:
            own.kill()
        return time.monotonic() - told

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(told_to_stop_after, moments))

    print(f"\nSIGTERM at {MOMENTS} moments of the start: ended after {max(taken):.1f} s at most;", end=" ")
    print(", ".join(f"{moment:.2f}: {seconds:.2f}" for moment, seconds in zip(moments, taken, strict=True)))
    assert max(taken) < LONGEST
