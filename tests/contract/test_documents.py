"""What the documents point to is there: links, commands, modules, the chassis's layers, a line for each dependency.

Each rule is seen failing on a text that breaks it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cqolocal.cli import cli

PROJECT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "services/*/README.md", "libs/*/*.md", "deploy/**/*.md", "examples/*.md")
    for path in PROJECT.glob(pattern)
)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
RUN = re.compile(r"^```text\n(.*?)^```", re.DOTALL | re.MULTILINE)
SECONDS = re.compile(r"\d+\.\d (?:s\b|秒)")
HAN = re.compile(r"[\u4e00-\u9fff]")
READMES = ("README.md", "README.zh-CN.md")
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
MODULE = re.compile(r"python3? -m (\w+(?:\.\w+)*)")
LAUNCHER = re.compile(r"\./cqo ([a-z]+(?:-[a-z]+)*)")
FIRST_CELL = re.compile(r"^\| ([^|]+) \|", re.MULTILINE)
DISTRIBUTION = re.compile(r"^[A-Za-z0-9-]+")
OURS = "cqo-"


def broken_links(path: Path, text: str) -> list[str]:
    """The relative links of the document `text` at `path` that lead to no file, or to no heading of one."""
    return [
        link for link in LINK.findall(FENCE.sub("", text)) if "://" not in link and not _leads_somewhere(path, link)
    ]


def _leads_somewhere(path: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (path.parent / name).resolve() if name else path
    return target.exists() and (not anchor or anchor in _anchors(target.read_text()))


def _anchors(text: str) -> set[str]:
    """The anchors that a reader's browser is given for the headings of `text`."""
    headings = HEADING.findall(FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def figures(run: str) -> list[list[str]]:
    """The numbers in each line of a run, smallest text first; but for the seconds, which differ from run to run."""
    return [sorted(re.findall(r"\d+", SECONDS.sub("", line))) for line in run.splitlines()]


def modules_that_do_not_run(text: str) -> list[str]:
    """The modules that `text` has Python run (`python -m x.y`) and that are not ours, or can't be run."""
    return [name for name in MODULE.findall(text) if not any(_runs(file) for file in _files_of(name))]


def _files_of(module: str) -> Iterator[Path]:
    inside = module.replace(".", "/")
    for root in (*PROJECT.glob("libs/*"), *PROJECT.glob("services/*"), PROJECT / "deploy/local"):
        yield root / f"{inside}.py"
        yield root / inside / "__main__.py"


def _runs(file: Path) -> bool:
    return file.is_file() and (file.name == "__main__.py" or 'if __name__ == "__main__"' in file.read_text())


def unknown_commands(text: str) -> list[str]:
    """The commands of the launcher that `text` names and that it does not have."""
    return [name for name in LAUNCHER.findall(text) if name != "help" and name not in cli.commands]


def dependencies() -> set[str]:
    """What the libraries, the services and the local run declare that they depend on, and is not ours."""
    files = [*PROJECT.glob("libs/*/pyproject.toml"), *PROJECT.glob("services/*/pyproject.toml")]
    declared = [
        requirement
        for file in (*files, PROJECT / "deploy/local/pyproject.toml")
        for requirement in tomllib.loads(file.read_text())["project"]["dependencies"]
    ]
    names = {found.group().lower() for found in map(DISTRIBUTION.match, declared) if found}
    return {name for name in names if not name.startswith(OURS)}


def without_a_reason(wanted: set[str], architecture: str) -> set[str]:
    """Those of `wanted` that have no line in the table of dependencies."""
    table = architecture.partition("## Dependencies")[2].partition("\n## ")[0]
    return wanted - {name.strip().lower() for cell in FIRST_CELL.findall(table) for name in cell.split(",")}


def import_contracts() -> dict[str, Any]:
    """The contracts that import-linter holds, by their names."""
    tools = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]
    return {contract["name"]: contract for contract in tools["importlinter"]["contracts"]}


