"""Every reason that a service gives by a code has its words in the letters that tell of it."""

from __future__ import annotations

import importlib
import pkgutil
from enum import StrEnum

import pytest

from notifications.adapters import texts


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
    assert texts.reason(code) == texts.REASONS[code]


def test_the_reasons_are_found() -> None:
    assert {"certificate_expired", "certificate_revoked", "no_certificate_by_deadline"} <= set(codes())


def test_a_code_without_words_is_a_fault_and_what_somebody_wrote_stays() -> None:
    with pytest.raises(LookupError, match="such_a_reason"):
        texts.reason("such_a_reason")
    assert texts.reason("离职。") == "离职"
    assert texts.reason("Resigned") == "Resigned"
    assert texts.reason(None) is None
