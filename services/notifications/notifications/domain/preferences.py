"""What recipients choose: the language, and which kinds of notice they do not want on which channel."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from chassis.errors import RuleBroken
from notifications.domain.language import Language
from notifications.domain.notice import Channel
from notifications.domain.rules import Rules

SwitchedOff = Mapping[Channel, Collection[str]]  # by channel, kinds of notice


class MandatoryNotice(RuleBroken):
    """This kind of notice is mandatory by the rule set in force and can't be switched off on any channel."""

    zh = "根据现行规则集，此类通知为必须送达的通知，任何渠道均不得关闭。"


class InboxStays(RuleBroken):
    """The inbox can't be switched off: it keeps every notice, and what is not sent elsewhere can be read there."""

    zh = "站内通知不得关闭：所有通知均存于其中，未通过其他渠道发送的也可在此查阅。"


@dataclass(frozen=True)
class Preferences:
    """What one recipient has chosen."""

    language: Language = Language.CHINESE
    switched_off: SwitchedOff = field(default_factory=dict)
    version: int = 0  # 0: nothing was ever chosen

    def declines(self, kind: str, channel: Channel, optional: Collection[str]) -> bool:
        """Whether they do not want that kind of notice on that channel, and need not have it.

        What has become mandatory since they chose is sent.
        """
        return kind in self.switched_off.get(channel, ()) and kind in optional


NOTHING_CHOSEN = Preferences()


def check_choice(switched_off: SwitchedOff, rules: Rules) -> None:
    """That what is switched off may be: InboxStays or MandatoryNotice, which names the rule and its document."""
    if switched_off.get(Channel.IN_APP):
        raise InboxStays(kinds=sorted(switched_off[Channel.IN_APP]))
    for channel, kinds in switched_off.items():
        for kind in sorted(kinds):
            if kind not in rules.optional:
                raise MandatoryNotice(kind=kind, channel=channel, ruleset=rules.version, basis=rules.document)
