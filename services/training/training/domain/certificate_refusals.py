"""Why something can't be done with a certificate."""

from __future__ import annotations

from chassis.errors import RuleBroken


class NotPassed(RuleBroken):
    """A certificate is for who has passed the class."""

    zh = "培训考核合格者方可取得证书。"
    rule = "R59"


class IsRevoked(RuleBroken):
    """The certificate has been revoked; nothing can be changed about it any more."""

    zh = "该证书已被撤销，不能再换证或作其他变更。"
    rule = "R59"


class IsReplaced(RuleBroken):
    """The certificate has been replaced by another; change that one."""

    zh = "该证书已被新证书替代，请对新证书办理。"
    rule = "R59"


class HoldsCertificate(RuleBroken):
    """This person holds a certificate already. It is renewed; the training for a first one is for others."""

    zh = "该人员已持有任职资格证书，应办理换证，无需再参加任职培训。"
    rule = "R59"


class OutsideRenewalWindow(RuleBroken):
    """It can't be renewed on this day. Before the window opens, wait; after it, take the full training again."""

    zh = "当前不在换证窗口内：窗口开启前请等待，窗口关闭后须重新参加任职培训。"
    rule = "R59"


class EducationShort(RuleBroken):
    """Renewal needs the hours of continuing education of each year of the term."""

    zh = "换证须在证书有效期内逐年完成规定的再教育学时。"
    rule = "R34"
