"""Why a workbook can't be used as a whole."""

from __future__ import annotations


class Refusal(Exception):
    """The workbook as a whole can't be used: a code for programs, and the reason in two languages for people."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        self.code, self.zh, self.en = code, zh, en
        super().__init__(en)
