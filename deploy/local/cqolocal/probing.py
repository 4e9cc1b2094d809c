"""What is there already: servers that the user names, a service that answers, and what a log said last."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from pathlib import Path

from cqolocal.causes import last_line

# Loopback is never reached through a proxy, whatever the machine's environment says.
WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def given_urls(service: str) -> dict[str, str]:
    """The URLs of real servers that our environment names for `service`, to be used instead of embedded ones."""
    own = service.upper()
    found = {
        "CQO_DATABASE_URL": os.environ.get(f"CQO_DATABASE_URL_{own}"),
        "CQO_AMQP_URL": os.environ.get(f"CQO_AMQP_URL_{own}") or os.environ.get("CQO_AMQP_URL"),
    }
    return {name: url for name, url in found.items() if url}


def answers_ok(url: str) -> bool:
    """Whether a GET of `url`, on loopback, is answered with 200."""
    try:
        with WITHOUT_PROXY.open(url, timeout=3) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def end_of(log: Path) -> str:
    """The last line of a log, for a message of one line."""
    return last_line(log.read_text(errors="replace") if log.exists() else "")
