"""Compiles the standard library, and the libraries that lock files name, as `python -OO` does: without docstrings.

    python3 -X no_debug_ranges deploy/compile_libraries.py services/registry/requirements.lock …

A process of a service then takes 4 to 5 MB less. What is ours is compiled by Python as ever, and keeps its docstrings
and asserts: an error's docstring is what its reader is told. With -X no_debug_ranges, 0.6 MB of columns are left out as
well: a traceback still names a library's file and line, but does not underline the place in it.

It is done once, after the libraries were installed, by the Python that will run them; a module whose source changes
later is compiled by Python itself. Needs the standard library only.
"""

from __future__ import annotations

import py_compile
import re
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, files
from importlib.util import cache_from_source
from pathlib import Path

PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==", re.MULTILINE)
# Folders of the standard library that a service has no use for; distributions are found by their names.
PASSED_OVER = {"ensurepip", "idlelib", "lib2to3", "site-packages", "dist-packages", "test", "tests", "turtledemo"}


def standard_library() -> Iterator[Path]:
    """Its modules."""
    folder = Path(sysconfig.get_path("stdlib"))
    for module in folder.rglob("*.py"):
        if PASSED_OVER.isdisjoint(module.relative_to(folder).parts):
            yield module


def libraries(locks: Sequence[Path]) -> Iterator[Path]:
    """The modules of the distributions that are pinned and installed."""
    for name in sorted({name for lock in locks for name in PINNED.findall(lock.read_text())}):
        try:
            found = files(name) or []
        except PackageNotFoundError:  # of another platform, or of another environment
            continue
        modules = (Path(str(file.locate())) for file in found if file.suffix == ".py")
        yield from (module for module in modules if module.is_file())


def compile_one(module: Path) -> bool:
    """Writes the byte code to where Python looks for it without -OO; False if the module can't be compiled."""
    try:
        py_compile.compile(str(module), cache_from_source(str(module), optimization=""), doraise=True, optimize=2)
    except py_compile.PyCompileError:  # among those that are installed are templates, and no Python
        return False
    return True


def main(arguments: Sequence[str]) -> int:
    """Compiles; returns 1 if nothing could be."""
    if not arguments:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    modules = [*standard_library(), *libraries([Path(name) for name in arguments])]
    done = sum(map(compile_one, modules))
    sys.stdout.write(f"{done} of {len(modules)} modules compiled without their docstrings\n")
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
