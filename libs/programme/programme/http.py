"""A request to one of the programme's services: `Request[commands.Appoint]` names what its body, then its query, loads."""

from __future__ import annotations

from typing import Any, TypeAlias

from typing_extensions import TypeVar

from chassis import http
from programme.callers import Caller

BodyT = TypeVar("BodyT", default=Any)  # Any: a handler that says nothing of its body
QueryT = TypeVar("QueryT", default=Any)  # Any: the same of its query
Request: TypeAlias = http.Request[BodyT, QueryT, Caller]
