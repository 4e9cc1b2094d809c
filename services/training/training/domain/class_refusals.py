"""Why something can't be done with a class."""

from __future__ import annotations

from chassis.errors import RuleBroken


class ClassIsClosed(RuleBroken):
    """The class has been closed and accepts no more changes."""

    zh = "该培训班已经结业，不再接受变更。"


class ClassIsCancelled(RuleBroken):
    """The class has been cancelled and accepts no more changes."""

    zh = "该培训班已经取消，不再接受变更。"


class ClassHasResults(RuleBroken):
    """Attendance or scores have been entered; the days of the class stay as they are, and it is held to its end."""

    zh = "该培训班已有出勤或考核记录，不能再改期或取消。"


class CapacityBelowTaken(RuleBroken):
    """More people are enrolled than the class would have places."""

    zh = "名额数少于已报名人数。"
    rule = "R61"


class EndsBeforeItStarts(RuleBroken):
    """The class would end before it starts."""

    zh = "结束日期早于开始日期。"


class SessionsDontFit(RuleBroken):
    """The sessions lie outside the days of the class, or don't add up to the hours of its blocks."""

    zh = "课次不在培训日期内，或各模块课次学时之和与模块学时不符。"
    rule = "R58"


class ClassNotOver(RuleBroken):
    """The class has not ended yet; close it on its last day or later."""

    zh = "该培训班尚未结束，请在结束当日或之后办理结业。"


class ClassTooShort(RuleBroken):
    """An initial class must offer at least the hours that the rule set requires of a participant."""

    zh = "任职培训班的总学时不得少于规则集规定的学时。"
    rule = "R56"


class BlockUnknown(RuleBroken):
    """The class has no such subject block."""

    zh = "本期培训班没有该课程模块。"
    rule = "R56"


class SessionUnknown(RuleBroken):
    """The class has no session of that number."""

    zh = "本期培训班没有该编号的课次。"
    rule = "R58"


class VenueMissing(RuleBroken):
    """A class that is held on site, wholly or in part, needs a venue or an address."""

    zh = "线下或混合方式的培训班须有培训场地或地址。"


class LinkMissing(RuleBroken):
    """A class that is held online, wholly or in part, needs the link by which it is joined."""

    zh = "线上或混合方式的培训班须有入课链接。"


class OnlineAtVenue(RuleBroken):
    """A class that is held online only has neither a venue nor an address; if it is held in both ways, it is mixed."""

    zh = "线上培训班不设培训场地和地址；线上线下同时进行的，请选择混合方式。"


class UnknownVenue(RuleBroken):
    """There is no venue of this id."""

    zh = "没有该编号的培训场地。"


class UnknownTrainer(RuleBroken):
    """There is no trainer of this id in the pool."""

    zh = "师资队伍中没有该编号的师资。"
    rule = "R6"


class TrainerOutsidePool(RuleBroken):
    """A block is taught by somebody who is not in the pool of trainers for it on each of its days."""

    zh = "授课人在授课日期内不在该课程模块的师资队伍中。"
    rule = "R6"
