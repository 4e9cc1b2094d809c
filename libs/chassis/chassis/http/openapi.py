"""The OpenAPI 3.1 description of an API, made from its route declarations alone."""

from __future__ import annotations

import inspect
import re
from typing import Any, TypeAlias

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema as MarshmallowSchema
from marshmallow import fields, validate
from nameko.containers import ServiceContainer

from chassis.errors import CqoError, Forbidden, InvalidInput, NotFound, StaleVersion, Unauthenticated, VersionRequired
from chassis.http import body, problems
from chassis.http.entrypoint import WRITING_METHODS, HttpEntrypoint
from chassis.http.fields import TextField
from chassis.http.idempotency import KeyReused
from chassis.http.schemas import MalformedBody, PageQuery
from chassis.http.server import IdConverter

ARGUMENT = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457). Members beyond these are facts of the case.",
    "required": ["type", "title", "status", "detail", "instance", "correlation_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "A page that explains the problem."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for people, in the language of `Accept-Language`."},
        "instance": {"type": "string", "format": "uri-reference"},
        "rule": {"type": "string", "description": "The programme's rule that was broken, for example R23."},
        "correlation_id": {"type": "string", "description": "Give this to those who run the service."},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "Each violation and its place."},
    },
    "examples": [
        {
            "type": "/problems/not-found",
            "title": "Not found",
            "status": 404,
            "detail": "There is no such object, or it lies outside your division.",
            "instance": "/enterprises/0192f3a0-5b7c-7c3e-9d8a-3a2b1c0d4e5f",
            "correlation_id": "0192f3a0-5b7c-7c3e-9d8a-000000000001",
        }
    ],
}
HEADERS: dict[str, dict[str, object]] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Sent again with the same key, the request takes effect once and gets the same answer.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": 'The object\'s ETag, `"<version>"`; a stale one is refused.',
        "required": True,
        "schema": {"type": "string", "pattern": '^(W/)?"[0-9]{1,18}"$'},
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "ETags that you have; if the object still has one of them, the answer is 304 and empty.",
        "schema": {"type": "string"},
    },
    "Accept-Language": {
        "name": "Accept-Language",
        "in": "header",
        "description": "`zh` or `en`: the language of sentences.",
        "schema": {"type": "string", "default": "en"},
    },
}
Described: TypeAlias = dict[str, Any]  # Any: schemas may stand where OpenAPI has JSON; apispec puts that in their place

_described: dict[int, Described] = {}


def of(container: ServiceContainer) -> Described:
    """The description of the API that a nameko container hosts, made at its first use."""
    found = _described.get(id(container))
    if found is None:
        routes = [entrypoint for entrypoint in container.entrypoints if isinstance(entrypoint, HttpEntrypoint)]
        doc = inspect.getdoc(container.service_cls) or ""
        title = getattr(container.service_cls, "title", container.service_name)
        found = _described[id(container)] = describe(title, doc, routes)
    return found


