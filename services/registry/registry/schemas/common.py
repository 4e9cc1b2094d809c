"""What the schemas are made of: checked texts, strict booleans, the day asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from chassis.http import DayField, QuerySchema, TextField
from registry.adapters.codes import (
    email_violation,
    industry_violation,
    phone_violation,
    resident_id_violation,
    uscc_violation,
)
from registry.domain.bilingual import Violation


def passes(check: Callable[[str], Violation | None]) -> Callable[[str], None]:
    """A marshmallow validator made of a check of the domain; both languages in one sentence."""

    def validator(value: str) -> None:
        violation = check(value)
        if violation:
            raise ValidationError(f"{violation.en} / {violation.zh}")

    return validator


def id_field(**options: Any) -> TextField:  # Any: marshmallow's options
    """The id of a record."""
    return TextField(64, **options)


def division_field(**options: Any) -> TextField:  # Any: marshmallow's options
    """A division's code."""
    return TextField(20, **options)


def uscc_field(**options: Any) -> TextField:  # Any: marshmallow's options
    """A unified social credit code."""
    pattern = "^(91|93|N1|N2|N3)[0-9A-HJ-NPQRTUWXY]{16}$"
    return TextField(18, pattern=pattern, validate=passes(uscc_violation), **options)


def industry_field(**options: Any) -> TextField:  # Any: marshmallow's options
    """An industry code of GB/T 4754."""
    return TextField(5, pattern="^[A-T][0-9]{2,4}$", validate=passes(industry_violation), **options)


def industry_beginning_field() -> TextField:
    """The beginning of an industry code, to find what lies below it."""
    pattern = "^[A-T][0-9]{0,4}$"
    meaning = {"description": "the beginning of an industry code"}
    return TextField(5, pattern=pattern, validate=validate.Regexp(pattern), metadata=meaning)


def id_number_field(**options: Any) -> TextField:  # Any: marshmallow's options
    """A resident's ID number."""
    return TextField(18, pattern="^[0-9]{17}[0-9X]$", validate=passes(resident_id_violation), **options)


def phone_field(**options: Any) -> TextField:  # Any: marshmallow's options
    """A mainland telephone number."""
    pattern = r"^((\+86)?1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8})$"
    return TextField(14, pattern=pattern, validate=passes(phone_violation), **options)


def email_field(**options: Any) -> TextField:  # Any: marshmallow's options
    """An e-mail address."""
    pattern = r"""^[^@\s<>,;"]+@[^@\s<>,;"]+\.[^@\s<>,;".]+$"""
    return TextField(254, pattern=pattern, validate=passes(email_violation), **options)


def flag(**options: Any) -> fields.Boolean:  # Any: marshmallow's options
    """true or false and nothing that looks like them."""
    return fields.Boolean(truthy={True}, falsy={False}, **options)


def query_flag(**options: Any) -> fields.Boolean:  # Any: marshmallow's options
    """true or false as a query string spells them."""
    return fields.Boolean(truthy={"true"}, falsy={"false"}, **options)


class Choice(fields.String):
    """One of a StrEnum's values, loaded as its member."""

    def __init__(self, members: type[StrEnum], **options: Any) -> None:  # Any: marshmallow's options
        super().__init__(validate=validate.OneOf([str(member) for member in members]), **options)
        self.members = members

    def _deserialize(
        self,
        value: Any,  # Any: whatever JSON or a query holds
        attr: str | None,
        data: Mapping[str, Any] | None,  # Any: the same
        **options: Any,  # Any: marshmallow's options
    ) -> str:
        text: str = super()._deserialize(value, attr, data, **options)
        # What is no member's value is left for the validator to refuse.
        return next((member for member in self.members if member == text), text)


@dataclass(frozen=True)
class Day:
    """The day asked for; None for today."""

    on: date | None = None


class OnDay(QuerySchema):
    record: ClassVar[Callable[..., object]] = Day

    on = DayField(metadata={"description": "the day asked for; today if left out"})
