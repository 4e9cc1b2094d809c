"""The errors a service answers with. An error's docstring is the sentence its caller reads.

This module imports the standard library only, so that a service's `domain/` may import it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class CqoError(Exception):
    """The request could not be carried out."""

    status: int = 500  # of the answer
    zh: ClassVar[str] = "请求未能完成。"
    rule: ClassVar[str | None] = None  # the programme's rule that was broken, e.g. "R23"

    def __init__(self, detail: str | None = None, **facts: Any) -> None:  # Any: whatever tells the caller of the case
        """`detail` replaces the sentence where one case needs its own; `facts` go out beside it."""
        self.facts = facts
        self.detail = detail
        super().__init__(self.sentence())

    def sentence(self, language: str = "en") -> str:
        """The sentence a caller reads, in `language` ("en" or "zh")."""
        if self.detail is not None:
            return self.detail
        return self.zh if language == "zh" else inspect.cleandoc(type(self).__doc__ or "")


class InvalidInput(CqoError):
    """The request's content is not valid; correct the places named in `errors` and send it again."""

    status = 422
    zh = "请求内容无效，请按 errors 中列出的位置更正后重新提交。"

    def __init__(self, errors: Sequence[Mapping[str, object]], detail: str | None = None) -> None:
        """`errors`: one object per violation, `{"pointer" | "row" + "column": …, "reason": …}`."""
        super().__init__(detail, errors=list(errors))

    @classmethod
    def at(cls, pointer: str, reason: str, reason_zh: str) -> InvalidInput:
        """One violation at a place of the body, a JSON pointer, said in both languages."""
        return cls([{"pointer": pointer, "reason": reason, "reason_zh": reason_zh}])


class Unauthenticated(CqoError):
    """The request carries no valid token; send `Authorization: Bearer <token>`."""

    status = 401
    zh = "请求未携带有效令牌，请在 Authorization 头中提供 Bearer 令牌。"


class Forbidden(CqoError):
    """Your role may not do this."""

    status = 403
    zh = "您的角色无权执行此操作。"


class NotFound(CqoError):
    """There is no such object, or it lies outside your division."""

    status = 404
    zh = "对象不存在，或不在您的管辖范围内。"


class RuleBroken(CqoError):
    """A rule of the programme forbids this."""

    status = 409
    zh = "该操作违反制度规则。"


class VersionRequired(CqoError):
    """This change needs an `If-Match` header with the object's current ETag; read the object first."""

    status = 428
    zh = "此修改须在 If-Match 头中提供对象当前的 ETag，请先读取该对象。"


class StaleVersion(CqoError):
    """The object has changed since you read it; read it again and repeat your change."""

    status = 412
    zh = "对象在您读取之后已被修改，请重新读取后再提交。"


class Transient(Exception):
    """What an event needs is not there yet; the event is tried again later, in its aggregate's order."""
