"""Finds RabbitMQ, or fetches it from the distribution's packages into `.cqo/cache` without being root."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from servers import paths
from servers.debian import Package, library_path
from servers.fetching import Tell, nobody
from servers.paths import CannotRun

REMEDY = "install RabbitMQ (sudo apt-get install rabbitmq-server), or set CQO_AMQP_URL to a broker"
PACKAGE = Package("rabbitmq-server", "RabbitMQ", REMEDY, whole=("erlang", "rabbitmq"))
# Debian's `erl` has /usr/lib/erlang written into it; this one finds Erlang beside itself.
APPLICATIONS = ("rabbit", "rabbitmq_prelaunch", "rabbitmq_management")
# In the file of an Erlang application, those that it stands on.
STANDS_ON = re.compile(r"\{\s*applications\s*,\s*\[(.*?)\]", re.DOTALL)
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


def find_program(tell: Tell = nobody) -> Program:
    """The RabbitMQ to run: fetched before, else installed, else fetched now, which `tell` hears of."""
    root = paths.CACHE / "rabbitmq"
    return _without_other_plugins(_fetched(root) or _installed() or _fetch(root, tell))


def _without_other_plugins(program: Program) -> Program:
    """The same RabbitMQ, in whose folder only those plug-ins are that the node can need.

    Erlang looks for each module in one folder after another. With all of the distribution's plug-ins, that is half of
    the time in which the node starts. Plug-ins that are archives are left as they are.
    """
    found = program.scripts.parent
    plugins = {folder.name.rpartition("-")[0]: folder for folder in (found / "plugins").glob("*-*") if folder.is_dir()}
    if not plugins.keys() >= set(APPLICATIONS):
        return program
    home = paths.CACHE / f"rabbitmq-{paths.fingerprint(found)}"
    with paths.locked(paths.CACHE / "rabbitmq.lock"):
        if not home.exists():
            making = home.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)
            # They look for all else beside themselves, so they can't be links.
            shutil.copytree(found / "sbin", making / "sbin")
            (making / "escript").symlink_to(found / "escript")
            (making / "plugins").mkdir()
            for name in _needed(plugins):
                (making / "plugins" / plugins[name].name).symlink_to(plugins[name])
            making.rename(home)
    return replace(program, scripts=home / "sbin")


def _needed(plugins: Mapping[str, Path]) -> set[str]:
    """APPLICATIONS, and of `plugins` those that they stand on."""
    needed: set[str] = set()
    open_ones = set(APPLICATIONS)
    while open_ones:
        name = open_ones.pop()
        needed.add(name)
        stands_on = STANDS_ON.search((plugins[name] / "ebin" / f"{name}.app").read_text())
        named = set(re.findall(r"\w+", stands_on[1])) if stands_on else set()
        open_ones |= (named & plugins.keys()) - needed
    return needed


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
    path = f"{root / 'bin'}:{erlang[0]}:{os.environ.get('PATH', os.defpath)}"
    return Program(scripts[0], str(erlang[0] / "epmd"), path, library_path(root))


def _fetch(root: Path, tell: Tell) -> Program:
    with paths.locked(paths.CACHE / "rabbitmq.lock"):
        if not (found := _fetched(root)):
            making = root.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)
            PACKAGE.unpack(making, tell)
            _write_erl(making)
            making.rename(root)
            found = _fetched(root)
    if found is None:
        raise CannotRun("the distribution's RabbitMQ packages hold no server; {remedy}", remedy=REMEDY)
    return found


def _write_erl(root: Path) -> None:
    binaries = next(root.glob("usr/lib/erlang/erts-*/bin"), None)
    if binaries is None:
        raise CannotRun("the distribution's Erlang packages hold no Erlang; {remedy}", remedy=REMEDY)
    erl = root / "bin" / "erl"
    erl.parent.mkdir(exist_ok=True)
    erl.write_text(ERL.format(erts=binaries.parent.name))
    erl.chmod(0o755)
