"""Configuration from the environment: declared as a dataclass, checked at start, and listed by `./cqo config`.

A setting `database_url` is read from `CQO_DATABASE_URL_<SERVICE>`, else from `CQO_DATABASE_URL`; either may end in
`_FILE` and name a file that holds the value. So any setting can be given once for all services or for one alone.
Where none of these is set, it is read from the file `database_url` of the folder that `CQO_SECRETS` names.
"""

from __future__ import annotations

import dataclasses
import os
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

SECRETS = "CQO_SECRETS"  # a folder with a file for each secret, named after its setting
AUDIT_KEY = "a JWK Set (JSON): its first key signs the checkpoints of the audit log, the others only verify"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class ConfigurationError(Exception):
    """The environment does not configure the service; the message lists each violation."""


def setting(
    meaning: str,
    default: Any = dataclasses.MISSING,  # Any: each field has a default of its own type
    *,
    secret: bool = False,
    parse: Callable[[str], object] | None = None,
) -> Any:  # Any: it stands where a field's value is declared, whatever the field's type
    """A field of `Settings`: what it means, and its default, if it may be left out. `parse` reads its text."""
    metadata = {"meaning": meaning, "secret": secret, "parse": parse}
    return dataclasses.field(default=default, metadata=metadata, kw_only=True)


def log_level(text: str) -> str:
    """One of LOG_LEVELS, in whatever case it is written; ValueError for any other text."""
    level = text.upper()
    if level not in LOG_LEVELS:
        raise ValueError(f"{text!r} is no level; it is one of {', '.join(LOG_LEVELS)}")
    return level


LONGEST_DRAIN = 20.0  # seconds; a process must have ended 25 s after it was told to


def drain_seconds(text: str) -> float:
    """Seconds from 0 to LONGEST_DRAIN; ValueError for anything else."""
    seconds = float(text)
    if not 0 <= seconds <= LONGEST_DRAIN:
        raise ValueError(f"{text!r} is not from 0 to {LONGEST_DRAIN:g}")
    return seconds


@dataclass(frozen=True)
class Settings:
    """The settings that every service has. A service's `config.py` adds its own in a subclass."""

    service: str
    env: str = setting("`local` or `production`; production refuses a moved clock", "production")
    database_url: str = setting("the service's own database, postgresql://role:password@host:port/name", secret=True)
    amqp_url: str = setting("the broker, amqp://user:password@host:port/vhost", secret=True)
    http_host: str = setting("the address the HTTP API listens on", "0.0.0.0")
    http_port: int = setting("the port of the HTTP API (health and metrics included)", 8000)
    worker_port: int = setting("the port on which the worker answers for its health and metrics", 8100)
    drain_seconds: float = setting(
        "seconds an API still answers after SIGTERM, while its readiness says no", 5.0, parse=drain_seconds
    )
    jwks: str = setting("where the keys that sign tokens are: a file's path or an https URL")
    token_issuer: str = setting("the `iss` a token must carry", "https://id.cqo.invalid/")
    token_audience: str = setting("the `aud` a token must carry", "cqo")
    token_hours: int = setting("the longest life, in hours from now, that a person's token may have", 24)
    machine_token_hours: int = setting("the same of another system's token, the feed token among them", 9000)
    trusted_proxies: str = setting("addresses of reverse proxies whose X-Forwarded-For is believed, with commas", "")
    log_level: str = setting("the least severe level that is logged", "INFO", parse=log_level)
    clock_offset_file: Path | None = setting("a file with seconds by which time is moved; `local` only", None)
    feed_token: str | None = setting("a token with which missing events are fetched from feeds", None, secret=True)
    audit_key: str | None = setting(AUDIT_KEY, None, secret=True)
    audit_checkpoint_entries: int = setting("a checkpoint is made after so many audited writes", 1000)
    audit_checkpoint_seconds: int = setting("or after so many seconds, if there was one", 300)

    @property
    def audit_anchor(self) -> str | None:
        """The service that keeps this one's checkpoints, one of `feeds`; a programme's settings name it."""
        return None

    @property
    def feeds(self) -> Mapping[str, str]:
        """The address of each other service's HTTP API, by its name: the settings that begin with `url_`."""
        named = {field.name.removeprefix("url_"): field.name for field in dataclasses.fields(self)}
        return {
            service: getattr(self, name)
            for service, name in named.items()
            if name.startswith("url_") and service != self.service
        }


SettingsT = TypeVar("SettingsT", bound=Settings)


@dataclass(frozen=True)
class Setting:
    """One setting as it is read and listed."""

    name: str
    meaning: str
    secret: bool
    parse: Callable[[str], object]
    default: object

    @property
    def variable(self) -> str:
        return f"CQO_{self.name.upper()}"

    @property
    def required(self) -> bool:
        return self.default is dataclasses.MISSING

    def read(self, service: str, environ: Mapping[str, str]) -> object:
        """The value for `service`; raises ValueError, OSError or LookupError where it is not given as it must be."""
        for variable in (f"{self.variable}_{service.upper()}", self.variable):
            if variable in environ:
                return self.parse(environ[variable])
            if f"{variable}_FILE" in environ:
                return self.parse(Path(environ[f"{variable}_FILE"]).read_text().strip())
        if SECRETS in environ and (file := Path(environ[SECRETS], self.name)).exists():
            return self.parse(file.read_text().strip())
        if self.required:
            others = (
                f"{self.variable}_FILE, or {self.variable}_{service.upper()}, or {self.name} in the folder {SECRETS}"
            )
            raise LookupError(f"not set; set it, or {others}")
        return self.default


def declared(kind: type[Settings]) -> list[Setting]:
    """The settings that `kind` declares, in the order of their declaration."""
    types = typing.get_type_hints(kind)
    return [
        Setting(
            field.name,
            field.metadata["meaning"],
            field.metadata["secret"],
            field.metadata["parse"] or _parser_of(types[field.name]),
            field.default,
        )
        for field in dataclasses.fields(kind)
        if "meaning" in field.metadata
    ]


def load(kind: type[SettingsT], service: str, environ: Mapping[str, str] | None = None) -> SettingsT:
    """Reads the settings of `kind` for `service`; raises ConfigurationError naming every violation at once."""
    environ = os.environ if environ is None else environ
    values: dict[str, object] = {}
    violations: list[str] = []
    for each in declared(kind):
        try:
            values[each.name] = each.read(service, environ)
        except (ValueError, OSError, LookupError) as fault:
            violations.append(f"{each.variable}: {fault} ({each.meaning})")
    if values.get("env") == "production" and values.get("clock_offset_file"):
        violations.append("CQO_CLOCK_OFFSET_FILE: a production configuration may not move the clock; unset it")
    if violations:
        raise ConfigurationError(f"{service} can't start:\n  " + "\n  ".join(violations))
    return kind(service, **typing.cast(dict[str, Any], values))  # Any: each was read as its own type


def read_one(name: str, service: str, environ: Mapping[str, str] | None = None) -> str:
    """The text of one setting of `Settings`, for a job that needs none of the others; raises ConfigurationError."""
    (each,) = (each for each in declared(Settings) if each.name == name)
    try:
        return str(each.read(service, os.environ if environ is None else environ))
    except (OSError, LookupError) as fault:
        raise ConfigurationError(f"{each.variable}: {fault} ({each.meaning})") from fault


def _parser_of(hint: object) -> Callable[[str], object]:
    """What reads a text as a value of the type `hint`: str, int, Path, or one of these or None."""
    (kind,) = [part for part in typing.get_args(hint) or (hint,) if part is not type(None)]
    return typing.cast(Callable[[str], object], kind)
