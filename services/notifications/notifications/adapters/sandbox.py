"""What a template of a notice may say, and its compilation.

A template can be edited by people, so it can do no more than a letter needs: say a fact, choose by a fact, and put
names to pieces. All else is refused before anything runs: attributes, calls, macros, files, arithmetic, and all loops
but that over the entries of a digest. Without them the time and the length of a text are bounded by those of its
template; and Jinja's own sandbox stands below.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import cast

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateSyntaxError, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

BASE = "letter.txt"  # what each template extends
BLOCKS = {"subject": True, "content": True, "closing": False, "short": True, "digest": True}  # True: must be there
PARTS: Mapping[str, Collection[str]] = {
    "signed_by": ("name", "telephone", "document_number"),
    "remedies": ("review_body", "review_days", "court", "court_months"),
    "loop": ("index",),
}
MAX_SOURCE = 20_000  # characters
MAX_DEPTH = 50  # of what is put into one another
ALLOWED = (
    *(nodes.Template, nodes.Extends, nodes.Block, nodes.Output, nodes.TemplateData, nodes.If, nodes.Assign),
    *(nodes.Name, nodes.Const, nodes.Tuple, nodes.Getattr, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand),
    *(nodes.For, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.Concat),
)
TESTS: Mapping[str, Callable[[object], bool]] = {"none": lambda value: value is None}
# What ends a line, shows nothing, or changes the direction of writing.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")


class TemplateRefused(Exception):
    """A template says what it may not, or can't be read: the line, and what is wrong in both languages."""

    def __init__(self, line: int, problem: str, problem_zh: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line, self.problem, self.problem_zh = line, problem, problem_zh


def written(value: object) -> str | int:
    """A value as it stands in a text: a string on one line, or a whole number.

    ValueError for what has no words, such as nothing, a day, or a list: a fault to be parked, not a gap in an official
    letter.
    """
    if isinstance(value, str):
        return CONTROLS.sub(" ", value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    # What `{{ "…" if … }}` gives where the condition does not hold; a name that is missing is a StrictUndefined.
    if type(value) is Undefined:
        return ""
    if isinstance(value, StrictUndefined):
        str(value)
    raise ValueError(f"{value!r} has no words: it is to be put into words by a filter, or left out")


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of the templates of one language, whose base stands in `folder`."""

    def __init__(self, folder: str, filters: Mapping[str, Callable[..., object]]) -> None:
        super().__init__(
            loader=FileSystemLoader(folder),
            # A name that is missing is a fault to be parked, not a gap in an official letter.
            undefined=StrictUndefined,
            finalize=written,
            # The text is plain: `<` in a firm's name has to stay `<`. Its HTML form is made from it, escaped.
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.globals.clear()
        self.filters = {**filters, "written": written}
        self.tests = {**TESTS}

    def compiled(self, source: str, name: str, fields: Collection[str] | None = None) -> Template:
        """The template of that source; raises TemplateRefused. `fields`: the facts that there are, where known."""
        tree = self._parsed(source)
        _check(tree, {*self.filters} - {"written"}, fields)
        for concat in tree.find_all(nodes.Concat):
            # Pieces that are put together pass `written` too: else nothing would read as "None".
            concat.nodes = [nodes.Filter(piece, "written", [], [], None, None) for piece in concat.nodes]
        return Template.from_code(self, self.compile(tree, name, filename_of(name)), self.globals)

    def _parsed(self, source: str) -> nodes.Template:
        if len(source) > MAX_SOURCE:
            raise TemplateRefused(1, f"it is longer than {MAX_SOURCE} characters", f"超过{MAX_SOURCE}个字符")
        if found := CONTROLS.search(source.replace("\n", " ")):
            raise TemplateRefused(source.count("\n", 0, found.start()) + 1, "a control character", "含有控制字符")
        try:
            return self.parse(source)
        except TemplateSyntaxError as fault:
            raise TemplateRefused(fault.lineno, str(fault.message), f"语法错误：{fault.message}") from fault
        except (RecursionError, ValueError) as fault:
            raise TemplateRefused(
                1, "it can't be read: too deep, or too long a number", "嵌套过深或者数字过长"
            ) from fault


def filename_of(name: str) -> str:
    """How a template's code is named in a traceback."""
    return f"<template {name}>"


def _check(tree: nodes.Template, filters: Collection[str], fields: Collection[str] | None) -> None:
    for node, depth in _all(tree, 0):
        _check_node(node, depth, filters)
    _check_blocks(tree)
    for block in tree.find_all(nodes.Block):
        _check_names(block, fields)


def _all(node: nodes.Node, depth: int) -> Iterator[tuple[nodes.Node, int]]:
    yield node, depth
    if depth > MAX_DEPTH:
        return  # it is refused already
    for child in node.iter_child_nodes():
        yield from _all(child, depth + 1)


def _check_node(node: nodes.Node, depth: int, filters: Collection[str]) -> None:
    problem = None
    match node:
        case _ if depth > MAX_DEPTH:
            problem = f"more than {MAX_DEPTH} things are put into one another", f"嵌套超过{MAX_DEPTH}层"
        case nodes.Const(value=value) if not isinstance(value, str | int | None):
            problem = f"a number is a whole one: {value}", f"数字应为整数：{value}"
        case nodes.Getattr(node=nodes.Name(name=name), attr=attr) if attr in PARTS.get(name, ()):
            pass
        case nodes.Getattr(attr=attr):
            problem = f"there is no part .{attr}", f"没有这个部分：.{attr}"
        case nodes.Filter(name=name, args=args, kwargs=kwargs) if name not in filters or args or kwargs:
            problem = (
                f"the filters are {', '.join(sorted(filters))}, without arguments: not {name}",
                f"不可用的过滤器：{name}",
            )
        case nodes.Filter(node=None):
            problem = "a filter stands behind a value", "过滤器应写在值之后"
        case nodes.Test(name=name, args=args) if name not in TESTS or args:
            problem = f"the only test is `is none`: not {name}", f"不可用的判断：{name}"
        case nodes.For() if not _is_list_of_entries(node):
            problem = (
                "a loop goes over entries, which a digest has, and holds no other",
                "循环只能遍历 entries，且不得嵌套",
            )
        case nodes.Assign(target=target) if not isinstance(target, nodes.Name):
            problem = "one name is set at a time", "每次只能设定一个名称"
        case _ if not isinstance(node, ALLOWED):
            what = type(node).__name__
            problem = f"a template has no {what}: only facts, choices, names and blocks", f"模板不支持此写法：{what}"
    if problem is not None:
        # What Jinja adds by itself stands on no line.
        raise TemplateRefused(node.lineno or 1, *problem)


def _is_list_of_entries(loop: nodes.For) -> bool:
    """Whether it is the one loop that there may be, as long as the list of what a digest gathers."""
    is_plain = not (loop.recursive or loop.test or loop.else_ or list(loop.find_all(nodes.For)))
    return is_plain and isinstance(loop.iter, nodes.Name) and loop.iter.name == "entries"


def _check_blocks(tree: nodes.Template) -> None:
    """It extends the base, and all it says stands in the base's blocks: elsewhere it would be left out in silence."""
    first, *others = [node for node in tree.body if not _is_blank(node)] or [tree]
    if not (isinstance(first, nodes.Extends) and first.template == nodes.Const(BASE)):
        raise TemplateRefused(1, f'it begins with {{% extends "{BASE}" %}}', f'应以 {{% extends "{BASE}" %}} 开头')
    for node in others:
        if not isinstance(node, nodes.Block):
            raise TemplateRefused(node.lineno, "text stands in a block", "文字应写在 block 之内")
    if len(list(tree.find_all(nodes.Extends))) > 1:
        raise TemplateRefused(1, "it extends one base", "只能有一个 extends")
    blocks = [block for block in tree.find_all(nodes.Block)]
    for block in blocks:
        if block.name not in BLOCKS or block not in others:
            raise TemplateRefused(
                block.lineno, f"the blocks are {', '.join(BLOCKS)}", f"可用的 block：{'、'.join(BLOCKS)}"
            )
    if twice := [name for name, number in Counter(each.name for each in blocks).items() if number > 1]:
        raise TemplateRefused(1, f"the block {twice[0]} stands twice", f"block 重复：{twice[0]}")
    missing = [name for name, is_needed in BLOCKS.items() if is_needed and name not in {each.name for each in blocks}]
    if missing:
        raise TemplateRefused(1, f"the block {missing[0]} is missing", f"缺少 block：{missing[0]}")


def _is_blank(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Output) and all(
        isinstance(each, nodes.TemplateData) and not each.data.strip() for each in node.nodes
    )


def _check_names(block: nodes.Block, fields: Collection[str] | None) -> None:
    """Each name is a fact or was set; and what is set is made from facts only, or texts could double at each step."""
    given: set[str] = set()
    for assignment in block.find_all(nodes.Assign):
        used = {name.name for name in assignment.node.find_all(nodes.Name)}
        if isinstance(assignment.node, nodes.Name):
            used.add(assignment.node.name)
        if again := used & given:
            name = sorted(again)[0]
            raise TemplateRefused(
                assignment.lineno, f"what is set is made from facts, not from {name}", f"设定的内容只能取自事实：{name}"
            )
        given.add(cast(nodes.Name, assignment.target).name)
    for loop in block.find_all(nodes.For):
        given |= {"loop", *(name.name for name in loop.target.find_all(nodes.Name))}
    for found in block.find_all(nodes.Name):
        if fields is not None and found.ctx == "load" and found.name not in given and found.name not in fields:
            raise TemplateRefused(found.lineno, f"there is no field {found.name}", f"没有这个字段：{found.name}")
