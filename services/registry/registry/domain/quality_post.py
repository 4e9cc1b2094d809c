"""An enterprise's key quality posts beside its CQO's, and the certificates with which they are held (R28).

Each post names the certificate that it asks for (持证上岗), and whoever fills it shows theirs. All is kept by its
days, so that it can be asked who was without a valid one on any day. A certificate that runs out is no event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from chassis.errors import RuleBroken
from registry.domain.departments import Department

NO_END = date(9999, 12, 31)  # of a certificate that is valid for good
MOST_POSTS, MOST_HOLDERS, MOST_CERTIFICATES = 100, 200, 30  # of an enterprise, of a post at a time, of a holder


class QualityPostKind(StrEnum):
    """What the post is for, whatever the enterprise calls it."""

    INSPECTOR = "inspector"  # 质量检验员
    METROLOGIST = "metrologist"  # 计量员
    INTERNAL_AUDITOR = "internal_auditor"  # 内审员
    QUALITY_ENGINEER = "quality_engineer"  # 质量工程师
    OTHER = "other"


class SamePost(RuleBroken):
    """The enterprise already has a key quality post with this title."""

    zh = "该企业已有同名的重要质量岗位。"


class TooManyOfThem(RuleBroken):
    """There are as many as the register keeps of one enterprise, post or holder; its bound is in `most`."""

    zh = "数量已达登记上限（见 most）。"


class PostClosed(RuleBroken):
    """This key quality post has been closed."""

    zh = "该重要质量岗位已经撤销。"


class StillHeld(RuleBroken):
    """Somebody still holds the post on that day; enter their last day first."""

    zh = "该岗位仍有人员在岗，请先登记其离岗日期。"


class AlreadyLeft(RuleBroken):
    """This person has left the post."""

    zh = "该人员已经离岗。"


class DaysOutOfOrder(RuleBroken):
    """A day lies in the future, or before the one on which what it ends began."""

    zh = "日期晚于今天，或者早于其开始日期。"


class CertificateEndsFirst(RuleBroken):
    """The certificate would end before it begins."""

    zh = "证书有效期止早于有效期起。"


class SameCertificate(RuleBroken):
    """A certificate with this number and these days is entered already."""

    zh = "该编号的证书已经登记。"


@dataclass
class QualityPost:
    """A key quality post, and the certificate that it asks for."""

    id: str
    enterprise_id: str
    kind: QualityPostKind
    title: str
    certificate_name: str
    certificate_issuer: str | None
    department: str | None  # the enterprise's own name of it
    department_key: Department | None
    opened_on: date
    closed_on: date | None = None  # the last day

    def require_open(self) -> None:
        """Refuses a change to a post that was closed."""
        if self.closed_on is not None:
            raise PostClosed()

    def close(self, on: date, last_left: date | None, is_held: bool, today: date) -> None:
        """Closes the post with the day `on`; `last_left` is the last day of whoever left it last."""
        self.require_open()
        if not self.opened_on <= on <= today:
            raise DaysOutOfOrder()
        if is_held or (last_left is not None and last_left > on):
            raise StillHeld()
        self.closed_on = on


@dataclass(frozen=True)
class ShownCertificate:
    """A certificate as its holder shows it; without `valid_until` it is valid for good."""

    number: str
    valid_from: date
    valid_until: date | None = None


@dataclass
class HolderCertificate:
    """A certificate of a holder, by its days."""

    id: str
    holder_id: str
    number: str
    valid_from: date
    valid_until: date
    recorded_on: date


@dataclass
class QualityPostHolder:
    """Somebody who fills a key quality post.

    `certified_until` is the last day that any of their certificates covers; the day before the first one while they
    have shown none.
    """

    id: str
    quality_post_id: str
    name: str
    from_on: date
    certified_until: date
    until_on: date | None = None  # the last day

    @classmethod
    def fill(cls, holder_id: str, post: QualityPost, name: str, from_on: date, today: date) -> QualityPostHolder:
        """Somebody fills the post from that day."""
        post.require_open()
        if not post.opened_on <= from_on <= today:
            raise DaysOutOfOrder()
        return cls(holder_id, post.id, name, from_on, from_on - timedelta(days=1))

    def show(self, certificate_id: str, shown: ShownCertificate, today: date) -> HolderCertificate:
        """Enters a certificate, which is in force by now."""
        if self.until_on is not None:
            raise AlreadyLeft()
        until = shown.valid_until or NO_END
        if until < shown.valid_from:
            raise CertificateEndsFirst()
        # Of one that begins later it could not be said by the last day alone whether somebody is certified today.
        if shown.valid_from > today:
            raise DaysOutOfOrder()
        self.certified_until = max(self.certified_until, until)
        return HolderCertificate(certificate_id, self.id, shown.number, shown.valid_from, until, today)

    def leave(self, on: date, today: date) -> None:
        """Leaves the post with the day `on`."""
        if self.until_on is not None:
            raise AlreadyLeft()
        if not self.from_on <= on <= today:
            raise DaysOutOfOrder()
        self.until_on = on
