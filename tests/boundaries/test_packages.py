"""Libraries and services build, install and work as packages; they bear one version and declare what they import."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

import chassis

PROJECT = Path(__file__).parents[2]
LIBRARIES = ("chassis", "programme", "servers", "testkit")
SERVICES = ("registry", "training", "notifications", "reporting")
# What is built and installed, by the name of its import package.
FOLDERS = {name: PROJECT / "libs" / name for name in LIBRARIES} | {
    name: PROJECT / "services" / name for name in SERVICES
}
FOLDERS["cqo_subscriber"] = PROJECT / "clients/python"  # for other systems; it depends on nothing of ours
# The launcher is run from its folder.
LAUNCHER = {"cqolocal": PROJECT / "deploy/local"}
OWN = {name: f"cqo-{name}" for name in FOLDERS} | {"cqolocal": "cqo-local", "cqo_subscriber": "cqo-subscriber"}
# Dependencies that no module imports, with the reason why they are declared.
NOT_IMPORTED = {
    ("chassis", "setuptools"): "nameko imports pkg_resources, and declares it nowhere",
    ("chassis", "tzdata"): "the time zones, where the machine has none",
    ("cqolocal", "xlsxwriter"): "examples/make_workbooks.py runs in the launcher's environment",
}
# Declared already, and to be imported.
SOON = {
    ("chassis", "swagger-ui-py"),
    *((service, "python-stdnum") for service in ("registry", "training")),
    *((package, "werkzeug") for package in ("programme", "registry", "training", "notifications")),
}
# Imports in the installed packages everything that a process starts with, and looks for what is no module.
PROBE = """
import importlib, sys
site = sys.argv[1]
sys.path.insert(0, site)
for name in sys.argv[2:]:
    module = importlib.import_module(name)
    assert module.__file__.startswith(site), f"{name} comes from {module.__file__}"
from importlib.resources import files
assert any(each.name.endswith(".csv") for each in (files("registry") / "data").iterdir()), "no divisions"
adapters = files("notifications") / "adapters"
for name in ("examples.json", "templates/letter.html", "templates/zh-CN/letter.txt", "templates/en/target_set.txt"):
    assert (adapters / name).is_file(), name
"""


def project_of(folder: Path) -> dict[str, Any]:
    """The [project] table of the package in `folder`."""
    project: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return project


def distribution(text: str) -> str:
    """The name of a distribution as indexes compare it, without extras and versions."""
    found = re.match(r"[\w.-]+", text)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def imported_by(sources: list[str], package: str) -> set[str]:
    """The distributions that the modules of `package` import."""
    known = packages_distributions()
    found: set[str] = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names.append(node.module or "")
        for top in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {package}:
            found |= {OWN[top]} if top in OWN else {distribution(name) for name in known.get(top, [top])}
    return found


@pytest.mark.parametrize("name", [*FOLDERS, *LAUNCHER])
def test_every_package_and_every_pin_on_one_of_ours_has_the_version_of_the_chassis(name: str) -> None:
    project = project_of((FOLDERS | LAUNCHER)[name])
    pins = [each for each in project["dependencies"] if distribution(each) in OWN.values()]

    if name == "chassis":
        assert project["dynamic"] == ["version"]
    else:
        assert project["version"] == chassis.__version__
    assert pins == [f"{distribution(pin)}=={chassis.__version__}" for pin in pins]


@pytest.mark.parametrize("name", [*FOLDERS, *LAUNCHER])
def test_a_package_declares_what_it_imports_and_nothing_else(name: str) -> None:
    folder = (FOLDERS | LAUNCHER)[name]
    project = project_of(folder)
    extras = [each for extra in project.get("optional-dependencies", {}).values() for each in extra]
    declared = {distribution(each) for each in [*project["dependencies"], *extras]}
    imported = imported_by([module.read_text() for module in (folder / name).rglob("*.py")], name)

    assert imported - declared == set(), "not declared"
    soon = {library for package, library in SOON if package == name}
    assert declared - imported - soon == {library for package, library in NOT_IMPORTED if package == name}


def test_an_import_that_is_not_declared_is_seen() -> None:
    source = "import json\nimport polars.io\nfrom registry.domain import person\ndef f():\n    from . import x\n"

    assert imported_by([source], "training") == {"polars", "cqo-registry"}


@pytest.mark.parametrize("name", sorted((FOLDERS | LAUNCHER).keys() - {"chassis"}))
def test_no_package_but_the_chassis_has_a_version_of_its_own(name: str) -> None:
    assert "__version__" not in ((FOLDERS | LAUNCHER)[name] / name / "__init__.py").read_text()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheels of all packages are installed, without the network."""
    folder = tmp_path_factory.mktemp("wheels")

    def build(name: str) -> str:
        # From a copy: a build leaves files in the folder, and takes up those of an earlier one.
        source = folder / name
        shutil.copytree(FOLDERS[name], source, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        code = f"from setuptools import build_meta; print(build_meta.build_wheel({str(folder)!r}))"
        done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return str(folder / done.stdout.splitlines()[-1])

    with ThreadPoolExecutor(2) as pool:
        wheels = list(pool.map(build, FOLDERS))
    target = folder / "site"
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--offline", "--no-deps", "--no-config"]
    command = [*uv, "--python", sys.executable, "--target", str(target), *wheels]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


def test_the_wheels_hold_all_that_the_services_need(site: Path) -> None:
    modules = [f"{service}.{process}" for service in SERVICES for process in ("api", "worker", "config")]
    modules += ["chassis.main", "chassis.process.migrate", "chassis.broker.topology", "programme.keys"]
    modules += ["chassis.privileges.roles", "programme.secrets"]
    modules += ["servers.mailbox", "testkit.plugin"]
    # -I: nothing of this checkout is on the path.
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROBE, str(site), *modules], cwd=site, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert {name for name in FOLDERS if (site / name / "py.typed").exists()} == set(FOLDERS)


def test_the_installed_packages_report_the_version_of_the_chassis(site: Path) -> None:
    found = {path.name.removesuffix(".dist-info") for path in site.glob("cqo_*.dist-info")}

    assert found == {f"{OWN[name].replace('-', '_')}-{chassis.__version__}" for name in FOLDERS}


COPIED = re.compile(r"^COPY (?!--from)(?P<sources>.+) \S+$", re.MULTILINE)
DOCKERFILES = sorted([*PROJECT.glob("services/*/Dockerfile"), PROJECT / "deploy/local/Dockerfile"])


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_what_an_image_copies_is_here(dockerfile: Path) -> None:
    sources = [source for copied in COPIED.findall(dockerfile.read_text()) for source in copied.split()]

    assert len(sources) >= 2
    assert [source for source in sources if not (PROJECT / source).exists()] == []


def test_what_the_containers_run_is_here() -> None:
    compose = (PROJECT / "docker-compose.yml").read_text()
    images = "".join(dockerfile.read_text() for dockerfile in DOCKERFILES)
    modules = set(re.findall(r"-m[ ,\"]+((?:chassis|programme|servers)[\w.]*)", compose + images))

    assert len(modules) == 6, modules
    for name in modules:
        package = name.partition(".")[0]
        assert (FOLDERS[package] / name.replace(".", "/")).with_suffix(".py").exists(), name
