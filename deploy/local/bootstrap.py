"""Makes the Python environment of the local run from a lock file; what it imports needs the standard library only.

uv installs it in 2 s where pip takes 22 s; pip, which honours more of a machine's settings, does it where uv can't.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from cqolocal.causes import cause_of, cause_of_failed_fetching, is_disk_full
from cqolocal.language import tr
from cqolocal.progress import Progress, clear
from servers.fetching import run_watched
from servers.paths import CannotRun, require_space

HERE = Path(__file__).resolve().parent
UV_LOCK = HERE / "uv.lock"
PIP = ("--disable-pip-version-check", "--quiet", "--require-hashes", "--no-deps", "--progress-bar", "off")
# Bytes on the disk in the end, about: neither uv nor a package index says beforehand how much will come.
UNPACKED = {"uv": 59_000_000, "local": 250_000_000, "tests": 430_000_000}


def main(environment: Path, part: str, lock: Path) -> int:
    """Makes the environment, or says in one line why that is not possible; returns the exit status."""
    try:
        prepare(environment, part, lock)
    except (CannotRun, OSError) as fault:
        say(cause_of(fault))
        return 1
    except KeyboardInterrupt:
        say(tr("stopped; the next run goes on from here"))
        return 130
    return 0


def prepare(environment: Path, part: str, lock: Path) -> None:
    """Installs what `lock` lists into `environment` and stamps it; several callers at once wait for one.

    Raises CannotRun or OSError where it can't.
    """
    cache = environment.parent / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "environment.lock").open("a") as only_one:
        fcntl.flock(only_one, fcntl.LOCK_EX)
        stamp = environment / f".{part}"
        wanted = checksum(lock)
        if stamp.exists() and stamp.read_text() == wanted and works(environment):
            return
        require_space()
        say(tr("preparing the Python environment from {lock} (once)", lock=lock.relative_to(HERE.parents[1])))
        make(environment)
        failed = install_with_uv(environment, cache, part, lock)
        if failed and not is_disk_full(failed):
            say(tr("uv could not do it; trying pip"))
            failed = install_with_pip(environment, part, lock)
        if failed:
            raise CannotRun(
                "the Python packages could not be installed: {cause}", cause=cause_of_failed_fetching(failed)
            )
        compile_libraries(environment, cache)
        stamp.write_text(wanted)


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


def install_with_uv(environment: Path, cache: Path, part: str, lock: Path) -> str:
    """Has uv install what `lock` lists; returns what it said if it failed, else nothing."""
    tool = cache / "uv"
    if not (tool / "bin/uv").exists():
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            command = [*pip(Path(scratch)), "install", *PIP, "--target", str(tool), "--upgrade", "-r", str(UV_LOCK)]
            failed = run(command, tr("fetching uv"), (Path(scratch), tool), UNPACKED["uv"], {"TMPDIR": scratch})
            if failed:
                return failed
    command = [str(tool / "bin/uv"), "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
    command += ["--link-mode", "hardlink", "--python", str(environment / "bin/python"), "-r", str(lock)]
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        # uv unpacks there what it downloads, and moves it to the environment at the very end.
        options = {"UV_NO_CONFIG": "1", "UV_CACHE_DIR": scratch, **mirror()}
        return run(command, tr("fetching Python packages"), (Path(scratch),), UNPACKED[part], options)


def compile_libraries(environment: Path, cache: Path) -> None:
    """Compiles what the services load of libraries, as their images do; CannotRun where that is not possible."""
    project = HERE.parents[1]
    command = [str(environment / "bin/python"), "-X", "no_debug_ranges", str(project / "deploy/compile_libraries.py")]
    command += sorted(map(str, project.glob("services/*/requirements.lock")))
    failed = run(command, tr("compiling the Python packages"), extra={"PYTHONPYCACHEPREFIX": str(cache / "bytecode")})
    if failed:
        raise CannotRun("the Python packages could not be compiled: {cause}", cause=cause_of_failed_fetching(failed))


def install_with_pip(environment: Path, part: str, lock: Path) -> str:
    """The same with pip."""
    with tempfile.TemporaryDirectory(dir=environment) as scratch:
        target = environment / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
        command = [*pip(Path(scratch)), "install", *PIP, "--target", str(target), "--upgrade", "-r", str(lock)]
        watched = (Path(scratch), target)
        return run(command, tr("fetching Python packages"), watched, UNPACKED[part], {"TMPDIR": scratch})


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
    """Debian keeps the part of Python that makes environments in a package of its own; CannotRun without it."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if os.getuid() == 0 and Path("/usr/bin/apt-get").exists():
        what = tr("installing {package}", package=package)
        say(what)
        install = ["apt-get", "-qq", "-y", "install", "--no-install-recommends", package]
        if not run(["apt-get", "-qq", "update"], what) and not run(install, what):
            return
    raise CannotRun("Python can't make an environment here; mend it: sudo apt-get install {package}", package=package)


def importable(module: str) -> bool:
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode == 0


def run(
    command: Sequence[str],
    what: str,
    folders: Sequence[Path] = (),
    total: int | None = None,
    extra: dict[str, str] | None = None,
) -> str:
    """Runs `command`, showing how much of `total` is in `folders`; returns what it said if it failed, else nothing."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | (extra or {})
    done = run_watched(command, folders, total, Progress(what, say), environ)
    clear(sys.stderr)
    return (done.stderr.strip() or done.stdout.strip() or what) if done.returncode else ""


def say(what: str) -> None:
    clear(sys.stderr)
    sys.stderr.write(f"cqo: {what}\n")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
