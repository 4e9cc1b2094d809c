"""What the schemas are made of: checked texts, strict booleans, the day asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError, fields, validate

from chassis.http import QuerySchema
from registry.domain.codes import Fault


def passes(check: Callable[[str], Fault | None]) -> Callable[[str], None]:
    """A marshmallow validator made of a check of the domain; both languages in one sentence."""

    def validator(value: str) -> None:
        fault = check(value)
        if fault:
            raise ValidationError(f"{fault.en} / {fault.zh}")

    return validator


def text(length: int = 200, **options: Any) -> fields.String:
    """A text that is not blank and holds no control characters."""
    pattern = validate.Regexp(
        r"^[^\x00-\x1f]*\S[^\x00-\x1f]*\Z", error="Blank, or has control characters. / 不能为空白或含控制字符。"
    )
    return fields.String(validate=[validate.Length(max=length), pattern], **options)


def flag(**options: Any) -> fields.Boolean:
    """true or false and nothing that looks like them."""
    return fields.Boolean(truthy={True}, falsy={False}, **options)


def query_flag(**options: Any) -> fields.Boolean:
    """true or false as a query string spells them."""
    return fields.Boolean(truthy={"true", "1"}, falsy={"false", "0"}, **options)


class OnDay(QuerySchema):
    on = fields.Date(metadata={"description": "the day asked for; today if left out"})
