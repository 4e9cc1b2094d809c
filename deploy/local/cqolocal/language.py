"""English or Chinese for what `./cqo` prints, as the locale asks; imports the standard library only.

A sentence stands in the code in English, with places for its values: `tr("{service} is back", service="registry")`. Its
Chinese is in `cqolocal.chinese`, under the English one; a test finds each sentence that has none there.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping

from cqolocal.chinese import CHINESE

DECIDING = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first one that is set decides


def is_chinese(environ: Mapping[str, str] | None = None) -> bool:
    """Whether the locale asks for Chinese."""
    environ = os.environ if environ is None else environ
    return next(filter(None, map(environ.get, DECIDING)), "").lower().startswith("zh")


def tr(sentence: str, **values: object) -> str:
    """The sentence with its values, in the language that the locale asks for."""
    chosen = CHINESE.get(sentence, sentence) if is_chinese() else sentence
    return chosen.format(**values) if values else chosen


def say_clicks_words_too() -> None:
    """Has click say its own words by `tr`, "Usage:" for instance. It takes them from gettext when it is loaded."""
    gettext.gettext = lambda message: tr(message)
    gettext.ngettext = lambda msgid1, msgid2, n: tr(msgid1 if n == 1 else msgid2)
