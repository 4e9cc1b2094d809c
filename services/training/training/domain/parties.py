"""Enterprises and people, as far as this service knows them from the registry's events."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.errors import RuleBroken


class UnknownHere(RuleBroken):
    """This person or enterprise is not known here yet, or not yours; if it was just registered, try again shortly."""

    zh = "本系统尚无该人员或企业的信息，或其不在您的管辖范围内；如刚刚登记，请稍后重试。"


@dataclass(frozen=True)
class Enterprise:
    """An enterprise, and the division it lies in."""

    id: str
    name: str
    division: str


@dataclass(frozen=True)
class Person:
    """A person, and the enterprise that the registry records for them."""

    id: str
    name: str
    division: str
    enterprise_id: str | None
    enterprise_name: str | None = None  # where it was asked for