def describe(title: str, description: str, routes: list[HttpEntrypoint]) -> Described:
    """The description of these routes."""
    plugin = MarshmallowPlugin(schema_name_resolver=_component)
    spec = APISpec(
        title=title,
        version="1",
        openapi_version="3.1.0",
        info={"description": description, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        plugins=[plugin],
        security=[{"bearer": []}],
        servers=[{"url": "."}],  # where this description is, whatever stands before the service
    )
    assert plugin.converter is not None, "the plugin has one as soon as it is a specification's"
    plugin.converter.add_attribute_function(_bounds)  # type: ignore[no-untyped-call]
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    spec.components.schema("Problem", PROBLEM)
    for name, header in HEADERS.items():
        spec.components.parameter(name, "header", header)
    for route in sorted(routes, key=lambda route: (route.template, route.method)):
        for method in route.method.split(","):
            spec.path(path=route.template, operations={method.lower(): _operation(route, method)})
    return spec.to_dict()


def _bounds(_: object, field: fields.Field[Any], ret: Described, **__: object) -> Described:  # Any: of any type
    """What apispec says otherwise than JSON Schema: bounds that are excluded, and how many members an object has."""
    for check in field.validators:
        if isinstance(check, validate.Range):
            if not check.min_inclusive and "minimum" in ret:
                ret["exclusiveMinimum"] = ret.pop("minimum")
            if not check.max_inclusive and "maximum" in ret:
                ret["exclusiveMaximum"] = ret.pop("maximum")
        elif isinstance(check, validate.Length) and isinstance(field, fields.Dict):
            for text, members in (("minLength", "minProperties"), ("maxLength", "maxProperties")):
                if text in ret:
                    ret[members] = ret.pop(text)
    if isinstance(field, fields.Dict) and isinstance(field.key_field, TextField):
        ret["propertyNames"] = dict(field.key_field.metadata)
    return ret


def _component(schema: MarshmallowSchema | type[MarshmallowSchema]) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    # A service may well have a schema of the same name as one of ours.
    return f"Chassis{kind.__name__}" if kind.__module__.startswith("chassis.") else kind.__name__


def _operation(route: HttpEntrypoint, method: str) -> Described:
    roles = "nobody needs a token" if route.is_public else ", ".join(sorted(route.roles)) or "none"
    operation: Described = {
        "operationId": route.method_name,
        "summary": route.summary or route.method_name.replace("_", " ").capitalize(),
        "description": "\n\n".join(filter(None, [route.description, f"Roles: {roles}."])),
        "tags": [route.template.split("/")[1] or "root"],
        "x-roles": sorted(route.roles),
        "parameters": _parameters(route, method),
        "responses": _responses(route, method),
    }
    if route.is_public:
        operation["security"] = []
    if method in WRITING_METHODS and (route.body is not None or route.file):
        content: Described = {media_type: {} for media_type in route.file} or {body.JSON: {"schema": route.body}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _parameters(route: HttpEntrypoint, method: str) -> list[Described | str]:
    parameters: list[Described | str] = [
        {"name": name, "in": "path", "required": True, "schema": _argument(converter, name)}
        for converter, name in ARGUMENT.findall(route.url)
    ]
    if route.query is not None:
        parameters.append({"in": "query", "schema": route.query})
    if route.paged:
        parameters.append({"in": "query", "schema": PageQuery})
    if method == "POST" and not route.confidential:
        parameters.append("Idempotency-Key")
    if route.versioned:
        parameters.append("If-Match")
    if _has_version(route, method):
        parameters.append("If-None-Match")
    if not route.is_public:
        parameters.append("Accept-Language")
    return parameters


def _has_version(route: HttpEntrypoint, method: str) -> bool:
    """Whether what is read has a version, and so an ETag."""
    shown = route.returns
    return method == "GET" and not route.paged and shown is not None and not shown.many and "version" in shown.fields


def _argument(converter: str, name: str) -> Described:
    if converter == "int":
        return {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
    if not converter and name.endswith("_id"):
        return {"type": "string", "format": "uuid", "pattern": f"^{IdConverter.regex}$"}
    return {"type": "string", "minLength": 1}


def _responses(route: HttpEntrypoint, method: str) -> Described:
    success: Described = {"description": "Done."}
    if route.produces:
        success["content"] = {route.produces: {}}
    elif route.returns is not None:
        success["content"] = {"application/json": {"schema": _returned(route)}}
    success["headers"] = {
        "X-Correlation-Id": {"description": "The request's correlation id.", "schema": {"type": "string"}},
        "ETag": {"description": "The object's version, where it has one.", "schema": {"type": "string"}},
    }
    responses: Described = {str(204 if _answers_nothing(route) else route.status): success}
    if _has_version(route, method):
        responses["304"] = {"description": "The object still has that ETag."}
    by_status: dict[int, list[type[CqoError]]] = {}
    for kind in _expected(route, method):
        by_status.setdefault(kind.status, []).append(kind)
    for status, kinds in sorted(by_status.items()):
        sentences = (inspect.cleandoc(kind.__doc__ or "") for kind in dict.fromkeys(kinds))
        responses.setdefault(str(status), _problem(" / ".join(sentences)))
    responses["default"] = _problem("Any other problem.")
    return responses


def _answers_nothing(route: HttpEntrypoint) -> bool:
    return route.method in WRITING_METHODS and route.returns is None and not route.produces


def _problem(description: str) -> Described:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {problems.CONTENT_TYPE: {"schema": reference}}}


def _returned(route: HttpEntrypoint) -> Described | MarshmallowSchema | None:
    if not route.paged:
        return route.returns
    items: Described = {"type": "array", "items": route.returns or {}}
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {"items": items, "next": {"type": ["string", "null"], "description": "The next page's cursor."}},
    }


def _expected(route: HttpEntrypoint, method: str) -> list[type[CqoError]]:
    expected: list[type[CqoError]] = [*route.problems, problems.Unavailable, problems.HeldByAnotherChange]
    if not route.is_public:
        expected += [Unauthenticated, Forbidden]
    if "{" in route.template:
        expected.append(NotFound)
    # Parameters that a route does not know are refused, so one that knows none refuses some as well.
    expected.append(InvalidInput)
    if method in WRITING_METHODS:
        expected += [problems.BodyTooLarge, KeyReused]
    if route.versioned:
        expected += [StaleVersion, VersionRequired]
    if route.body is not None or route.file:
        expected += [MalformedBody, problems.WrongMediaType]
    return expected
