"""What the tests of libraries and services share: fixtures on real servers, running services, tokens, a client."""

from testkit.client import Client, Refused
from testkit.events import empty_queues, publish
from testkit.secrets import TokenSigner, secrets_for_tests
from testkit.services import RunningService
from testkit.waiting import wait_for

__all__ = [
    "Client",
    "Refused",
    "RunningService",
    "TokenSigner",
    "empty_queues",
    "publish",
    "secrets_for_tests",
    "wait_for",
]