def rules_not_told(names: Iterable[str], architecture: str) -> list[str]:
    """The import rules of these names that have no line of their own."""
    return [name for name in names if f"\n- {name}.\n" not in architecture]


def layers_not_shown(layers: list[str], architecture: str) -> list[str]:
    """The modules of `layers`, the highest first, that the table of the chassis's layers lacks, or has elsewhere."""
    shown = re.findall(r"^\| `chassis\.(\w+)`", architecture, re.MULTILINE)
    wanted = [layer.removeprefix("chassis.") for layer in layers if "|" not in layer]
    base = [name.strip().removeprefix("chassis.") for layer in layers if "|" in layer for name in layer.split("|")]
    diagram = architecture.partition('base["')[2].partition('"]')[0]
    named = set(re.findall(r"\w+", diagram))
    return [name for name in wanted if wanted != shown] + [name for name in base if name not in named]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_what_a_document_points_to_is_there(path: Path) -> None:
    text = path.read_text()

    assert broken_links(path, text) == []
    assert modules_that_do_not_run(text) == []
    assert unknown_commands(text) == []


def test_each_dependency_has_its_reason() -> None:
    assert without_a_reason(dependencies(), (PROJECT / "docs/architecture.md").read_text()) == set()


def test_both_readmes_show_the_same_figures_of_the_demo_each_in_its_language() -> None:
    (english,), (chinese,) = (RUN.findall((PROJECT / name).read_text()) for name in READMES)

    assert figures(english) == figures(chinese) != []
    assert all(HAN.search(line) for line in chinese.splitlines())


def test_a_figure_that_differs_is_found() -> None:
    english, chinese = "  1.0 s  7 of 9, R8\n", "  2.5 秒  9 中的 7，R8\n"

    assert figures(english) == figures(chinese) == [["7", "8", "9"]]
    assert figures(english) != figures(chinese.replace("7", "6"))


def test_the_import_rules_are_those_that_are_held() -> None:
    contracts, architecture = import_contracts(), (PROJECT / "docs/architecture.md").read_text()

    assert rules_not_told(contracts, architecture) == []
    assert layers_not_shown(contracts["The packages of the chassis lie in layers"]["layers"], architecture) == []


def test_an_import_rule_that_is_not_told_is_found() -> None:
    assert rules_not_told(["No service imports another", "All may"], "\n- No service imports another.\n") == ["All may"]


def test_a_layer_that_is_not_shown_is_found() -> None:
    shown = 'base["clock · errors"]\n| `chassis.http` | \n| `chassis.data` |\n'

    assert layers_not_shown(["chassis.http", "chassis.data", "chassis.clock | chassis.errors"], shown) == []
    assert layers_not_shown(["chassis.data", "chassis.http"], shown) == ["data", "http"]
    assert layers_not_shown(["chassis.http", "chassis.data", "chassis.ids"], shown) == ["http", "data", "ids"]
    assert layers_not_shown(["chassis.http", "chassis.data", "chassis.ids | chassis.clock"], shown) == ["ids"]


def test_a_link_to_a_file_or_heading_that_is_not_there_is_found() -> None:
    text = "[a](docs/nowhere.md) [b](README.md#nowhere) [c](#here) [d](https://example.org/x) [e](LICENSE)\n\n# Here\n"

    assert broken_links(PROJECT / "README.md", text.replace("(#here)", "(#gone)")) == [
        "docs/nowhere.md",
        "README.md#nowhere",
        "#gone",
    ]


def test_a_command_that_is_not_there_is_found() -> None:
    text = "python -m chassis.run registry; python3 -m chassis.clock; python -m chassis.main registry; ./cqo dance"

    assert modules_that_do_not_run(text) == ["chassis.run", "chassis.clock"]
    assert unknown_commands(text) == ["dance"]


def test_a_dependency_without_a_reason_is_found() -> None:
    table = "| chassis |\n\n## Dependencies\n\n| library | why |\n| kombu, amqp | AMQP |\n\n## Next\n\n| click | no |\n"

    assert without_a_reason({"amqp", "kombu", "click"}, table) == {"click"}
