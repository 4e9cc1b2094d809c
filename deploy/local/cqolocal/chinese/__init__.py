"""The Chinese of what `./cqo` prints, by the English sentence that stands in the code."""

from cqolocal.chinese.certificates import CERTIFICATES
from cqolocal.chinese.commands import COMMANDS
from cqolocal.chinese.demo import DEMO
from cqolocal.chinese.running import RUNNING

__all__ = ["CHINESE"]

CHINESE = {**COMMANDS, **CERTIFICATES, **RUNNING, **DEMO}
