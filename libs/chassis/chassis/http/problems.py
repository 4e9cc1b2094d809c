"""Errors as `application/problem+json` (RFC 9457), in the caller's language, never with anything internal."""

from __future__ import annotations

import html
import inspect
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import eventlet
import psycopg
from nameko.exceptions import ContainerBeingKilled
from sqlalchemy import exc as database
from werkzeug import exceptions as http_errors
from werkzeug.wrappers import Response

from chassis.data import is_contention, is_timeout, is_unavailable
from chassis.errors import CqoError, InvalidInput, NotFound

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"


class NoSuchAddress(NotFound):
    """There is nothing at this address."""

    zh = "该地址不存在。"


class MethodNotAllowed(CqoError):
    """This address does not answer that method; the `Allow` header lists those it does."""

    status = 405
    zh = "该地址不支持此请求方法，可用方法见 Allow 头。"


class AddressTooLong(CqoError):
    """The address is longer than 8,192 bytes."""

    status = 414
    zh = "请求地址超过 8,192 字节。"


class RequestMalformed(CqoError):
    """The request is not well-formed HTTP, or does not say without doubt where it ends; the connection is closed."""

    status = 400
    zh = "请求不是格式正确的 HTTP 请求，或其结尾不明确；连接已关闭。"


class HeadersTimeout(CqoError):
    """The request's headers did not arrive in time."""

    status = 408
    zh = "请求头未在规定时间内送达。"


class HeadersTooLarge(CqoError):
    """The request's headers are too many or too large: 100 headers of 8,192 bytes, and 65,536 bytes together."""

    status = 431
    zh = "请求头过多或过大：至多 100 个，每个至多 8,192 字节，合计至多 65,536 字节。"


class TooManyRequests(CqoError):
    """Your address asks this too often; wait for the seconds that `Retry-After` names."""

    status = 429
    zh = "您的地址请求过于频繁，请按 Retry-After 所示秒数后再试。"


class BodyTimeout(CqoError):
    """The body did not arrive in time."""

    status = 408
    zh = "请求正文未在规定时间内送达。"


class BodyIncomplete(CqoError):
    """The body ended before its announced length."""

    status = 400
    zh = "请求正文不完整。"


class BodyTooLarge(CqoError):
    """The body is larger than this address accepts."""

    status = 413
    zh = "请求正文超过该地址允许的大小。"


class WrongMediaType(CqoError):
    """This address does not accept a body of that content type."""

    status = 415
    zh = "该地址不接受此内容类型的请求正文。"


class Clash(CqoError):
    """Another request changed the same thing at the same moment; read it again and repeat yours."""

    status = 409
    zh = "另一请求同时修改了同一对象，请重新读取后再提交。"


class Unavailable(CqoError):
    """The service can't reach its database just now, or is stopping; nothing was changed, so try again shortly."""

    status = 503
    zh = "服务暂时不可用，未作任何更改，请稍后重试。"


class TookTooLong(Unavailable):
    """The request took too long and was given up; nothing was changed, so try again."""

    zh = "请求处理超时，已放弃且未作任何更改，请重试。"


class HeldByAnotherChange(CqoError):
    """Another change held what this request needs for too long; nothing was changed, so try again shortly."""

    status = 503
    zh = "另一项更改长时间占用了本请求所需的数据，未作任何更改，请稍后重试。"


class Unexpected(CqoError):
    """The service failed unexpectedly; report the correlation id to those who run it."""

    status = 500
    zh = "服务发生意外错误，请将 correlation_id 告知运维人员。"


ZH_REASONS = {
    "Missing data for required field.": "缺少必填项。",
    "Unknown field.": "未知字段。",
    "Field may not be null.": "不得为空值。",
    "Invalid input type.": "数据类型不正确。",
    "Number out of range.": "数值超出范围。",
    "Given more than once.": "重复给出。",
    "Nested too deeply.": "嵌套层数过多。",
    "Contains a NUL or a lone surrogate.": "含有无效字符。",
    "Not a cursor of this list.": "不是本列表的游标。",
}


def as_error(fault: BaseException) -> CqoError:
    """The error a caller is told of; what is not meant for callers becomes Unexpected, and is logged."""
    if isinstance(fault, CqoError):
        return fault
    if isinstance(fault, http_errors.HTTPException):
        return _of_http(fault)
    if isinstance(fault, eventlet.Timeout):
        log.warning("a request was given up after %s", fault)
        return TookTooLong()
    if isinstance(fault, ContainerBeingKilled):
        return Unavailable()
    if isinstance(fault, database.SQLAlchemyError):
        return _of_database(fault)
    log.error("a request failed", exc_info=fault)
    return Unexpected()


