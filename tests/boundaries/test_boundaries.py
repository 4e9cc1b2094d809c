"""The boundaries between the packages hold, and each of the contracts that keep them is seen failing."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGES = (
    {name: PROJECT / "libs" / name / name for name in ("chassis", "programme", "servers", "testkit")}
    | {name: PROJECT / "services" / name / name for name in ("registry", "training", "notifications", "reporting")}
    | {"cqolocal": PROJECT / "deploy/local/cqolocal"}
)
SETTINGS = {
    contract["name"]: contract
    for contract in tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
CONTRACTS = list(SETTINGS)
# What other packages may import of the chassis: these, and the modules that lie in no package of it.
FACES = {
    *(f"chassis.{package}" for package in ("data", "due", "http", "messaging", "privileges", "process", "security")),
    "chassis.broker.topology",
    "chassis.messaging.outbox",
    "chassis.privileges.roles",
    "chassis.privileges.users",
    "chassis.security.audit",
    # Run with `python -m`.
    "chassis.main",
}
# For each contract, a module and the import that it must not have.
OFFENCES = {
    "No service imports another": ("training/storage.py", "import registry.domain.person"),
    "No library imports a service or the launcher": ("testkit/waiting.py", "import cqolocal.cli"),
    "The chassis imports no other library of ours": ("chassis/clock.py", "import programme.callers"),
    "What runs in production imports nothing that is for the local run and the tests": (
        "registry/storage.py",
        "import testkit.waiting",
    ),
    "The packages of the chassis lie in layers": ("chassis/data/faults.py", "import chassis.http"),
    "The packages of the chassis are imported by their faces": (
        "reporting/storage.py",
        "import chassis.messaging.inbox.tables",
    ),
    "The domain imports the standard library, chassis.errors and its own events": (
        "registry/domain/person.py",
        "import sqlalchemy",
    ),
    "The audit of coverage shares no code with what sends notices": (
        "notifications/queries/coverage/day.py",
        "import notifications.domain.rules",
    ),
    "Use cases know nothing of the transport": ("notifications/usecases/announce.py", "import nameko"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their contracts, to be spoilt."""
    for name, folder in PACKAGES.items():
        shutil.copytree(folder, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def verdicts(folder: Path) -> dict[str, str]:
    """Each contract with what the linter says of it: KEPT or BROKEN."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environ = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    said = {
        name: line.split()[-1]
        for name in CONTRACTS
        for line in done.stdout.splitlines()
        if line.startswith(name) and line.endswith((" KEPT", " BROKEN"))
    }
    assert said.keys() == set(CONTRACTS), done.stdout + done.stderr
    return said


def test_every_contract_is_kept(copy: Path) -> None:
    assert verdicts(copy) == dict.fromkeys(CONTRACTS, "KEPT")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_forbidden_import_breaks_its_contract(copy: Path, contract: str) -> None:
    module, offence = OFFENCES[contract]
    with (copy / module).open("a") as file:
        file.write(f"\n{offence}\n")

    assert verdicts(copy)[contract] == "BROKEN"


def modules_of_the_chassis() -> set[str]:
    """Every module and package of the chassis but the root, by its dotted name."""
    root = PACKAGES["chassis"]
    found = {path.relative_to(root.parent).with_suffix("").parts for path in root.rglob("*.py")}
    return {".".join(parts).removesuffix(".__init__") for parts in found} - {"chassis"}


def outside_the_layers(modules: set[str]) -> set[str]:
    """Those directly below the chassis for which the contract has no layer."""
    layers = SETTINGS["The packages of the chassis lie in layers"]["layers"]
    known = {name.strip("()") for layer in layers for name in layer.split(" | ")}
    return {module for module in modules if module.count(".") == 1} - known


def not_protected(modules: set[str]) -> set[str]:
    """The modules inside packages of the chassis that are no face, and that the contract lets everybody import."""
    protected = SETTINGS["The packages of the chassis are imported by their faces"]["protected_modules"]
    patterns = [re.compile(re.escape(name).replace(r"\*", "[^.]+") + r"(\..+)?") for name in protected]
    inside = {module for module in modules if module.count(".") > 1} - FACES
    return {module for module in inside if not any(pattern.fullmatch(module) for pattern in patterns)}


def test_every_module_of_the_chassis_has_its_layer_and_every_package_is_protected() -> None:
    modules = modules_of_the_chassis()

    assert modules >= FACES
    assert outside_the_layers(modules) == set()
    assert not_protected(modules) == set()


def test_a_module_without_a_layer_and_one_that_is_not_protected_are_seen() -> None:
    assert outside_the_layers({"chassis.clock", "chassis.pages", "chassis.pages.forms"}) == {"chassis.pages"}
    assert not_protected({"chassis.pages.forms", "chassis.security.vault", "chassis.data.tables", "chassis.due"}) == {
        "chassis.pages.forms",
        "chassis.security.vault",
    }
    assert not_protected({"chassis.messaging.inbox.tables", "chassis.messaging.outbox.relay"}) == set()


def foreign_imports(source: str, service: str) -> set[str]:
    """What a module of the domain of `service` imports beside the standard library, chassis.errors, its events."""
    imported = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add("." * node.level + (node.module or ""))
    own = ("chassis.errors", f"{service}.domain", f"{service}.events")
    return {
        name
        for name in imported
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not f"{name}.".startswith(tuple(f"{it}." for it in own))
    }


def test_the_domain_imports_no_library_whatever_its_name() -> None:
    modules = [(name, module) for name, folder in PACKAGES.items() for module in folder.glob("domain/**/*.py")]
    assert len(modules) > 20
    for service, module in modules:
        assert foreign_imports(module.read_text(), service) == set(), module


@pytest.mark.parametrize(
    "source",
    [
        "import polars",
        "from chassis import outbox",
        "def f():\n    from registry.storage import person",
        "from . import x",
    ],
)
def test_a_library_in_the_domain_is_seen(source: str) -> None:
    assert foreign_imports(f"import re\nfrom chassis.errors import NotFound\n{source}", "registry")
