"""An enterprise: registered, changed, reached; its people; its post and the appointments to it."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import cycle

from chassis.security import Cipher
from province import days, words
from province.appointments import Appointment
from province.books import LATER, Address, Books, as_json
from province.careers import Career, Careers
from province.numbers import Numbers
from province.tree import Tree

WITH_POST, CHANGED, REACHED = 0.6, 0.06, 0.1  # shares of the enterprises
BAD, BAD_FOR, PREFERS = 0.01, 300, 0.05  # shares of the addresses, and for how many days at most one has been bad
TITLE = "首席质量官"


class Firms:
    """Writes enterprises into the books."""

    def __init__(self, books: Books, careers: Careers, tree: Tree, cipher: Cipher, jwe: str, numbers: Numbers) -> None:
        self.books, self.careers, self.tree, self.cipher, self.jwe = books, careers, tree, cipher, jwe
        self.numbers = numbers
        self.number = 0
        self.people = cycle((1, 2, 3))

    def live(self) -> None:
        """One enterprise with all that became of it."""
        rng = self.books.rng
        self.number = self.numbers.after(self.number)
        # Most were entered in the programme's first two years.
        span = (days.LAST - days.FIRST).days - 120
        on = days.FIRST + timedelta(days=int(span * rng.random() ** 2.5))
        division = self.tree.county(rng, on)
        enterprise_id = self.books.new_id()
        name = self._register(enterprise_id, division, on)
        person_ids = [self.books.new_id() for _ in range(next(self.people))]
        if rng.random() < REACHED:
            # First of all: whether a letter reaches them is decided when something is announced to them.
            self._reach("enterprise", enterprise_id, division, on)
            self._reach("person", person_ids[0], division, on)
        careers = [self.careers.live(person_id, enterprise_id, division, on) for person_id in person_ids]
        if rng.random() < WITH_POST:
            self._fill_post(enterprise_id, name, division, careers)

    def _register(self, enterprise_id: str, division: str, on: date) -> str:
        books, rng = self.books, self.books.rng
        name, industry = words.enterprise(rng, self.tree.names[division])
        facts = {
            "enterprise_id": enterprise_id,
            "uscc": words.credit_code(self.number, division),
            "name": name,
            "division": division,
            "industry": industry,
            "above_threshold": rng.random() < 0.08,
            "award_contender": rng.random() < 0.02,
            "brand_contender": rng.random() < 0.04,
            "legal_representative": words.person(rng),
            "responsible_person": words.person(rng),
        }
        books.announce("registry", "enterprise.registered.v1", enterprise_id, {**facts, "on": str(on)}, division, on)
        if rng.random() < CHANGED:
            changed_on = on + timedelta(days=rng.randrange(1, (days.LAST - on).days))
            flag = rng.choice(("above_threshold", "award_contender", "brand_contender"))
            facts[flag] = not facts[flag]
            if rng.random() < 0.2:
                facts["division"] = self.tree.county(rng, changed_on)
            data = {**facts, "on": str(changed_on)}
            books.announce("registry", "enterprise.changed.v1", enterprise_id, data, str(facts["division"]), changed_on)
        columns = {column: value for column, value in facts.items() if column != "enterprise_id"}
        version = books.version_of("enterprise", enterprise_id)
        books.put("registry", "enterprise", id=enterprise_id, version=version, registered_on=on, **columns)
        books.put("training", "enterprise", id=enterprise_id, name=name, division=facts["division"])
        return name

    def _reach(self, kind: str, owner: str, division: str, on: date) -> None:
        email, phone = (
            self.cipher.seal(text, f"{what}:{owner}")
            for what, text in (("email", f"zhiliang{self.number}@example.cn"), ("phone", "13800000000"))
        )
        self.books.put(
            "registry", "contact", id=owner, version=1, owner_kind=kind, division=division, phone=phone, email=email
        )
        self.books.put("notifications", "contact", owner_kind=kind, owner_id=owner, email=email, phone=phone)
        data = {"owner_kind": kind, "owner_id": owner, "jwe": self.jwe}
        self.books.announce("registry", "contact.changed.v1", owner, data, division, on)
        bad_since = LATER
        if self.books.rng.random() < BAD:
            bad_since = days.instant(days.LAST - timedelta(days=self.books.rng.randrange(BAD_FOR)), 0)
            self._flag(kind, owner, email, bad_since)
        self.books.addresses[owner] = Address(email, bad_since)
        if self.books.rng.random() < PREFERS:
            self._prefer(kind, owner, on)

    def _flag(self, kind: str, owner: str, email: str, since: str) -> None:
        """Nobody has the address, as a mail server has said."""
        self.books.put(
            "notifications",
            "bad_address",
            owner_kind=kind,
            owner_id=owner,
            channel="email",
            sealed=email,
            reason="550 5.1.1 no such user",
            since=since,
        )

    def _prefer(self, kind: str, owner: str, on: date) -> None:
        """They want no letters of what is in the system only anyhow."""
        self.books.put(
            "notifications",
            "preference",
            recipient_id=owner,
            recipient_kind=kind,
            version=1,
            language="zh-CN",
            switched_off=as_json({"email": ["certificate_issued"]}),
            changed_at=days.instant(on, 0),
        )

    def _fill_post(self, enterprise_id: str, name: str, division: str, careers: list[Career]) -> None:
        """A first CQO, and after one in ten a second from the same enterprise."""
        rng, first = self.books.rng, careers[0]
        if first.certified_on is None:
            return
        opened_on, post_id = first.certified_on, self.books.new_id()
        self._open(post_id, enterprise_id, division, opened_on)
        appointed_on = opened_on + timedelta(days=rng.randrange(5, 60))
        ended_on = appointed_on + timedelta(days=rng.randrange(200, 900)) if rng.random() < 0.1 else None
        if appointed_on > days.LAST or any(change.on <= appointed_on for change in first.changes):
            return
        if ended_on is not None and ended_on > days.LAST:
            ended_on = None
        self._appoint(first, post_id, enterprise_id, name, division, appointed_on, ended_on)
        if ended_on is None or len(careers) == 1:
            return
        second = careers[1]
        if second.certified_on is None:
            return
        begins = max(ended_on + timedelta(days=rng.randrange(5, 60)), second.certified_on + timedelta(days=5))
        if begins <= days.LAST and not any(change.on <= begins for change in second.changes):
            self._appoint(second, post_id, enterprise_id, name, division, begins, None)

    def _open(self, post_id: str, enterprise_id: str, division: str, on: date) -> None:
        departments = ["质量部", "检验室"]
        self.books.put(
            "registry",
            "post",
            id=post_id,
            version=1,
            division=division,
            enterprise_id=enterprise_id,
            title=TITLE,
            decision_level=True,
            departments=as_json(departments),
            opened_on=on,
        )
        data = {
            "post_id": post_id,
            "enterprise_id": enterprise_id,
            "title": TITLE,
            "decision_level": True,
            "departments": departments,
            "on": str(on),
        }
        self.books.announce("registry", "post.opened.v1", post_id, data, division, on)

    def _appoint(
        self,
        career: Career,
        post_id: str,
        enterprise_id: str,
        name: str,
        division: str,
        on: date,
        ended_on: date | None,
    ) -> None:
        appointment = Appointment(self.books, career, post_id, enterprise_id, name, division, on, ended_on)
        number = self.numbers.after(self.books.counts.filings)
        if appointment.live(number):
            self.books.counts.filings = number
