"""Kills something every second or so: a service's process, the broker's node, or a database connection."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable

from cqolocal.names import SERVICES
from cqolocal.system import System

PAUSE = (0.8, 1.4)  # seconds between two


class Chaos:
    """A thread that does harm until it is stopped, and counts it."""

    def __init__(self, system: System, seed: int = 2013) -> None:
        self.system = system
        self.done: Counter[str] = Counter()
        self._choose = random.Random(seed)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chaos", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> Counter[str]:
        """Ends the harm; returns how often each was done."""
        self._ending.set()
        self._thread.join()
        return self.done

    def _run(self) -> None:
        harms: list[tuple[str, Callable[[], None], int]] = [
            ("database connection", self.system.kill_connection, 10),
            ("service process", self._kill_service, 5),
            ("broker node", self.system.kill_broker, 2),
        ]
        while not self._ending.wait(self._choose.uniform(*PAUSE)):
            name, harm, _ = self._choose.choices(harms, [weight for *_, weight in harms])[0]
            harm()
            self.done[name] += 1

    def _kill_service(self) -> None:
        self.system.kill(self._choose.choice(SERVICES))
