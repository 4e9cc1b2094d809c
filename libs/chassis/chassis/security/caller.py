"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Caller:
    """Who calls, and in which role. A system whose roles act for somebody has a subclass that says for whom."""

    subject: str
    role: str
    token_id: str | None = field(default=None, kw_only=True)
