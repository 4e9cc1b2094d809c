"""Why something can't be done with a certificate."""

from __future__ import annotations

from chassis.errors import RuleBroken


class NotPassed(RuleBroken):
    """A certificate is for who has passed the class."""

    zh = "培训考核合格者方可取得证书。"
    rule = "R59"


class IsRevoked(RuleBroken):
    """The certificate has been revoked; nothing can be changed about it any more."""

    zh = "该证书已被撤销，不能再续期或作其他变更。"
    rule = "R59"


class IsReplaced(RuleBroken):
    """The certificate has been replaced by another; change that one."""

    zh = "该证书已被新证书替代，请对新证书办理。"
    rule = "R59"


class IsSuspended(RuleBroken):
    """The certificate is suspended; reinstate it first."""

    zh = "该证书已被暂停，请先恢复。"
    rule = "R59"


class NotSuspended(RuleBroken):
    """Only a certificate that is suspended, and whose term is not over, can be reinstated."""

    zh = "只有处于暂停状态且未到期的证书可以恢复。"
    rule = "R59"


class NotValid(RuleBroken):
    """Only a certificate that is valid can be suspended or replaced by another of the same term."""

    zh = "只有有效的证书可以暂停或补发。"
    rule = "R59"


class HoldsCertificate(RuleBroken):
    """This person holds a certificate already. It is renewed; the training for a first one is for others."""

    zh = "该人员已持有任职资格证书，应办理续期，无需再参加任职培训。"
    rule = "R59"


class OutsideRenewalWindow(RuleBroken):
    """It can't be renewed on this day. Before the window opens, wait; after it, take the full training again."""

    zh = "当前不在续期窗口内：窗口开启前请等待，窗口关闭后须重新参加任职培训。"
    rule = "R59"


class EducationShort(RuleBroken):
    """Renewal needs the hours of continuing education of each year of the term."""

    zh = "续期须在证书有效期内逐年完成规定的继续教育学时。"
    rule = "R34"


class EndedSuspended(RuleBroken):
    """The certificate was suspended when its term ended, and can't be renewed; its holder takes the training again."""

    zh = "该证书到期时处于暂停状态，不能续期，须重新参加任职培训。"
    rule = "R59"
