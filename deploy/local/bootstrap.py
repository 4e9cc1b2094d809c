"""Makes the Python environment of the local run from a lock file; imports the standard library only.

uv installs it in 2 s where pip takes 22 s; pip, which honours more of a machine's settings, does it where uv can't.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
UV_LOCK = HERE / "uv.lock"
PIP = ("--disable-pip-version-check", "--quiet", "--require-hashes", "--no-deps")


def main(environment: Path, part: str, lock: Path) -> int:
    """Installs what `lock` lists into `environment` and stamps it; several callers at once wait for one."""
    cache = environment.parent / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "environment.lock").open("a") as only_one:
        fcntl.flock(only_one, fcntl.LOCK_EX)
        stamp = environment / f".{part}"
        wanted = checksum(lock)
        if stamp.exists() and stamp.read_text() == wanted and works(environment):
            return 0
        say(f"preparing the Python environment from {lock.relative_to(HERE.parents[1])} (once)")
        make(environment)
        if not (install_with_uv(environment, cache, lock) or install_with_pip(environment, lock)):
            say("the Python packages could not be installed (see above); check the network, then run the command again")
            return 1
        stamp.write_text(wanted)
    return 0


def checksum(lock: Path) -> str:
    """What `cksum` prints for the file, as the launcher compares it."""
    with lock.open("rb") as content:
        return subprocess.run(["cksum"], stdin=content, capture_output=True, text=True, check=True).stdout.strip()


def works(environment: Path) -> bool:
    """Whether its Python runs: after an upgrade of the machine, or on another one, it may not."""
    try:
        return subprocess.run([environment / "bin/python", "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def make(environment: Path) -> None:
    if not works(environment):
        venv.create(environment, clear=True, with_pip=False)


def install_with_uv(environment: Path, cache: Path, lock: Path) -> bool:
    tool = cache / "uv"
    if not (tool / "bin/uv").exists():
        with tempfile.TemporaryDirectory() as scratch:
            if not run([*pip(Path(scratch)), "install", *PIP, "--target", str(tool), "--upgrade", "-r", str(UV_LOCK)]):
                return False
    command = [str(tool / "bin/uv"), "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--no-cache"]
    command += ["--link-mode", "copy", "--python", str(environment / "bin/python"), "-r", str(lock)]
    return run(command, {"UV_NO_CONFIG": "1", **mirror()})


def install_with_pip(environment: Path, lock: Path) -> bool:
    say("uv could not do it; trying pip")
    with tempfile.TemporaryDirectory() as scratch:
        target = environment / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
        return run([*pip(Path(scratch)), "install", *PIP, "--target", str(target), "--upgrade", "-r", str(lock)])


def mirror() -> dict[str, str]:
    """The package index that this machine's pip is set to use, said in uv's words."""
    if "UV_DEFAULT_INDEX" in os.environ or "UV_INDEX_URL" in os.environ:
        return {}
    index = os.environ.get("PIP_INDEX_URL", "")
    if not index and importable("pip"):
        asked = subprocess.run(
            [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
        )
        index = asked.stdout.strip() if asked.returncode == 0 else ""
    return {"UV_DEFAULT_INDEX": index} if index else {}


def pip(scratch: Path) -> list[str]:
    """A command that runs pip: this Python's own, or one in a throw-away environment."""
    if importable("pip"):
        return [sys.executable, "-m", "pip"]
    if not importable("ensurepip"):
        get_venv()
    venv.create(scratch, with_pip=True)
    return [str(scratch / "bin/python"), "-m", "pip"]


def get_venv() -> None:
    """Debian keeps the part of Python that makes environments in a package of its own."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if os.getuid() == 0 and Path("/usr/bin/apt-get").exists():
        say(f"installing {package}")
        if run(["apt-get", "-qq", "update"]) and run(
            ["apt-get", "-qq", "-y", "install", "--no-install-recommends", package]
        ):
            return
    say(f"Python can't make an environment here; mend it: sudo apt-get install {package}")
    sys.exit(1)


def importable(module: str) -> bool:
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode == 0


def run(command: list[str], extra: dict[str, str] | None = None) -> bool:
    """Whether the command succeeded; what it said is shown if it did not."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | (extra or {})
    done = subprocess.run(command, capture_output=True, text=True, env=environ)
    if done.returncode:
        sys.stderr.write((done.stderr or done.stdout)[-2000:])
    return done.returncode == 0


def say(what: str) -> None:
    sys.stderr.write(f"cqo: {what}\n")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
