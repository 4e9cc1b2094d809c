"""The fields of which every schema is made, so that whatever comes in is bounded in the same way everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields

from chassis import bounds


class TextField(fields.String):
    """A text of one line, normalised (NFC), not blank, at most `longest` characters long.

    `pattern` documents a narrower form that the field's own validators check.
    """

    # Any: marshmallow's options
    def __init__(self, longest: int = 200, *, pattern: str = bounds.TEXT_PATTERN, **options: Any) -> None:
        metadata = {"minLength": 1, "maxLength": longest, "pattern": pattern, **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)
        self.longest = longest

    def _deserialize(
        self,
        value: Any,  # Any: whatever JSON or a query holds
        attr: str | None,
        data: Mapping[str, Any] | None,  # Any: the same
        **options: Any,  # Any: marshmallow's options
    ) -> str:
        given: str = super()._deserialize(value, attr, data, **options)
        text = bounds.normalised(given)
        # As it came too: the description's maxLength counts that.
        violation = bounds.length_violation(given, self.longest) or bounds.text_violation(text, self.longest)
        if violation:
            raise ValidationError(str(violation))
        return text


class DayField(fields.Date):
    """A day from 1900 to 2200, as 2026-01-31."""

    def __init__(self, **options: Any) -> None:  # Any: marshmallow's options
        metadata = {"pattern": bounds.DAY_PATTERN, **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)

    def _deserialize(self, value: Any, *_: object, **__: object) -> date:  # Any: whatever JSON or a query holds
        day = bounds.day_of_text(value) if isinstance(value, str) else None
        violation = bounds.NO_DAY if day is None else bounds.day_violation(day)
        if day is None or violation:
            raise ValidationError(str(violation))
        return day


class InstantField(fields.AwareDateTime):
    """An instant from 1900 to 2200, with its offset from UTC, as 2026-01-31T08:00:00Z (RFC 3339)."""

    def __init__(self, **options: Any) -> None:  # Any: marshmallow's options
        metadata = {"pattern": bounds.INSTANT_PATTERN, **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)

    def _deserialize(self, value: Any, *arguments: Any, **options: Any) -> datetime:  # Any: as marshmallow has them
        if not isinstance(value, str) or not bounds.is_instant_form(value):
            raise ValidationError(str(bounds.NO_INSTANT))
        try:
            instant: datetime = super()._deserialize(value, *arguments, **options)
            violation = bounds.instant_violation(instant)
        except (OverflowError, RecursionError) as fault:
            raise ValidationError(str(bounds.DAY_OUT_OF_RANGE)) from fault
        if violation:
            raise ValidationError(str(violation))
        return instant
