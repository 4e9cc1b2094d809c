"""How much an uploaded list may hold, and what its reading may take: of a request that waits for it, and of a job."""

from __future__ import annotations

from dataclasses import dataclass

from registry.adapters.refusal import Refusal


@dataclass(frozen=True)
class Limits:
    """Bytes where nothing else is said; the parts of a workbook are measured unpacked."""

    name: str  # by which the child process is told of them
    rows: int  # below the headers
    file: int
    sheet: int
    strings: int
    unpacked: int  # all parts together, as the file itself says
    elements: int  # of one part: some four for each cell of a full sheet
    shared_text: int  # characters of shared strings, each as often as a cell refers to it
    memory: int  # address space of the child
    processor: int  # seconds
    within: int  # seconds that pass
    answer: int  # that the child may say

    @property
    def tags(self) -> int:
        """Counted before anything is parsed, which takes no time."""
        return 2 * self.elements

    @property
    def too_many_rows(self) -> Refusal:
        """The list has more rows than that."""
        return Refusal(
            "too_many_rows",
            f"数据行超过 {self.rows} 行，请拆分；表格下方带格式的空行请删除。",
            f"More than {self.rows} rows; split the file, and delete empty rows below the list.",
        )

    @property
    def too_big(self) -> Refusal:
        """The workbook's parts are bigger than that."""
        return Refusal(
            "too_big",
            f"工作簿解压后超过上限（共 {self.unpacked >> 20} MB，工作表 {self.sheet >> 20} MB），请拆分。",
            f"Unpacked, the workbook is too big ({self.unpacked >> 20} MB in all, {self.sheet >> 20} MB a sheet); "
            "split it.",
        )


MEGABYTE = 1 << 20
# While somebody waits for the answer. What the child's memory is enough for was measured: docs/operations.md, "Bounds".
REQUEST = Limits(
    name="request",
    rows=20_000,
    file=10 * MEGABYTE,
    sheet=48 * MEGABYTE,
    strings=32 * MEGABYTE,
    unpacked=64 * MEGABYTE,
    elements=1_000_000,
    shared_text=32 * MEGABYTE,
    memory=192 * MEGABYTE,
    processor=10,
    within=20,
    answer=128 * MEGABYTE,
)
# As a job, of which the service does one at a time.
JOB = Limits(
    name="job",
    rows=100_000,
    file=32 * MEGABYTE,
    sheet=128 * MEGABYTE,
    strings=96 * MEGABYTE,
    unpacked=192 * MEGABYTE,
    elements=5_000_000,
    shared_text=128 * MEGABYTE,
    memory=768 * MEGABYTE,
    processor=60,
    within=120,
    answer=192 * MEGABYTE,
)
LIMITS = {limits.name: limits for limits in (REQUEST, JOB)}
