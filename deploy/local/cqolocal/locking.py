"""`./cqo lock`: turns the dependencies that the packages name into lock files with hashes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cqolocal import paths
from cqolocal.names import LIBRARIES, SERVICES
from servers import CannotRun

OWN = (*(f"libs/{name}" for name in LIBRARIES), *(f"services/{name}" for name in SERVICES))
PRODUCTION = ("libs/chassis/pyproject.toml", "libs/programme/pyproject.toml")
LOCAL = ("deploy/local/pyproject.toml", *(f"{folder}/pyproject.toml" for folder in OWN))
# Each lock file, and what it locks.
LOCKS: dict[str, tuple[str, ...]] = {
    **{f"services/{name}/requirements.lock": (f"services/{name}/pyproject.toml", *PRODUCTION) for name in SERVICES},
    "deploy/local/requirements.lock": LOCAL,
    "tests/requirements.lock": ("tests/requirements.in", *LOCAL),
}
# Valid for every platform and Python that the packages support; which index they came from is the machine's business.
OPTIONS = (
    "--generate-hashes",
    "--universal",
    "--python-version",
    "3.11",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
)


def lock(upgrade: bool) -> None:
    """Writes every lock file; pins stay as they are unless `upgrade`. Raises CannotRun, and then changes no further."""
    uv = str(Path(sys.executable).with_name("uv"))
    for target, sources in LOCKS.items():
        command = [uv, "pip", "compile", "--quiet", *OPTIONS, "--output-file", target, *sources]
        for folder in OWN:
            # Our own packages are found in their folders, and installed from there: they are in no lock file.
            command += ["--no-emit-package", f"cqo-{Path(folder).name}"]
        if upgrade:
            command.append("--upgrade")
        done = subprocess.run(command, cwd=paths.PROJECT, capture_output=True, text=True)
        if done.returncode:
            raise CannotRun("{target} could not be locked: {said}", target=target, said=done.stderr.strip()[-1500:])
