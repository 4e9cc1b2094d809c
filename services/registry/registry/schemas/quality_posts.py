"""Key quality posts."""

from __future__ import annotations

from marshmallow import fields

from chassis.http import DayField, QuerySchema, Schema, TextField
from registry.domain.departments import Department
from registry.domain.quality_post import QualityPostKind, ShownCertificate
from registry.queries.quality_post import QualityPostFilters as Filters
from registry.schemas.common import Choice, division_field, id_field, query_flag
from registry.usecases import quality_posts

KINDS = (
    "inspector 质量检验员, metrologist 计量员, internal_auditor 内审员, quality_engineer 质量工程师, other by its title"
)


class NewQualityPost(Schema):
    record = quality_posts.OpenQualityPost

    kind = Choice(QualityPostKind, required=True, metadata={"description": KINDS})
    title = TextField(100, required=True, metadata={"example": "成品检验员"})
    certificate_name = TextField(
        required=True, metadata={"description": "the certificate that the post asks for", "example": "质量检验员证"}
    )
    certificate_issuer = TextField(allow_none=True, metadata={"description": "who issues it, where that matters"})
    department = TextField(100, allow_none=True, metadata={"description": "by the enterprise's own name"})
    department_key = Choice(Department, allow_none=True, metadata={"description": "what it does (R27)"})
    opened_on = DayField(metadata={"description": "today if left out"})


class NewHolderCertificate(Schema):
    record = ShownCertificate

    number = TextField(100, required=True)
    valid_from = DayField(required=True, metadata={"description": "not later than today"})
    valid_until = DayField(allow_none=True, metadata={"description": "its last day; none if it is valid for good"})


class NewQualityPostHolder(Schema):
    record = quality_posts.FillQualityPost

    name = TextField(100, required=True)
    from_on = DayField(metadata={"description": "today if left out"})
    certificate = fields.Nested(NewHolderCertificate, allow_none=True)


class LastDay(Schema):
    record = quality_posts.WithLastDay

    on = DayField(required=True, metadata={"description": "the last day; not later than today"})


class QualityPost(Schema):
    id = fields.String(required=True)
    enterprise_id = fields.String(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    certificate_name = fields.String(required=True)
    certificate_issuer = fields.String(required=True, allow_none=True)
    department = fields.String(required=True, allow_none=True)
    department_key = fields.String(required=True, allow_none=True)
    opened_on = fields.Date(required=True)
    closed_on = fields.Date(required=True, allow_none=True)


class QualityPostHolder(Schema):
    id = fields.String(required=True)
    quality_post_id = fields.String(required=True)
    name = fields.String(required=True)
    from_on = fields.Date(required=True)
    until_on = fields.Date(required=True, allow_none=True)


class HolderOnDay(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    from_on = fields.Date(required=True)
    until_on = fields.Date(required=True, allow_none=True)
    certified = fields.Boolean(required=True, metadata={"description": "whether a certificate is valid on the day"})
    certificate_number = fields.String(required=True, allow_none=True)
    certificate_valid_until = fields.Date(
        required=True, allow_none=True, metadata={"description": "null of one that is valid for good, and of none"}
    )


class QualityPostOnDay(Schema):
    post = fields.Nested(QualityPost, required=True)
    holders = fields.List(fields.Nested(HolderOnDay), required=True)


class QualityPostFilters(QuerySchema):
    record = Filters

    division = division_field()
    enterprise_id = id_field()
    kind = Choice(QualityPostKind)
    vacant = query_flag()
    uncertified = query_flag(metadata={"description": "whether somebody fills it without a valid certificate"})
    on = DayField(metadata={"description": "the day asked for; today if left out"})