def _of_http(fault: http_errors.HTTPException) -> CqoError:
    if isinstance(fault, http_errors.MethodNotAllowed):
        return MethodNotAllowed(allow=sorted(fault.valid_methods or ()))
    if isinstance(fault, http_errors.NotFound):
        return NoSuchAddress()
    log.warning("a request was refused by the HTTP layer: %s", fault)
    error = CqoError(fault.name)
    error.status = fault.code or 500
    return error


def _of_database(fault: database.SQLAlchemyError) -> CqoError:
    cause = getattr(fault, "orig", None)
    if isinstance(fault, database.DataError):
        # A value that no schema bounded; PostgreSQL refused it, so nothing is stored.
        log.warning("a value was refused by the database: %s", type(cause).__name__)
        return InvalidInput([{"pointer": "", "reason": "A value is out of the range that can be stored."}])
    if isinstance(cause, psycopg.errors.UniqueViolation | psycopg.errors.ForeignKeyViolation):
        log.warning("a request clashed: %s %s", type(cause).__name__, cause.diag.constraint_name)
        return Clash()
    if is_contention(fault):
        log.warning("a request was held up by another change: %s", type(cause).__name__)
        return HeldByAnotherChange()
    if is_timeout(fault):
        log.warning("a statement of a request took too long: %s", type(cause).__name__)
        return TookTooLong()
    if is_unavailable(fault):
        log.warning("the database is not available: %s", type(cause or fault).__name__)
        return Unavailable()
    log.error("a request failed in the database", exc_info=fault)
    return Unexpected()


def response(fault: BaseException, *, language: str, correlation_id: str, instance: str) -> Response:
    """The answer to a request that failed."""
    error = as_error(fault)
    document: dict[str, object] = {
        **_localised(error.facts, language),
        "type": f"/problems/{name_of(type(error))}",
        "title": title_of(type(error)),
        "status": error.status,
        "detail": error.sentence(language),
        "instance": instance,
        "correlation_id": correlation_id,
    }
    if error.rule:
        document["rule"] = error.rule
    answer = Response(
        json.dumps(document, ensure_ascii=False, default=str), status=error.status, content_type=CONTENT_TYPE
    )
    answer.headers["Content-Language"] = language if error.detail is None else "en"
    if error.status == 503:
        answer.headers["Retry-After"] = "5"
    if isinstance(error, TooManyRequests):
        answer.headers["Retry-After"] = str(error.facts["retry_after"])
    if error.status == 401:
        sent = 'Bearer error="invalid_token"' if name_of(type(error)) != "unauthenticated" else "Bearer"
        answer.headers["WWW-Authenticate"] = sent
    if isinstance(error, MethodNotAllowed):
        answer.headers["Allow"] = ", ".join(error.facts["allow"])
    return answer


def _localised(facts: dict[str, Any], language: str) -> dict[str, Any]:  # Any: facts of any type
    if language != "zh" or not isinstance(facts.get("errors"), list):
        return facts
    errors = [
        {**found, "reason": found.get("reason_zh") or ZH_REASONS.get(found.get("reason"), found.get("reason"))}
        for found in facts["errors"]
    ]
    return {**facts, "errors": errors}


def name_of(kind: type[CqoError]) -> str:
    """NotInTalentPool → not-in-talent-pool."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", kind.__name__).lower()


def title_of(kind: type[CqoError]) -> str:
    """NotInTalentPool → Not in talent pool."""
    return name_of(kind).replace("-", " ").capitalize()


def kinds(root: type[CqoError] = CqoError) -> Iterator[type[CqoError]]:
    """Every kind of error that the running service knows."""
    yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


def page(name: str) -> str | None:
    """A small page that explains a kind of problem; None if there is none of that name."""
    for kind in kinds():
        if name_of(kind) == name:
            rule = f"<p>Rule 条款 {html.escape(kind.rule)}</p>" if kind.rule else ""
            sentence = html.escape(inspect.cleandoc(kind.__doc__ or ""))
            return (
                f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title_of(kind))}</title>'
                f"<h1>{html.escape(title_of(kind))}</h1><p>HTTP {kind.status}</p>{rule}"
                f'<p>{sentence}</p><p lang="zh">{html.escape(kind.zh)}</p></html>'
            )
    return None
