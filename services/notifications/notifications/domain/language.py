"""The languages in which a notice can be read."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """A language by its tag (BCP 47)."""

    CHINESE = "zh-CN"
    ENGLISH = "en"
