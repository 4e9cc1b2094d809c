"""What an edited template may not do, and what is said of it: the line, and what is wrong."""

from __future__ import annotations

import time

import pytest
from test_notice_texts import OFFICE, RULES, TODAY

from chassis.errors import InvalidInput
from notifications.adapters import texts
from notifications.adapters.examples import examples_of, fields_of, kinds
from notifications.adapters.sandbox import MAX_SOURCE, TemplateRefused
from notifications.domain.language import Language
from notifications.domain.recipients import Audience
from notifications.usecases.edit_template import tried

KIND = "certificate_expired"


def template(content="内容。", subject="关于示例的通知", more=""):
    return (
        '{% extends "letter.txt" %}\n'
        f"{{% block subject %}}{subject}{{% endblock %}}\n"
        f"{{% block content %}}\n{content}\n{{% endblock %}}\n"
        "{% block short %}短。{% endblock %}\n{% block digest %}一行{% endblock %}\n" + more
    )


def compiled(source):
    return texts.compiled(source, KIND, Language.CHINESE, fields_of(KIND))


def body(source):
    facts = examples_of(KIND)[0].facts(TODAY, RULES, Audience.PERSON)
    return texts.text_of(compiled(source), "person", facts, OFFICE, Language.CHINESE).body


def test_a_template_says_facts_and_chooses_by_them():
    source = template(
        '{% set who = person_name if number != "x" and not (on is none) else "无" %}\n'
        "{% if recipient_kind in ('person', 'enterprise') %}{{ who }}于{{ on | day }}，{{ '证书' ~ number }}。"
        "{% endif %}"
    )

    assert "李明于" in body(source) and "证书CQO-JL-" in body(source)


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__class__'] }}",
        "{{ person_name | attr('__class__') }}",
        "{{ person_name.__init__.__globals__ }}",
        "{{ person_name.upper() }}",
        "{{ '{0.__class__}'.format(person_name) }}",
        "{{ '%s' % person_name }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ remedies.english_name }}",
        "{{ remedies.bodies }}",
        "{{ remedies.in_english() }}",
        "{{ signed_by.__class__ }}",
        "{{ signed_by.name.__class__ }}",
        "{{ self }}",
        "{{ self.content() }}",
        "{{ self._TemplateReference__context }}",
        "{{ super() }}",
        "{{ loop }}",
        "{{ range(1000000000) }}",
        "{{ lipsum(n=1000) }}",
        "{{ cycler('a') }}",
        "{{ namespace(a=1) }}",
        "{{ dict(a=1) }}",
        "{{ joiner() }}",
        "{{ config }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 1 / 0 }}",
        "{{ -days_left }}",
        "{{ 1e400 }}",
        "{{ " + "9" * 5000 + " }}",
        "{{ [1, 2] }}",
        "{{ {'a': 1} }}",
        "{{ person_name[0] }}",
        "{{ person_name | center(1000000000) }}",
        "{{ person_name | replace('', 'aaaaaaaaaa') }}",
        "{{ person_name | tojson }}",
        "{{ person_name | pprint }}",
        "{{ person_name | safe }}",
        "{{ person_name | day('x') }}",
        "{{ person_name is defined }}",
        "{{ person_name is filter }}",
        "{% for a in range(1000000) %}{% for b in range(1000000) %}x{% endfor %}{% endfor %}",
        "{% for letter in person_name recursive %}{{ loop(person_name) }}{% endfor %}",
        "{% for a, b in entries %}{{ a }}{% endfor %}",
        "{{ loop.index0 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% call x() %}{% endcall %}",
        "{% include '/etc/passwd' %}",
        "{% include 'certificate_revoked.txt' %}",
        "{% import 'letter.txt' as l %}",
        "{% from 'letter.txt' import x %}",
        "{% with a = 1 %}{% endwith %}",
        "{% filter day %}x{% endfilter %}",
        "{% autoescape false %}{% endautoescape %}",
        "{% block other %}{% endblock %}",
        "{% block closing %}{% endblock %}",
        "{% extends 'letter.txt' %}",
        "{% set a, b = person_name, number %}",
        "{% set a %}text{% endset %}",
        "{% set person_name.x = 1 %}",
        "{% set a = number ~ number %}{% set b = a ~ a %}{{ b }}",
        "{% set number = number ~ number %}{% set number = number ~ number %}",
        "{% debug %}",
        "{% do x %}",
        "{{ missing_field }}",
        "{% if false %}{{ missing_field }}{% endif %}",
        "{{ person_name",
        "{% if %}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "not " * 200 + "late }}",
        "{% if late %}" * 60 + "{% endif %}" * 60,
        "控制\x07字符",
        "行\u2028分隔",
    ],
)
def test_a_hostile_or_mistaken_template_is_refused_before_anything_runs(hostile):
    with pytest.raises(TemplateRefused) as refused:
        compiled(template(hostile))

    assert refused.value.problem and refused.value.problem_zh
    # The content is on the fourth line, and a mistake may end on the next; the first stands for the whole.
    assert refused.value.line in (1, 4, 5)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "内容",
        template().replace("letter.txt", "/etc/passwd"),
        template().replace('"letter.txt"', "person_name"),
        "文字" + template(),
        template(more="丢失的文字"),
        template(more="{{ person_name }}"),
        template(more="{% set a = 1 %}"),
        template(more="{% block digest %}二{% endblock %}"),
        template().replace("{% block short %}短。{% endblock %}", ""),
        template("长" * MAX_SOURCE),
    ],
)
def test_what_is_no_letter_is_refused(source):
    """Among them what Jinja would leave out in silence: text beside the blocks."""
    with pytest.raises(TemplateRefused):
        compiled(source)


