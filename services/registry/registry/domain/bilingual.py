"""Sentences in the programme's two languages."""

from __future__ import annotations

from typing import NamedTuple


class Bilingual(NamedTuple):
    """The same in Chinese and in English."""

    zh: str
    en: str

    def sentence(self, language: str) -> str:
        """The one in `language`: "zh", or else English."""
        return self.zh if language == "zh" else self.en


class Violation(Bilingual):
    """What is wrong with a value that was entered."""
