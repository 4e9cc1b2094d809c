"""Whatever `./cqo` says, it says in Chinese where the locale asks for that, with the same values in the same places."""

from __future__ import annotations

import ast
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cqolocal.chinese import CHINESE
from cqolocal.chinese.commands import CLICK
from cqolocal.cli import cli
from cqolocal.language import is_chinese, tr

PROJECT = Path(__file__).parents[3]
SOURCES = [
    PROJECT / "deploy/local/bootstrap.py",
    *sorted((PROJECT / "deploy/local/cqolocal").rglob("*.py")),
    *sorted((PROJECT / "libs/servers/servers").glob("*.py")),
]
SAYING = ("tr", "CannotRun", "Failed")  # what takes a sentence
HAN = re.compile(r"[\u4e00-\u9fff]")


def sentences_of(source: str) -> Iterator[tuple[int, str | None]]:
    """The line and the sentence of each call that says one; None where it is not written out in the call."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING and node.args:
            first = node.args[0]
            is_text = isinstance(first, ast.Constant) and isinstance(first.value, str)
            yield node.lineno, first.value if is_text else None


def texts_of(source: str) -> set[str]:
    """Every text that is written out in a source."""
    nodes = ast.walk(ast.parse(source))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def helps_of(command: click.Command) -> set[str]:
    """The help of a command, of its options and of all commands below it."""
    found = {command.help or ""} | {each.help or "" for each in command.params if isinstance(each, click.Option)}
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return found.union(*(helps_of(each) for each in below))


def places(sentence: str) -> list[str]:
    """The places for values in a sentence, in the alphabet's order."""
    return sorted(name for _, name, _, _ in string.Formatter().parse(sentence) if name)


SAID = {sentence for path in SOURCES for _, sentence in sentences_of(path.read_text()) if sentence}
WRITTEN = set().union(*(texts_of(path.read_text()) for path in SOURCES if "chinese" not in path.parts))


def test_each_sentence_and_each_help_has_its_chinese() -> None:
    assert sorted((SAID | helps_of(cli)) - {""} - CHINESE.keys()) == []


def test_no_chinese_is_of_a_sentence_that_nobody_says() -> None:
    assert sorted(CHINESE.keys() - WRITTEN - helps_of(cli) - CLICK.keys()) == []


def test_clicks_own_words_are_still_what_click_says() -> None:
    source = "".join(path.read_text() for path in Path(click.__file__).parent.glob("*.py"))

    assert [word for word in CLICK if repr(word)[1:-1] not in source and f'"{word}"' not in source] == []


def test_the_chinese_has_the_same_values_and_is_chinese() -> None:
    assert [sentence for sentence, chinese in CHINESE.items() if places(sentence) != places(chinese)] == []
    assert [sentence for sentence, chinese in CHINESE.items() if not HAN.search(chinese) and sentence != chinese] == []


def test_a_sentence_is_written_out_where_it_is_said() -> None:
    """A sentence put together by an f-string could not be found in the catalogue."""
    # language.py hands on what it is given; causes.py says the sentence of a fault, and its values.
    passing_on = {"language.py", "causes.py", "cli.py", "doctor.py", "report.py"}
    hidden = [
        f"{path.name}:{line}"
        for path in SOURCES
        if path.name not in passing_on
        for line, sentence in sentences_of(path.read_text())
        if sentence is None
    ]

    assert hidden == []


def test_a_sentence_that_is_put_together_is_noticed() -> None:
    source = 'CannotRun(f"{name} is missing")\ntr("it is up", name=1)\nprint("x")\n'

    assert list(sentences_of(source)) == [(1, None), (2, "it is up")]
    assert places("{b} of {a}") == places("{a}，共 {b}") != places("{a}")


@pytest.mark.parametrize(
    ("environ", "chinese"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "en_GB.UTF-8"}, False),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, False),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_GB.UTF-8"}, True),
        ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, True),
        ({}, False),
    ],
)
def test_lc_all_decides_then_lc_messages_then_lang(environ: dict[str, str], chinese: bool) -> None:
    assert is_chinese(environ) is chinese


def test_the_same_sentence_is_said_in_either_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert tr("{name} is back", name="RabbitMQ") == "RabbitMQ 已恢复"
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert tr("{name} is back", name="RabbitMQ") == "RabbitMQ is back"


def chinese_cqo(*words: str) -> str:
    """What the launcher's second stage prints under a Chinese locale."""
    environ = {**os.environ, "LC_ALL": "zh_CN.UTF-8", "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "cqolocal", *words]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environ, cwd=PROJECT)
    return done.stdout + done.stderr


def test_help_and_mistakes_are_in_chinese() -> None:
    helped, mistaken = chinese_cqo("help"), chinese_cqo("dance")

    descriptions = [line for line in helped.splitlines() if re.match(r"  [a-z-]", line)]
    assert len(descriptions) > 12
    assert [line for line in descriptions if not HAN.search(line)] == []
    assert "用法：" in helped and "Usage" not in helped
    assert "没有命令" in mistaken and "No such command" not in mistaken