def test_a_field_that_is_missing_is_named_with_its_line():
    with pytest.raises(TemplateRefused, match="line 6: there is no field class_title"):
        compiled(template("一\n二\n{% if recipient_kind == 'person' %}{{ class_title }}{% endif %}"))


def test_a_field_is_there_only_if_each_event_of_the_kind_has_it():
    assert "days_left" in fields_of("certificate_expiring") and "days_left" not in fields_of("certificate_expired")


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("一\n{{ on }}", 5, "has no words"),
        ("{{ number | day }}", 4, "not a day"),
        ("{{ person_name | breach }}", 4, "李明"),
        ("{{ (person_name if late_by else person_name) | number }}", 4, "late_by"),
    ],
)
def test_a_template_that_fails_on_an_example_is_refused_with_the_line(content, line, problem):
    with pytest.raises(InvalidInput) as refused:
        list(tried(template(content), KIND, Language.CHINESE, RULES, TODAY))

    (error,) = refused.value.facts["errors"]
    assert error["pointer"] == "/source" and error["reason"].startswith(f"line {line}: ")
    assert problem in error["reason"] and error["reason_zh"].startswith(f"第{line}行")


def test_a_branch_that_only_another_recipient_reads_is_tried_too():
    source = template("{% if recipient_kind == 'division' %}{{ on }}{% endif %}内容。")

    with pytest.raises(InvalidInput):
        list(tried(source, KIND, Language.CHINESE, RULES, TODAY))


def test_a_text_is_no_longer_than_a_letter_can_be():
    many = "{{ " + " ~ ".join(["class_name"] * 1200) + " }}"

    with pytest.raises(InvalidInput) as refused:
        list(tried(template(many), "nomination_received", Language.CHINESE, RULES, TODAY))
    assert "at most" in refused.value.facts["errors"][0]["reason"]


def test_the_longest_template_that_is_accepted_takes_a_fraction_of_a_second():
    """The bound is a very wide one: 20,000 characters of the dearest things that a template may say."""
    piece = "{{ on | day if number != '' and not on is none else number }}"
    source = template(piece * ((MAX_SOURCE - 300) // len(piece)))
    began = time.perf_counter()

    assert "2026年" in body(source)
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize("language", Language)
def test_what_is_built_in_keeps_to_the_same_rules(language):
    for kind in kinds():
        texts.compiled(texts.source_of(kind, language), kind, language, fields_of(kind))


@pytest.mark.parametrize(
    "loop",
    [
        "{% for a, b in entries %}{% for c, d in entries %}x{% endfor %}{% endfor %}",
        "{% for a, b in entries recursive %}{{ loop(entries) }}{% endfor %}",
        "{% for a, b in entries if a %}x{% endfor %}",
        "{% for a, b in entries ~ entries %}x{% endfor %}",
        "{% for a, b in entries %}{{ loop.cycle('a') }}{% endfor %}",
        "{% for a in entries %}{% set all = a ~ a %}{% set more = all ~ all %}{% endfor %}",
    ],
)
def test_a_digest_has_the_one_loop_and_no_other(loop):
    texts.compiled(
        template("{% for a, b in entries %}{{ loop.index }}{{ b }}{% endfor %}"),
        "digest",
        Language.CHINESE,
        fields_of("digest"),
    )
    with pytest.raises(TemplateRefused):
        texts.compiled(template(loop), "digest", Language.CHINESE, fields_of("digest"))
