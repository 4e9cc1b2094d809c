"""The filing of an appointment (备案): the enterprise submits it, the bureau accepts it or returns it with a reason."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from chassis.errors import Forbidden, RuleBroken
from registry.domain.rules import Rules


class FilingState(StrEnum):
    """How far the filing of an appointment has come."""

    OWED = "owed"  # nothing was submitted yet
    SUBMITTED = "submitted"  # the bureau has to decide
    RETURNED = "returned"  # the enterprise has to submit it again
    FILED = "filed"


class AlreadyFiled(RuleBroken):
    """The appointment has already been filed."""

    zh = "该聘任已经备案。"


class AlreadySubmitted(RuleBroken):
    """The appointment was submitted for filing already; the bureau has to accept or return it."""

    zh = "该聘任已提交备案，待市场监管部门受理或退回。"


class NotSubmitted(RuleBroken):
    """Nothing was submitted that could be returned."""

    zh = "该聘任没有待受理的备案申请，不能退回。"


class NumberTaken(RuleBroken):
    """Another appointment in this division was filed under this number."""

    zh = "该区划内已有聘任使用此备案编号。"


class DayIsTheBureaus(Forbidden):
    """You submit as of today; an earlier day is for the bureau to enter, when it received the papers."""

    zh = "企业提交备案以当日为准；此前收到的纸质材料，由市场监管部门登记收到日期。"


def filing_due(appointed_on: date, rules: Rules) -> date:
    """The last day on which filing is in time."""
    return appointed_on + timedelta(days=rules.filing_days)


def resubmission_due(returned_on: date, rules: Rules) -> date:
    """The last day on which what was returned counts, once submitted again, from the day it was first submitted."""
    return returned_on + timedelta(days=rules.resubmission_days)
