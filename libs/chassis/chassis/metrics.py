"""What the processes report to Prometheus: every metric has one name, and the service is a label of it.

Each module declares its own metrics on prometheus-client's registry; here are those of the process as a whole.
"""

from __future__ import annotations

import platform

from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from chassis import __version__

CONTENT_TYPE = CONTENT_TYPE_LATEST

build_info = Gauge("cqo_build_info", "What runs here; the value is always 1.", ["service", "version", "python"])
ready = Gauge("cqo_ready", "Whether the last readiness check passed, by what was checked.", ["service", "check"])


def describe_build(service: str) -> None:
    """Says which build of `service` this process is."""
    build_info.labels(service, __version__, platform.python_version()).set(1)


def render() -> bytes:
    """All metrics of this process in Prometheus's text format."""
    return generate_latest()
