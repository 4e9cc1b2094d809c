"""The papers of an appointment, as files: its authorisation above all (R25). What a file is, its own bytes say."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chassis.errors import RuleBroken
from registry.domain.bilingual import Violation

LARGEST = 3 << 20  # bytes of a file: some pages, scanned
MOST = 10  # files of an appointment


class Paper(StrEnum):
    """What a file is of."""

    AUTHORISATION = "authorisation"  # 授权书
    APPOINTMENT = "appointment"  # 聘任文件
    CHANGE = "change"  # 变更文件


class TooManyDocuments(RuleBroken):
    """The appointment has as many files as it may have."""

    zh = "该聘任的文件数量已达上限。"


@dataclass
class AppointmentDocument:
    """A file, kept as it came, with the hash by which it can be told whether it is still the same."""

    id: str
    appointment_id: str
    paper: Paper
    name: str
    media_type: str
    size: int
    sha256: str
    content: bytes
    recorded_on: date

    @classmethod
    def of(
        cls, document_id: str, appointment_id: str, paper: Paper, name: str, content: bytes, on: date
    ) -> AppointmentDocument:
        """A file whose content has been checked."""
        media_type, digest = media_type_of(content), hashlib.sha256(content).hexdigest()
        assert media_type is not None, "the schema refuses what is none of the kinds"
        return cls(document_id, appointment_id, paper, name, media_type, len(content), digest, content, on)


def media_type_of(content: bytes) -> str | None:
    """PDF, PNG or JPEG, by how such a file begins and ends; None if it is none of them, or not whole."""
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-1024:]:
        return "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content.endswith(b"IEND\xaeB`\x82"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff") and content.rstrip(b"\0").endswith(b"\xff\xd9"):
        return "image/jpeg"
    return None


def violation(content: bytes) -> Violation | None:
    """What is wrong with a file; None if it can be kept."""
    if len(content) > LARGEST:
        return Violation(
            "文件超过 3 MB，请压缩或分开上传。", "The file is larger than 3 MB; make it smaller, or send it in parts."
        )
    if media_type_of(content) is None:
        return Violation(
            "文件不是完整的 PDF、PNG 或 JPEG 文件。", "The file is no PDF, PNG or JPEG, or its end is missing."
        )
    return None
