"""What the schemas are made of: checked texts, strict booleans, the day asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, validate

from chassis.http import QuerySchema
from registry.domain.bilingual import Violation


def passes(check: Callable[[str], Violation | None]) -> Callable[[str], None]:
    """A marshmallow validator made of a check of the domain; both languages in one sentence."""

    def validator(value: str) -> None:
        violation = check(value)
        if violation:
            raise ValidationError(f"{violation.en} / {violation.zh}")

    return validator


def text(length: int = 200, **options: Any) -> fields.String:  # Any: marshmallow's options
    """A text that is not blank and holds no control characters."""
    pattern = validate.Regexp(
        r"^[^\x00-\x1f]*\S[^\x00-\x1f]*\Z", error="Blank, or has control characters. / 不能为空白或含控制字符。"
    )
    return fields.String(validate=[validate.Length(max=length), pattern], **options)


def flag(**options: Any) -> fields.Boolean:  # Any: marshmallow's options
    """true or false and nothing that looks like them."""
    return fields.Boolean(truthy={True}, falsy={False}, **options)


def query_flag(**options: Any) -> fields.Boolean:  # Any: marshmallow's options
    """true or false as a query string spells them."""
    return fields.Boolean(truthy={"true", "1"}, falsy={"false", "0"}, **options)


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

    on = fields.Date(metadata={"description": "the day asked for; today if left out"})
