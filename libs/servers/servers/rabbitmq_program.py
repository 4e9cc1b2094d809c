"""Finds RabbitMQ, or fetches it from the distribution's packages into `.cqo/cache` without being root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from servers import paths
from servers.paths import CannotRun

REMEDY = "install RabbitMQ (sudo apt-get install rabbitmq-server), or set CQO_AMQP_URL to a broker"
# Debian's `erl` has /usr/lib/erlang written into it; this one finds Erlang beside itself.
ERL = """#!/bin/sh
ROOTDIR=$(cd "$(dirname "$0")/../usr/lib/erlang" && pwd)
BINDIR=$ROOTDIR/{erts}/bin
EMU=beam
PROGNAME=erl
export ROOTDIR BINDIR EMU PROGNAME
exec "$BINDIR/erlexec" "$@"
"""


@dataclass(frozen=True)
class Program:
    """Where RabbitMQ's scripts are, and what the environment must say for them to find Erlang."""

    scripts: Path
    epmd: str
    path: str
    environ: dict[str, str] = field(default_factory=dict)


def find_program() -> Program:
    """The RabbitMQ to run: fetched before, else installed, else fetched now."""
    root = paths.CACHE / "rabbitmq"
    return _fetched(root) or _installed() or _fetch(root)


def _installed() -> Program | None:
    """RabbitMQ as the machine has it; its inner scripts, for Debian's outer ones insist on a user of their own."""
    epmd = shutil.which("epmd")
    for scripts in sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin"), reverse=True):
        if epmd and shutil.which("erl"):
            return Program(scripts, epmd, os.environ.get("PATH", os.defpath))
    found = shutil.which("rabbitmq-server")
    if found and epmd:
        return Program(Path(found).resolve().parent, epmd, os.environ.get("PATH", os.defpath))
    return None


def _fetched(root: Path) -> Program | None:
    scripts = sorted(root.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin"), reverse=True)
    erlang = sorted(root.glob("usr/lib/erlang/erts-*/bin"), reverse=True)
    if not scripts or not erlang:
        return None
    libraries = ":".join(str(folder) for folder in (*root.glob("usr/lib/*-linux-gnu"), *root.glob("lib/*-linux-gnu")))
    path = f"{root / 'bin'}:{erlang[0]}:{os.environ.get('PATH', os.defpath)}"
    return Program(scripts[0], str(erlang[0] / "epmd"), path, {"LD_LIBRARY_PATH": libraries} if libraries else {})


def _fetch(root: Path) -> Program:
    with paths.locked(paths.CACHE / "rabbitmq.lock"):
        if not (found := _fetched(root)):
            making = root.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)
            _unpack(_download(making / "apt"), making / "root")
            _write_erl(making / "root")
            (making / "root").rename(root)
            shutil.rmtree(making)
            found = _fetched(root)
    if found is None:
        raise CannotRun(f"the distribution's RabbitMQ packages hold no server; {REMEDY}")
    return found


def _download(folder: Path) -> list[Path]:
    """The packages that RabbitMQ needs beside what is installed, from the machine's own package sources."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise CannotRun(f"there is no RabbitMQ here, and no apt-get to fetch it with; {REMEDY}")
    for wanted in ("state/lists/partial", "cache/archives/partial"):
        (folder / wanted).mkdir(parents=True)
    (folder / "status").write_text(_status_without_erlang(Path("/var/lib/dpkg/status")))
    options = {
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Debug::NoLocking": 1,
        "APT::Sandbox::User": pwd.getpwuid(os.getuid()).pw_name,
        "Acquire::Languages": "none",
        "Acquire::Retries": 3,
    }
    apt = ["apt-get", "-q", "-y", *(word for name, value in options.items() for word in ("-o", f"{name}={value}"))]
    _run([*apt, "update"])
    _run([*apt, "install", "--no-install-recommends", "--download-only", "rabbitmq-server"])
    return sorted((folder / "cache/archives").glob("*.deb"))


def _status_without_erlang(status: Path) -> str:
    """Debian's list of installed packages without Erlang's: a part of it that is installed would not be fetched."""
    stanzas = status.read_text(errors="replace").split("\n\n") if status.exists() else []
    return "\n\n".join(
        stanza for stanza in stanzas if not stanza.lstrip().startswith(("Package: erlang", "Package: rabbitmq"))
    )


def _unpack(packages: list[Path], root: Path) -> None:
    root.mkdir()
    for package in packages:
        _run(["dpkg-deb", "-x", str(package), str(root)])


def _write_erl(root: Path) -> None:
    binaries = next(root.glob("usr/lib/erlang/erts-*/bin"), None)
    if binaries is None:
        raise CannotRun(f"the distribution's Erlang packages hold no Erlang; {REMEDY}")
    erl = root / "bin" / "erl"
    erl.parent.mkdir(exist_ok=True)
    erl.write_text(ERL.format(erts=binaries.parent.name))
    erl.chmod(0o755)


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    )
    if done.returncode:
        said = " ".join(done.stderr.split())[-300:]
        raise CannotRun(f"RabbitMQ could not be fetched ({command[0]}: {said}); {REMEDY}")
