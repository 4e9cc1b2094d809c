"""Fetches a program from the distribution's packages into a folder, without being root and without installing it."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from servers import paths
from servers.fetching import Tell, nobody, run_watched
from servers.paths import CannotRun

# What `apt-get --print-uris` prints for each package: 'http://…/x.deb' x.deb 2042596 SHA256:…
SIZE = re.compile(r"^'[^']+' \S+ (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Package:
    """A package to fetch with all that it needs and the machine lacks.

    `remedy` says what to do where it can't be fetched. Of packages whose names begin with one of `whole`, nothing that
    is installed counts: a part of them that is there would be missing in the folder.
    """

    name: str
    title: str
    remedy: str
    whole: tuple[str, ...] = ()

    def unpack(self, root: Path, tell: Tell = nobody) -> None:
        """Downloads it and puts its files below `root`, a folder that does not exist yet."""
        downloads = root.with_name(f"{root.name}.packages")
        shutil.rmtree(downloads, ignore_errors=True)
        packages = self.download(downloads, tell)
        root.mkdir()
        for package in packages:
            self._run(["dpkg-deb", "-x", str(package), str(root)])
        shutil.rmtree(downloads)

    def download(self, folder: Path, tell: Tell = nobody) -> list[Path]:
        """The packages' files, from the machine's own package sources."""
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise CannotRun(
                "there is no {title} here, and no apt-get to fetch it with; {remedy}",
                title=self.title,
                remedy=self.remedy,
            )
        archives = folder / "cache/archives"
        for wanted in (folder / "state/lists", archives):
            (wanted / "partial").mkdir(parents=True)
        (folder / "status").write_text(self._installed(Path("/var/lib/dpkg/status")))
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
        install = [*apt, "install", "--no-install-recommends"]
        self._run([*apt, "update"], tell=tell)
        if not any(folder.glob("state/lists/*Packages*")):
            # It takes silence for no fault, and would say next that it knows no such package.
            raise CannotRun(
                "{title} could not be fetched: the package sources do not answer, check the network; {remedy}",
                title=self.title,
                remedy=self.remedy,
            )
        total = sum(map(int, SIZE.findall(self._run([*install, "--print-uris", self.name]))))
        self._run([*install, "--download-only", self.name], (archives,), total, tell)
        return sorted(archives.glob("*.deb"))

    def _installed(self, status: Path) -> str:
        """Debian's list of installed packages, without those that are to be fetched whole."""
        stanzas = status.read_text(errors="replace").split("\n\n") if status.exists() else []
        beginnings = tuple(f"Package: {name}" for name in self.whole)
        return "\n\n".join(stanza for stanza in stanzas if not (beginnings and stanza.lstrip().startswith(beginnings)))

    def _run(
        self, command: Sequence[str], folders: Sequence[Path] = (), total: int | None = None, tell: Tell = nobody
    ) -> str:
        environ = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        done: subprocess.CompletedProcess[str] = run_watched(command, folders, total, tell, environ)
        if done.returncode:
            paths.require_space()
            said = " ".join((done.stderr or done.stdout).split())[-300:]
            raise CannotRun(
                "{title} could not be fetched ({program}: {said}); {remedy}",
                title=self.title,
                program=command[0],
                said=said,
                remedy=self.remedy,
            )
        return done.stdout


def library_path(root: Path) -> dict[str, str]:
    """The environment with which programs unpacked below `root` find the libraries beside them."""
    found = ":".join(str(folder) for folder in (*root.glob("usr/lib/*-linux-gnu"), *root.glob("lib/*-linux-gnu")))
    return {"LD_LIBRARY_PATH": found} if found else {}
