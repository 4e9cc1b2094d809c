"""docker-compose.yml gives each container its own secrets, as files, and no other's. Each rule is seen failing."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chassis import privileges

PROJECT = Path(__file__).parents[2]
SERVICES = tuple(privileges.load(PROJECT / "deploy/privileges.toml").services)
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
MAKER = "keys"  # the job that makes all secrets
# The containers that may read each volume of secrets, beside the job that makes them.
READERS = (
    {"keys": set(), "secrets-database": {"database", "roles"}, "secrets-broker": {"broker", "topology"}}
    | {f"secrets-{service}": {f"{service}-api", f"{service}-worker"} for service in SERVICES}
    | {f"secrets-{service}-owner": {f"migrate-{service}"} for service in SERVICES}
)
SECRET_NAME = re.compile(r"PASSWORD|TOKEN|KEY|DATABASE_URL|AMQP_URL")
WITH_PASSWORD = re.compile(r"://[^/@:]*:[^/@]+@")


def violations(compose: dict[str, Any]) -> list[str]:  # Any: YAML
    """What containers of `compose` get that is not theirs."""
    return [*_of_mounts(compose), *_of_environments(compose)]


def _of_mounts(compose: dict[str, Any]) -> Iterator[str]:
    for name, container in compose["services"].items():
        for mount in container.get("volumes", []):
            volume, _, rest = mount.partition(":")
            if volume not in READERS or name == MAKER:
                continue
            if name not in READERS[volume]:
                yield f"{name} mounts {volume}"
            if not rest.endswith(":ro"):
                yield f"{name} may write {volume}"
    unknown = {volume for volume in compose["volumes"] if volume.startswith("secrets")} - READERS.keys()
    yield from (f"nobody knows who may read {volume}" for volume in sorted(unknown))


def _of_environments(compose: dict[str, Any]) -> Iterator[str]:
    for name, container in compose["services"].items():
        for variable, value in container.get("environment", {}).items():
            is_file = variable.endswith("_FILE") or str(value).startswith("/run/cqo")
            if name != MAKER and (SECRET_NAME.search(variable) and not is_file):
                yield f"{name} has {variable} in its environment"
            if WITH_PASSWORD.search(str(value)):
                yield f"{name} has a URL with a password in {variable}"
            if "PASSWORD" in str(value) and name != MAKER:
                yield f"{name} is given a password of .env in {variable}"


def test_each_container_has_its_own_secrets_and_no_others() -> None:
    assert violations(COMPOSE) == []
    mounts = {volume: _mounting(volume) for volume in READERS}
    assert mounts == {volume: readers | {MAKER} for volume, readers in READERS.items()}


def _mounting(volume: str) -> set[str]:
    containers = COMPOSE["services"].items()
    return {
        name
        for name, container in containers
        if any(mount.startswith(f"{volume}:") for mount in container.get("volumes", []))
    }


def _mount(container: str, mount: str) -> Callable[[dict[str, Any]], object]:
    return lambda compose: compose["services"][container]["volumes"].append(mount)


def _set(container: str, variable: str, value: str) -> Callable[[dict[str, Any]], object]:
    return lambda compose: compose["services"][container]["environment"].update({variable: value})


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_mount("reporting-api", "secrets-registry:/run/other:ro"), "reporting-api mounts secrets-registry"),
        (_mount("registry-worker", "keys:/run/keys:ro"), "registry-worker mounts keys"),
        (_mount("registry-api", "secrets-registry-owner:/run/owner:ro"), "registry-api mounts secrets-registry-owner"),
        (_mount("registry-api", "secrets-registry:/run/again"), "registry-api may write secrets-registry"),
        (_set("training-api", "CQO_PII_KEY", "abc"), "training-api has CQO_PII_KEY in its environment"),
        (_set("training-api", "X", "amqp://cqo:word@broker/"), "training-api has a URL with a password in X"),
        (_set("database", "POSTGRES_PASSWORD", "${X}"), "database has POSTGRES_PASSWORD in its environment"),
        (_set("topology", "X", "${CQO_BROKER_PASSWORD}"), "topology is given a password of .env in X"),
        (lambda compose: compose["volumes"].update({"secrets-new": {}}), "nobody knows who may read secrets-new"),
    ],
)
def test_a_secret_in_the_wrong_place_is_seen(spoil: Callable[[dict[str, Any]], object], told: str) -> None:
    spoilt = copy.deepcopy(COMPOSE)
    spoil(spoilt)

    assert told in violations(spoilt)
