"""Requests to every operation of a document as every caller, about its own objects and about foreign ones.

A document says who may call (`x-roles`) and what a request looks like. Whose object it is, the sides of `matrix_world`
know: a request about a foreign object is refused, changes nothing, and its answer has no trace of that side in it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import requests
from matrix_bodies import Bodies
from matrix_world import SHARED, Caller, Side, World
from openapi_world import SERVICES
from sqlalchemy import create_engine, text

from registry.queries.worklists import Worklist

Names: TypeAlias = frozenset[str]
Operation: TypeAlias = dict[str, Any]  # Any: a part of an OpenAPI document
SAME = ("/audit", "/ops", "/health", "/openapi", "/docs", "/problems", "/metrics")
READING = ("get", "head")
REFUSED = (401, 403, 404)
# Parameters of addresses that name nothing which lies in a division.
NEUTRAL = {"version": "1", "year": "2026", "day": "2026-03-13", "event_type": "certificate.issued.v1"}
NEUTRAL |= {"kind": "certificate_issued", "language": "en"}  # of a template
NAMES = {"/docs/{name}": "swagger-ui.css", "/problems/{name}": "not-found"}
# Addresses that answer differently by a name which is nobody's object.
PATHS = {"/worklists/{name}": [f"/worklists/{each}" for each in Worklist]}
UNKNOWN = "01990f3a-6c1d-7b0e-9a44-0d4f0c6a7b29"
# What is asked with each of these, if an operation knows it.
QUERY = {"limit": "500", "format": "csv", "service": "registry", "from": "2026-01-01", "to": "2026-03-31"}
# Rows of these tables say who asked for what, refused or not.
ASIDE = ("audit", "idempotency")


@dataclass
class Tally:
    """What was tried, and what went wrong."""

    operations: int = 0
    requests: int = 0
    refused: int = 0
    foreign: int = 0
    lists: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    reached: set[str] = field(default_factory=set)  # operations that somebody got past the door of
    open: set[str] = field(default_factory=set)  # operations that showed what lies elsewhere, as they may
    leaks: list[str] = field(default_factory=list)


class Matrix:
    """Tries one service's operations.

    `may_show` and `may_answer` are ids of those that show all, or answer at all; `kept_from` are texts, and the roles
    that they are kept from wherever they stand.
    """

    def __init__(
        self,
        world: World,
        own: Side,
        callers: list[Caller],
        may_show: Names,
        may_answer: Names,
        kept_from: dict[str, Names],
    ) -> None:
        self.world, self.own, self.callers, self.kept_from = world, own, callers, kept_from
        self.may_show, self.may_answer = may_show, may_answer
        self.bodies = Bodies(world.api.document, own)
        self.session = requests.Session()
        self.session.trust_env = False
        self.tokens = {each.name: world.signer.token(each.role, **each.claims) for each in callers}
        self.tally = Tally()
        self.engine = create_engine(world.url)
        self.rows = self.foreign_rows()

    def run(self) -> Tally:
        """All operations: first what must be refused, then what a caller may do with its own."""
        operations = list(operations_of(self.world))
        self.tally.operations = len({operation["operationId"] for _, _, operation in operations})
        for path, method, operation in operations:
            self.try_foreign(path, method, operation)
        for path, method, operation in sorted(operations, key=lambda each: each[1] not in READING):
            self.try_own(path, method, operation)
        return self.tally

    def try_foreign(self, path: str, method: str, operation: Operation) -> None:
        """Nobody without a token or of another role gets in; the others get at nothing that is not theirs."""
        if operation.get("security") != []:
            self.expect(self.send(None, path, method, operation), (401,), "nobody")
        for caller in self.callers:
            if operation.get("security") != [] and caller.role not in operation["x-roles"]:
                self.expect(self.send(caller, path, method, operation), (403,), caller.name)
                continue
            for side in caller.foreign:
                self.ask_about(caller, side, path, method, operation)
        if method not in READING:
            before, self.rows = self.rows, self.foreign_rows()
            if self.rows != before and operation["operationId"] not in self.may_answer:
                self.note(f"{method.upper()} {path} changed what is foreign: {set(self.rows) ^ set(before)}")

    def ask_about(self, caller: Caller, side: Side, path: str, method: str, operation: Operation) -> None:
        """Asks for a foreign object by the address, and by each parameter and member that can name it."""
        if any(name in side.own() for name in names_in(operation)):
            self.tally.foreign += 1
            answer = self.send(caller, path, method, operation, side.known)
            is_list = method in READING and answer.text.startswith('{"items":')
            may_answer = is_list or operation["operationId"] in self.may_answer
            if not self.look(answer, caller, side, operation) and not may_answer:
                self.expect(answer, REFUSED, f"{caller.name} about {side.mark}'s")
        elif method in READING:
            known = [each["name"] for each in parameters(operation, "query") if each["name"] in side.known]
            for query in ({}, *({name: side.known[name]} for name in known)):
                self.tally.lists += 1
                self.look(self.send(caller, path, method, operation, query=query), caller, side, operation)
        elif SHARED & {*names_in(operation)}:
            self.change_own_part(caller, side, path, method, operation)
        for body in self.bodies.foreign(operation, side):
            self.tally.foreign += 1
            self.look(self.send(caller, path, method, operation, body=body), caller, side, operation)

    def change_own_part(self, caller: Caller, side: Side, path: str, method: str, operation: Operation) -> None:
        """Changes what is one for all; the part of a foreign side stays as it was. A neighbour's may change."""
        self.tally.foreign += 1
        before = self.rows_of(side)
        self.look(self.send(caller, path, method, operation), caller, side, operation)
        if self.rows_of(side) != before:
            self.note(f"{caller.name} changed {side.mark}'s by {method.upper()} {path}")
        self.rows = self.foreign_rows()

    def look(self, answer: requests.Response, caller: Caller, side: Side, operation: Operation) -> bool:
        """Whether a foreign side shows in an answer, though not as an echo of what was asked; a leak unless it may."""
        asked = f"{answer.request.url} {_text(answer.request.body)}"
        found = [trace for trace in side.traces() if trace in answer.text and trace not in asked]
        if not found:
            return False
        if operation["operationId"] in self.may_show and side.contact_point not in found:
            self.tally.open.add(operation["operationId"])
        else:
            self.note(f"{caller.name} sees {found} of {side.mark}: {_told(answer)}")
        return True

    def try_own(self, path: str, method: str, operation: Operation) -> None:
        """What the document lets a role do, it may do with its own."""
        for caller in self.callers:
            if operation.get("security") == [] or caller.role in operation["x-roles"]:
                answer = self.send(caller, path, method, operation)
                self.tally.statuses[answer.status_code] += 1
                if answer.status_code not in REFUSED:
                    self.tally.reached.add(operation["operationId"])

    def expect(self, answer: requests.Response, statuses: tuple[int, ...], who: str) -> None:
        self.tally.refused += 1
        if answer.status_code not in statuses:
            self.note(f"{who} got {_told(answer)}")

    def note(self, leak: str) -> None:
        self.tally.leaks.append(leak)

    def send(
        self,
        caller: Caller | None,
        path: str,
        method: str,
        operation: Operation,
        named: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        body: Any = None,  # Any: JSON
    ) -> requests.Response:
        """A request with a body that conforms, about 甲's own objects but for those that the address names."""
        for name in names_in(operation):
            value = NAMES.get(path) or NEUTRAL.get(name) or (named or self.own.known).get(name) or UNKNOWN
            path = path.replace(f"{{{name}}}", value)
        headers = {"If-Match": '"1"'} | ({"Authorization": f"Bearer {self.tokens[caller.name]}"} if caller else {})
        sent = None
        if "requestBody" in operation:
            [(headers["Content-Type"], content), *_] = operation["requestBody"]["content"].items()
            sent = b"x" if "schema" not in content else _json(body or self.bodies.good("", content["schema"], self.own))
        asked = [each["name"] for each in parameters(operation, "query")]
        values = {name: value for name, value in QUERY.items() if name in asked} | (query or {})
        if any(each["name"] == "name" and each.get("required") for each in parameters(operation, "query")):
            values |= {"name": "甲方", "number": "CQO"}
        self.tally.requests += 1
        answer = self.session.request(
            method.upper(), f"{self.world.api.running.url}{path}", headers=headers, params=values, data=sent, timeout=60
        )
        status = answer.status_code
        if caller is not None:
            for kept, roles in self.kept_from.items():
                if caller.role in roles and kept in answer.text:
                    self.note(f"{caller.name} sees {kept}: {_told(answer)}")
        # It says that there is no broker.
        if path != "/health/ready" and (status >= 500 or (status < 400 and str(status) not in operation["responses"])):
            self.note(f"not in the document: {_told(answer)}")
        return answer

    def foreign_rows(self) -> list[tuple[str, int, str]]:
        """By table, number and digest of the rows that have a trace of a foreign side in them."""
        return self.rows_of(*(side for caller in self.callers for side in caller.foreign))

    def rows_of(self, *sides: Side) -> list[tuple[str, int, str]]:
        """The same of these sides."""
        traces = {trace for side in sides for trace in side.traces()}
        with self.engine.connect() as connection:
            tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
            counted = " UNION ALL ".join(
                f"SELECT '{table}', count(*), coalesce(md5(string_agg(r::text, '|' ORDER BY r::text)), '')"
                f' FROM "{table}" AS r WHERE r::text ~ :pattern'
                for table in sorted(tables)
                if not table.startswith(ASIDE)
            )
            return [tuple(row) for row in connection.execute(text(counted), {"pattern": "|".join(sorted(traces))})]


def operations_of(world: World) -> Iterator[tuple[str, str, Operation]]:
    """Path, method and description of each; of those that are the same in all services, at the first one alone."""
    for path, methods in world.api.document["paths"].items():
        if world.api.running.service == SERVICES[0] or not path.startswith(SAME):
            for address in PATHS.get(path, [path]):
                yield from ((address, method, operation) for method, operation in methods.items())


def names_in(operation: Operation) -> list[str]:
    """The parameters of its address."""
    return [each["name"] for each in parameters(operation, "path")]


def parameters(operation: Operation, place: str) -> list[dict[str, Any]]:
    return [each for each in operation["parameters"] if each.get("in") == place]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _text(sent: bytes | str | None) -> str:
    return sent.decode() if isinstance(sent, bytes) else sent or ""


def _told(answer: requests.Response) -> str:
    sent = answer.request
    return f"{sent.method} {sent.path_url} {_text(sent.body):.300} -> {answer.status_code} {answer.text:.300}"
