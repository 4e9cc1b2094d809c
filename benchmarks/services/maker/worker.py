"""Publishes what the driver has committed."""

from chassis.messaging import Relay


class Worker:
    """A relay and nothing else."""

    name = "maker-worker"
    relay = Relay()
