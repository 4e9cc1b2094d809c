"""Runs the sample in a process of its own: `python -m sample`."""

import os

os.environ["PSYCOPG_WAIT_FUNC"] = "wait_select"

import eventlet  # noqa: E402

eventlet.monkey_patch()

import logging  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402

from nameko.runners import ServiceRunner  # noqa: E402

from chassis import config  # noqa: E402
from sample.api import Api  # noqa: E402


def main() -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    runner = ServiceRunner({"cqo": config.load("sample")})
    runner.add_service(Api)
    runner.start()
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn(runner.stop))
    runner.wait()


if __name__ == "__main__":
    main()
