"""The history is written in parts, each some enterprises with all that became of them, by several processes.

A part follows from the seed and its number alone, so the history is the same however many processes write it. What
the parts share (classes, rising numbers) each knows without asking the others; what is counted over all is handed back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from threading import Thread

from joserfc.jwk import ECKey

from chassis.security import Cipher
from notifications.adapters.seals import Seals
from province import followed, offices
from province.books import Books, Counts
from province.careers import Careers
from province.classes import Classes
from province.databases import Copier
from province.firms import Firms
from province.numbers import Numbers
from province.readers import all_readers
from province.retention import Retention
from province.tree import Tree
from registry.adapters.jwe import Agreement

ENTERPRISES = 1000  # in a part
PEOPLE_OF_AN_ENTERPRISE = 2  # on average


@dataclass(frozen=True)
class History:
    """What is to be written, and where: `bound` are the readers of each kind of aggregate, `secrets` the keys."""

    urls: Mapping[str, str]
    seed: int
    enterprises: int
    bound: Mapping[str, tuple[str, ...]]
    secrets: Mapping[str, str]
    notice_days: int

    @property
    def parts(self) -> int:
        """How many parts there are; the last may be smaller."""
        return -(-self.enterprises // ENTERPRISES)

    def books(self, part: int) -> Books:
        """Empty books of a part; of the whole where `part` is the number of parts."""
        seals = Seals(self.secrets["notice_key"])
        return Books(f"{self.seed} {part}", part, self.bound, all_readers(), Retention(self.notice_days), seals)

    def classes(self) -> Classes:
        """The classes, the same for each part, from books that nothing else is entered in."""
        return Classes(self.books(self.parts + 1), self.enterprises * PEOPLE_OF_AN_ENTERPRISE)

    def cipher(self) -> Cipher:
        """What seals personal data."""
        return Cipher(self.secrets["pii_key"], self.secrets["pii_index_key"])

    def contact(self) -> str:
        """A contact as it is sealed for notifications; one stands for all of them."""
        key = ECKey.import_key(json.loads(self.secrets["contact_public_key"]))
        return Agreement(key).seal(b'{"email": "zhiliang@example.cn", "phone": "13800000000"}')


class Writer:
    """Writes parts of a history, on connections of its own."""

    def __init__(self, history: History) -> None:
        self.history, self.tree, self.classes = history, Tree(), history.classes()
        self.cipher, self.contact = history.cipher(), history.contact()
        self.offices = offices.addresses(self.cipher)
        self.copier = Copier(history.urls)

    def write(self, part: int) -> Counts:
        """Lets the enterprises of a part live, and copies their rows; returns what was counted."""
        history, numbers = self.history, Numbers(part, self.history.parts)
        books = history.books(part)
        careers = Careers(books, self.classes, self.tree, self.cipher, numbers)
        firms = Firms(books, careers, self.tree, self.cipher, self.contact, numbers)
        books.addresses |= self.offices
        for _ in range(min(ENTERPRISES, history.enterprises - part * ENTERPRISES)):
            firms.live()
        followed.finish(books)
        self.copier.copy(books.take())
        self.copier.wait()
        return books.counts


def written(history: History, processes: int | None = None) -> Iterator[Counts]:
    """Writes all parts, by so many processes (1: this one); yields what each part has counted."""
    processes = min(history.parts, processes or (os.cpu_count() or 1) + 1)
    if processes == 1:
        yield from _write_here(history, range(history.parts))
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (history,)) as pool:
        yield from pool.map(_write, range(history.parts))


def _write_here(history: History, parts: Iterable[int]) -> Iterator[Counts]:
    writer = Writer(history)
    try:
        yield from map(writer.write, parts)
    finally:
        writer.copier.close()


_writers: list[Writer] = []  # the one of this process


def _begin(history: History) -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    _writers.append(Writer(history))


def _end_with_parent() -> None:
    """Where the parent was killed there is nobody to write for."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _write(part: int) -> Counts:
    return _writers[0].write(part)
