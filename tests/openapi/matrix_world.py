"""Two prefectures with real objects in the four services, and who calls: what the matrix of roles is tried on.

Each side is a firm of its own with its people, papers and notices. 甲 and 邻 are neighbours in one county, 乙 lies in
another prefecture. Every text of a side bears its mark, so that what leaks is found by it or by the id of an object.
`matrix_objects` enters them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from openapi_world import Api
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from programme.callers import Role
from programme.scope import ROLES_WITH_ROWS_OF_THEIR_OWN
from testkit import Client
from testkit.secrets import TokenSigner

TODAY, END = date(2026, 3, 2), date(2026, 3, 13)
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
# The training centre's: nominees of all divisions are taught there.
PROVINCIAL = {"class_id", "trainer_id", "venue_id"}
# One for all divisions, of which each sees, and changes, its own part.
SHARED = {"run_id"}
IDS = 36  # characters of an id


@dataclass
class Side:
    """A firm with its people; `known` are its objects by the names that parameters and bodies have for them."""

    mark: str
    county: str
    prefecture: str
    uscc: str
    id_numbers: tuple[str, str]
    known: dict[str, str] = field(default_factory=dict)
    second: dict[str, str] = field(default_factory=dict)  # of the firm's other person

    @property
    def contact_point(self) -> str:
        """The domain of all e-mail addresses of the firm and its people, which no list shows to others."""
        return f"{self.uscc.lower()}.example"

    @property
    def subscriber(self) -> str:
        """The other system that works for the firm's side."""
        return f"system-of-{self.uscc}"

    def firm(self) -> dict[str, Any]:
        return {
            "uscc": self.uscc,
            "name": f"{self.mark}企业",
            "division": self.county,
            "industry": "C36",
            "above_threshold": True,
            "award_contender": True,
            "legal_representative": f"{self.mark}王强",
            "registered_on": "2010-05-04",
            "email": f"q@{self.contact_point}",
        }

    def person(self, number: int) -> dict[str, Any]:
        return {
            "name": f"{self.mark}李明{number}",
            "id_number": self.id_numbers[number],
            "enterprise_id": self.known["enterprise_id"],
            "quality_years": 9,
            "title": f"{self.mark}质量工程师",
            "declaration": True,
            "email": f"p{number}@{self.contact_point}",
        }

    def traces(self) -> set[str]:
        """What must not be seen by others: its mark, its contact points, and the ids of its objects."""
        known = [*self.own().items(), *self.second.items()]
        return {self.mark, self.contact_point, *(value for _, value in known if len(value) == IDS)}

    def own(self) -> dict[str, str]:
        """What is known but for what belongs to no division."""
        return {name: value for name, value in self.known.items() if name not in PROVINCIAL | SHARED}


def sides() -> tuple[Side, Side, Side]:
    """甲, its neighbour, and 乙 of the other prefecture."""
    return (
        Side("甲方", "220102", "220100", "912201020000000198", ("220102197001010018", "220102197001010026")),
        Side("邻方", "220102", "220100", "912201020000000273", ("220102197001010034", "220102197001010042")),
        Side("乙方", "220302", "220300", "91220102000000035X", ("220102197001010050", "220102197001010069")),
    )


@dataclass(frozen=True)
class Caller:
    """Somebody of the side 甲, and whose objects they must see nothing of."""

    name: str
    role: str
    claims: dict[str, str]
    foreign: tuple[Side, ...]


def callers(own: Side, neighbour: Side, other: Side) -> list[Caller]:
    """Each role as it acts for 甲, by a token that names its division, firm or person; and the province without one."""
    found = []
    for role in Role:
        if role == Role.ENTERPRISE:
            found.append(Caller(role, role, {"enterprise": own.known["enterprise_id"]}, (neighbour, other)))
        elif role == Role.SYSTEM:
            found.append(Caller(role, role, {"subscriber": own.subscriber}, (neighbour, other)))
        elif role in ROLES_WITH_ROWS_OF_THEIR_OWN:
            found.append(Caller(role, role, {"person": own.known["person_id"]}, (neighbour, other)))
        else:
            found += [Caller(f"{role} of {code}", role, {"division": code}, (other,)) for code in _codes(role, own)]
    return [*found, Caller("province", Role.PROVINCE, {}, ())]


def _codes(role: Role, own: Side) -> tuple[str, ...]:
    return (own.prefecture, own.county) if role == Role.DIVISION else (own.prefecture,)


@dataclass
class World:
    """What the sides have in one service."""

    api: Api
    signer: TokenSigner
    offset: Path
    sides: tuple[Side, Side, Side]

    def call(self, side: Side, role: str = "province") -> Any:
        claims = {"enterprise": {"enterprise": side.known.get("enterprise_id", "")}}.get(role, {})
        return Client(self.api.running.url, self.signer.token(role, **claims))

    def session(self) -> Session:
        return Session(create_engine(self.url))

    @property
    def url(self) -> Any:
        return make_url(self.api.running.settings["database_url"]).set(drivername="postgresql+psycopg")

    def go_to(self, day: date) -> None:
        move_to(self.offset, day)


def move_to(offset: Path, day: date) -> None:
    """Moves the services' clock to 10:00 of a day in Jilin."""
    target = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    fresh = offset.with_suffix(".new")
    fresh.write_text(str((target - datetime.now(UTC)).total_seconds()))
    fresh.replace(offset)
