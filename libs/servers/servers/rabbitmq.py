"""A private RabbitMQ node on loopback, with its own cookie, epmd, ports and folders."""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from servers import paths
from servers.fetching import Tell, nobody
from servers.paths import CannotRun
from servers.process import Child, becomes_true, free_port, listens
from servers.rabbitmq_program import Program, find_program

PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
USER = "cqo"

Definitions: TypeAlias = Mapping[str, list[dict[str, Any]]]  # Any: texts and lists, as RabbitMQ has them


class RabbitServer:
    """One RabbitMQ node; its queues outlive `stop`, `kill` and `start`, its ports stay the same."""

    def __init__(self, folder: Path, program: Program, management: bool, users: Definitions) -> None:
        self.folder, self.program, self.management, self.users = folder, program, management, users
        self.log = folder / "rabbitmq.log"
        self.node = "cqo@localhost"  # its epmd is its own, so it meets no other; a moved folder still fits
        self.password = _password(folder)
        self.epmd_port, self.dist_port, self.port = free_port(), free_port(), free_port()
        self.management_port = free_port()
        self.epmd: Child | None = None
        self.child: Child | None = None

    @property
    def amqp_url(self) -> str:
        """The administrator's URL."""
        return f"amqp://{USER}:{self.password}@{self.address}/"

    def url_of(self, user: str, vhost: str = "") -> str:
        """The URL of one of `users`, in `vhost` if not in the broker's first."""
        return f"amqp://{self._credentials(user)}@{self.address}/{vhost}"

    def management_url_of(self, user: str) -> str:
        """The URL of the HTTP API for one of `users`."""
        return f"http://{self._credentials(user)}@127.0.0.1:{self.management_port}"

    def _credentials(self, user: str) -> str:
        (password,) = (each["password"] for each in self.users["users"] if each["name"] == user)
        return f"{user}:{password}"

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.alive

    @property
    def pid(self) -> int | None:
        return self.child.pid if self.child else None

    def start(self) -> None:
        """Starts the node (again, on the same ports, after `stop` or `kill`) and waits until AMQP is answered."""
        self._configure()
        if not self.epmd or not self.epmd.alive:
            self.epmd = Child(
                [self.program.epmd, "-port", str(self.epmd_port), "-address", "127.0.0.1"], self.log, self._environ()
            )
            becomes_true(lambda: listens(self.epmd_port), 10)
        # Kept apart from self.child, which somebody may kill, and so clear, while the node is starting.
        child = self.child = Child(
            [str(self.program.scripts / "rabbitmq-server")], self.log, self._environ(), cwd=self.folder
        )
        if not becomes_true(lambda: self._answers() or not child.alive, 90, 0.05) or not child.alive:
            said = child.end_of_log(3)
            self.kill()
            paths.require_space()
            raise CannotRun("RabbitMQ did not start: {said}; see {log}", said=said, log=self.log)

    def _answers(self) -> bool:
        if not listens(self.port):
            return False
        with socket.create_connection(("127.0.0.1", self.port), 2) as probe:
            probe.sendall(PROTOCOL_HEADER)
            try:
                return probe.recv(1) == b"\x01"
            except OSError:
                return False

    def stop(self) -> None:
        """Stops the node in order, and epmd."""
        if self.child:
            self.child.end(signal.SIGTERM, 20)
        self._forget_processes()

    def kill(self) -> None:
        """Ends the node as a crash would (SIGKILL)."""
        if self.child:
            self.child.kill()
        self._forget_processes()

    def _forget_processes(self) -> None:
        self.child = None
        if self.epmd:
            self.epmd.kill()
            self.epmd = None

    def remove(self) -> None:
        """Kills the node and removes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ctl(self, *arguments: str) -> str:
        """Runs `rabbitmqctl` on this node and gives what it printed."""
        command = [str(self.program.scripts / "rabbitmqctl"), "-q", "-n", self.node, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=self._environ(), cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {' '.join(arguments)}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def _configure(self) -> None:
        # A node that has definitions to load makes no user by itself.
        administrator = {"name": USER, "password": self.password, "tags": ["administrator"]}
        everything = {"user": USER, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
        definitions = {
            "vhosts": self.users.get("vhosts") or [{"name": "/"}],
            "users": [administrator, *self.users.get("users", [])],
            "permissions": [everything, *self.users.get("permissions", [])],
        }
        settings = [
            f"load_definitions = {self.folder / 'definitions.json'}",
            "disk_free_limit.absolute = 100MB",
            "log.console = false",
        ]
        if self.management:
            settings += ["management.tcp.ip = 127.0.0.1", f"management.tcp.port = {self.management_port}"]
        plugins = "[rabbitmq_management]." if self.management else "[]."
        for name, text in {
            "rabbitmq.conf": "\n".join(settings) + "\n",
            "definitions.json": json.dumps(definitions),
            "plugins": plugins,
            "advanced.config": "[].\n",
            "env.conf": "",
        }.items():
            paths.write_atomically(self.folder / name, text)

    def _environ(self) -> dict[str, str]:
        folder = self.folder
        return {
            **self.program.environ,
            "PATH": self.program.path,
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            # The script then becomes the Erlang machine, instead of watching over it as a second process.
            "RUNNING_UNDER_SYSTEMD": "true",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "RABBITMQ_CTL_DIST_PORT_MIN": "18000",
            "RABBITMQ_CTL_DIST_PORT_MAX": "32000",
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_MNESIA_DIR": str(folder / "mnesia" / "node"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_LOGS": str(self.log),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
            "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
            "RABBITMQ_FEATURE_FLAGS_FILE": str(folder / "feature_flags"),
            "RABBITMQ_PLUGINS_EXPAND_DIR": str(folder / "plugins-expanded"),
            "RABBITMQ_PLUGINS_DIR": str(self.program.scripts.parent / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }


def rabbitmq_in(
    folder: Path | str, *, management: bool = True, users: Definitions | None = None, tell: Tell = nobody
) -> RabbitServer:
    """A node, not yet started, that keeps everything in `folder`; queues found there are used again.

    `users` are those beside its administrator, and their permissions, in RabbitMQ's own form of definitions.
    Without `management` there is no HTTP API of the broker; it starts 1 s and stops 5 s sooner. `tell` hears how far
    RabbitMQ has been fetched, where it is not there yet.
    """
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return RabbitServer(folder, find_program(tell), management, users or {})


def start_rabbitmq(folder: Path | str, *, management: bool = True, users: Definitions | None = None) -> RabbitServer:
    """The node of `rabbitmq_in`, started."""
    server = rabbitmq_in(folder, management=management, users=users)
    server.start()
    return server


def _password(folder: Path) -> str:
    """The node's password: kept, because the node makes its user at its first start only."""
    path = folder / "password.json"
    if not path.exists():
        paths.write_atomically(path, json.dumps(secrets.token_urlsafe(24)))
    return str(json.loads(path.read_text()))
