"""The rules of rule set 1, as its migration enters them."""

from __future__ import annotations

from alembic.script import ScriptDirectory

from chassis.process import revisions
from notifications.domain.rules import NoticeRule

_MIGRATION = ScriptDirectory(str(revisions.folder_of("notifications"))).get_revision("0018").module
NOTICES, TIMING = _MIGRATION.NOTICES, _MIGRATION.TIMING
RULES = [NoticeRule.of(each) for each in NOTICES]


def matching(event: str, data: dict[str, object]) -> list[NoticeRule]:
    """The rules by which an event of that type with that data is announced, at once or later."""
    return [rule for rule in RULES if rule.applies(event, data)]
