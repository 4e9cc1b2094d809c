"""The system that `./cqo up` keeps running, as the other commands find it: a file in `.cqo/up`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

import psutil

from cqolocal import paths
from cqolocal.names import SERVICES
from cqolocal.system import System

UP = paths.FILES / "up"
STATE = UP / "state.json"
SECRET = ("databases",)  # they hold passwords; the file is its owner's alone


@dataclass(frozen=True)
class Address:
    """Where a service answers: its API's URL, and the port of its worker on loopback."""

    url: str
    worker_port: int


@dataclass(frozen=True)
class State:
    """A running system: its process and when that began, where everything is reached, and where its files are."""

    running: bool
    pid: int
    created: float  # seconds since 1970
    project: str
    services: dict[str, Address]
    databases: dict[str, str]  # URLs, by service
    mail_folder: str
    logs: str
    starting: bool = False  # not everything has been ready yet


def write_state(system: System, starting: bool = False) -> State:
    """Writes down that this process runs `system`, or is `starting` it."""
    state = State(
        running=True,
        pid=os.getpid(),
        created=psutil.Process().create_time(),
        project=str(paths.PROJECT),
        services={name: Address(system.url(name), system.worker_ports[name]) for name in SERVICES},
        databases={} if starting else {name: system.database_url(name) for name in SERVICES},
        mail_folder=str(system.mail_folder),
        logs=str(system.logs),
        starting=starting,
    )
    paths.write_atomically(STATE, json.dumps(asdict(state)))
    return state


def state_of_a_running_system() -> State | None:
    """The running system of this project; None if there is none."""
    try:
        found = json.loads(STATE.read_text())
        services = {name: Address(**address) for name, address in found.pop("services").items()}
        state = State(services=services, **found)
        alive = abs(psutil.Process(state.pid).create_time() - state.created) < 1
    except (FileNotFoundError, psutil.NoSuchProcess, json.JSONDecodeError, KeyError, TypeError):
        return None  # there is none, or none that an earlier release or a full disk has left whole
    # The number alone may be another's by now, and a copied folder brings along a state that is not its own.
    return state if alive and state.project == str(paths.PROJECT) else None
