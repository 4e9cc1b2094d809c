"""Who calls."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Caller:
    """Who calls, and in which role. A system whose roles act for somebody has a subclass that says for whom."""

    subject: str
    role: str
    token_id: str | None = field(default=None, kw_only=True)

    @property
    def scope_key(self) -> str:
        """Everything that decides what the caller sees and may do; two tokens of one scope have the same.

        One subject may act for several divisions, or in several roles: what one of them is told is not for the others.
        """
        scope = {each.name: getattr(self, each.name) for each in dataclasses.fields(self) if each.name != "token_id"}
        # Hashed, because claims of the longest kind together are more than a row of an index holds.
        return hashlib.sha256(json.dumps(scope, sort_keys=True).encode()).hexdigest()
