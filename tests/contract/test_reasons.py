"""Every reason that a service gives by a code has its words in the letters that tell of it."""

from __future__ import annotations

import importlib
import pkgutil
from enum import StrEnum

import pytest

from notifications.adapters import texts
from notifications.adapters.words import BREACHES, DUTY_PAPERS, POPULATIONS, REASONS_BY_LANGUAGE
from notifications.domain.language import Language
from registry.domain.breach import BreachKind
from registry.domain.duty import DutyPaper
from reporting.domain.target import TargetPopulation


def codes() -> list[str]:
    """The members of all enumerations of reasons in the domains of those whose events are announced."""
    found: set[str] = set()
    for service in ("registry", "training"):
        domain = importlib.import_module(f"{service}.domain")
        for module in pkgutil.iter_modules(domain.__path__):
            named = vars(importlib.import_module(f"{service}.domain.{module.name}")).items()
            kinds = [value for name, value in named if name.endswith("Reason") and isinstance(value, type)]
            found |= {str(member) for kind in kinds if issubclass(kind, StrEnum) for member in kind}
    return sorted(found)


@pytest.mark.parametrize("code", codes())
def test_a_reason_has_its_words(code: str) -> None:
    assert all(texts.reason(code, language) == REASONS_BY_LANGUAGE[language][code] for language in Language)


def test_the_reasons_are_found() -> None:
    assert {"certificate_expired", "certificate_revoked", "no_certificate_by_deadline"} <= set(codes())


def test_a_code_without_words_is_a_fault_and_what_somebody_wrote_stays() -> None:
    with pytest.raises(LookupError, match="such_a_reason"):
        texts.reason("such_a_reason")
    assert texts.reason("离职。") == "离职"
    assert texts.reason("Resigned") == "Resigned"
    assert texts.reason(None) is None


@pytest.mark.parametrize("language", Language)
def test_what_a_letter_says_by_a_code_has_its_words_in_each_language(language: Language) -> None:
    assert POPULATIONS[language].keys() == set(TargetPopulation)
    assert BREACHES[language].keys() == set(BreachKind)
    assert DUTY_PAPERS[language].keys() == set(DutyPaper)
