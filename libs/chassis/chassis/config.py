"""Configuration from the environment: declared, checked at start, and listed by `./cqo config`.

A setting `database_url` is read from `CQO_DATABASE_URL_<SERVICE>`, else from `CQO_DATABASE_URL`; either may end in
`_FILE` and name a file that holds the value. So any setting can be given once for all services or for one alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REQUIRED = object()


class ConfigurationError(Exception):
    """The environment does not configure the service; the message lists each fault."""


@dataclass(frozen=True)
class Setting:
    """One setting: its name in lower case, what it means, and its default, if it may be left out."""

    name: str
    meaning: str
    default: Any = REQUIRED
    parse: Callable[[str], Any] = str
    secret: bool = False

    @property
    def variable(self) -> str:
        return f"CQO_{self.name.upper()}"


COMMON = (
    Setting("env", "`local` or `production`; production refuses a moved clock", "production"),
    Setting("database_url", "the service's own database, postgresql://role:password@host:port/name", secret=True),
    Setting("amqp_url", "the broker, amqp://user:password@host:port/vhost", secret=True),
    Setting("http_host", "the address the HTTP API listens on", "0.0.0.0"),
    Setting("http_port", "the port of the HTTP API (health and metrics included)", 8000, int),
    Setting("worker_port", "the port on which the worker answers for its health and metrics", 8100, int),
    Setting("jwks", "where the keys that sign tokens are: a file's path or an https URL"),
    Setting("token_issuer", "the `iss` a token must carry", "https://id.cqo.invalid/"),
    Setting("token_audience", "the `aud` a token must carry", "cqo"),
    Setting("log_level", "the least severe level that is logged", "INFO"),
    Setting("clock_offset_file", "a file with seconds by which time is moved; `local` only", None, Path),
    Setting(
        "feed_token", "a token of role `system`, with which missing events are fetched from feeds", None, secret=True
    ),
    Setting("url_registry", "where registry's HTTP API is reached", "http://127.0.0.1:8001"),
    Setting("url_training", "where training's HTTP API is reached", "http://127.0.0.1:8002"),
    Setting("url_notifications", "where notifications' HTTP API is reached", "http://127.0.0.1:8003"),
    Setting("url_reporting", "where reporting's HTTP API is reached", "http://127.0.0.1:8004"),
)


class Settings:
    """The values of a service's settings, as attributes: `settings.database_url`."""

    def __init__(self, service: str, values: dict[str, Any]) -> None:
        self.service = service
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.service} declares no setting {name!r}")


def load(service: str, extra: Iterable[Setting] = (), environ: Mapping[str, str] | None = None) -> Settings:
    """Reads the common settings and `extra` for `service`; raises ConfigurationError naming every fault at once."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    faults: list[str] = []
    for setting in (*COMMON, *extra):
        try:
            values[setting.name] = _value(setting, service, environ)
        except (ValueError, OSError, LookupError) as fault:
            faults.append(f"{setting.variable}: {fault} ({setting.meaning})")
    if values.get("env") == "production" and values.get("clock_offset_file"):
        faults.append("CQO_CLOCK_OFFSET_FILE: a production configuration may not move the clock; unset it")
    if faults:
        raise ConfigurationError(f"{service} can't start:\n  " + "\n  ".join(faults))
    return Settings(service, values)


def _value(setting: Setting, service: str, environ: Mapping[str, str]) -> Any:
    for variable in (f"{setting.variable}_{service.upper()}", setting.variable):
        if variable in environ:
            return setting.parse(environ[variable])
        if f"{variable}_FILE" in environ:
            return setting.parse(Path(environ[f"{variable}_FILE"]).read_text().strip())
    if setting.default is REQUIRED:
        raise LookupError(f"not set; set it, or {setting.variable}_FILE, or {setting.variable}_{service.upper()}")
    return setting.default
