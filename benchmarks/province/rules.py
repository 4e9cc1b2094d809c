"""The rules by which the load announces: those of rule set 1, as a migration enters them, with other channels."""

from __future__ import annotations

from alembic.script import ScriptDirectory

from chassis.process import revisions
from notifications.domain.rules import NoticeRule

_migration = ScriptDirectory(str(revisions.folder_of("notifications"))).get_revision("0018").module
# Rule set 2 of the load: letters for what is decided, and the rest in the system only. With rule set 1, which has
# letters for everything, the notices would be half of all rows. Offices get one letter a day of what is not urgent.
RULESET = 2
LETTERS = frozenset(
    {"certificate_revoked", "certificate_expired", "appointment_made", "appointment_suspended", "appointment_ended"}
)
GATHERED = frozenset({"certificate_expired", "appointment_made", "appointment_ended"})
NOTICES = [{**each, "digest": ["division"]} if each["key"] in GATHERED else each for each in _migration.NOTICES]
CHANNELS_BY_KIND = {each["key"]: ["in_app"] for each in NOTICES if each["key"] not in LETTERS}
RULES = [NoticeRule.of(each) for each in NOTICES]
BY_KEY = {each.key: each for each in RULES}
PLANNING = [each for each in RULES if each.due or each.escalations]


def by_event() -> dict[str, list[NoticeRule]]:
    """The rules by the type of event because of which something is written at once."""
    found: dict[str, list[NoticeRule]] = {}
    for rule in RULES:
        for event in rule.events if rule.due is None else ():
            found.setdefault(event, []).append(rule)
    return found
