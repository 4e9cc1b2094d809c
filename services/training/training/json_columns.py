"""Records of the domain that lie in a column as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Dialect, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

from training.domain.certificate import Grounds
from training.domain.criteria import Criterion
from training.domain.training_class import Block, ClassSession, ClassWarning


class BlocksJson(TypeDecorator[Sequence[Block]]):
    """The blocks of a class, as a list in JSON."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(
        self, value: Sequence[Block] | None, dialect: Dialect
    ) -> list[dict[str, str | float]] | None:
        return None if value is None else [asdict(block) for block in value]

    def process_result_value(
        self,
        value: list[dict[str, Any]] | None,  # Any: JSON
        dialect: Dialect,
    ) -> tuple[Block, ...] | None:
        return None if value is None else tuple(Block(**block) for block in value)


class SessionsJson(TypeDecorator[Sequence[ClassSession]]):
    """The sessions of a class, as a list in JSON."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(
        self, value: Sequence[ClassSession] | None, dialect: Dialect
    ) -> list[dict[str, object]] | None:
        return None if value is None else [{**asdict(each), "on": each.on.isoformat()} for each in value]

    def process_result_value(
        self,
        value: list[dict[str, Any]] | None,  # Any: JSON
        dialect: Dialect,
    ) -> tuple[ClassSession, ...] | None:
        if value is None:
            return None
        return tuple(ClassSession(**{**each, "on": date.fromisoformat(each["on"])}) for each in value)


class WarningsJson(TypeDecorator[Sequence[ClassWarning]]):
    """What a class is held in spite of, as a list in JSON."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(
        self, value: Sequence[ClassWarning] | None, dialect: Dialect
    ) -> list[dict[str, object]] | None:
        return None if value is None else [{"code": each.code, "about": list(each.about)} for each in value]

    def process_result_value(
        self,
        value: list[dict[str, Any]] | None,  # Any: JSON
        dialect: Dialect,
    ) -> tuple[ClassWarning, ...] | None:
        return None if value is None else tuple(ClassWarning(each["code"], tuple(each["about"])) for each in value)


class GroundsJson(TypeDecorator[Grounds]):
    """The grounds of a decision in JSON, with only those fields that it rested on."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: Grounds | None, dialect: Dialect) -> dict[str, object] | None:
        if value is None:
            return None
        found = {name: member for name, member in asdict(value).items() if member}
        if value.valid_until:
            found["valid_until"] = value.valid_until.isoformat()
        return found

    def process_result_value(
        self,
        value: dict[str, Any] | None,  # Any: JSON
        dialect: Dialect,
    ) -> Grounds | None:
        if value is None:
            return None
        criteria = tuple(Criterion(**criterion) for criterion in value.get("criteria", ()))
        until = value.get("valid_until")
        return Grounds(**{**value, "criteria": criteria, "valid_until": date.fromisoformat(until) if until else None})
