"""The papers of an appointment."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from chassis.http import Schema, TextField
from registry.domain.document import LARGEST, Paper, violation
from registry.schemas.common import Choice
from registry.usecases.documents import KeepDocument

BODY_LIMIT = LARGEST // 3 * 4 + 4096  # bytes of the JSON that holds the largest file


class FileField(TextField):
    """A file in base64 (RFC 4648), loaded as its bytes: a whole PDF, PNG or JPEG."""

    def __init__(self, **options: Any) -> None:  # Any: marshmallow's options
        super().__init__(BODY_LIMIT, pattern="^[A-Za-z0-9+/]+={0,2}$", **options)

    def _deserialize(  # type: ignore[override]  # a text in JSON, bytes here
        self,
        value: Any,  # Any: whatever JSON holds
        attr: str | None,
        data: Mapping[str, Any] | None,  # Any: the same
        **options: Any,  # Any: marshmallow's options
    ) -> bytes:
        given: str = super()._deserialize(value, attr, data, **options)
        try:
            content = base64.b64decode(given.encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error) as fault:
            raise ValidationError("Not base64. / 不是有效的 base64 编码。") from fault
        found = violation(content)
        if found:
            raise ValidationError(f"{found.en} / {found.zh}")
        return content


class NewDocument(Schema):
    record = KeepDocument

    paper = Choice(Paper, required=True)
    name = TextField(200, required=True, metadata={"example": "授权书.pdf"})
    content = FileField(
        required=True, metadata={"description": "a PDF, PNG or JPEG of at most 3 MB, in base64", "format": "byte"}
    )


class Document(Schema):
    id = fields.String(required=True)
    paper = fields.String(required=True)
    name = fields.String(required=True)
    media_type = fields.String(required=True)
    size = fields.Integer(required=True, metadata={"description": "bytes"})
    sha256 = fields.String(required=True)
    recorded_on = fields.Date(required=True)


class Documents(Schema):
    items = fields.List(fields.Nested(Document), required=True)
