"""A request to one of the programme's services, and the response.

`Request[SetTarget]` names what its body loads, `Request[None, TargetFilters]` what its query loads. `Response` is what
`request.reply` gives.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from typing_extensions import TypeVar

from chassis import http
from chassis.http import Response
from programme.callers import Caller

BodyT = TypeVar("BodyT", default=Any)  # Any: a handler that says nothing of its body
QueryT = TypeVar("QueryT", default=Any)  # Any: the same of its query
Request: TypeAlias = http.Request[BodyT, QueryT, Caller]

__all__ = ["Request", "Response"]
