"""The sample's routes: each stands for one thing that a service does with the chassis."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import insert, select, text, update

from chassis.data import ClockProvider, Database, check_version
from chassis.errors import NotFound, RuleBroken
from chassis.http import (
    ANYONE,
    PUBLIC,
    AuditRoutes,
    DayField,
    HttpService,
    Page,
    QuerySchema,
    Rate,
    Request,
    Schema,
    TextField,
    http,
    paginate,
)
from chassis.ids import new_id
from chassis.process.health import HealthRoutes
from chassis.security import audit
from sample.storage import item


class NameTaken(RuleBroken):
    """There is an item of that name; choose another."""

    zh = "该名称已被使用，请另选。"
    rule = "R0"


class Maker(Schema):
    name = TextField(50, required=True)


class NewItem(Schema):
    name = TextField(50, required=True, metadata={"example": "screw"})
    size = fields.Integer(required=True, validate=validate.Range(0, 2**31 - 1))
    made_on = DayField(load_default=None)
    fragile = fields.Boolean(load_default=False)
    makers = fields.List(fields.Nested(Maker), load_default=list)


class Unbounded(Schema):
    size = fields.Integer(required=True)


class Item(Schema):
    id = fields.String()
    number = fields.Integer()
    version = fields.Integer()
    name = fields.String()
    size = fields.Integer()
    made_on = fields.Date(allow_none=True)


class ItemQuery(QuerySchema):
    name = TextField(50)
    min_size = fields.Integer(validate=validate.Range(0, 2**31 - 1))


class Touched(Schema):
    """Items to change, in the order in which they are locked."""

    items = fields.List(fields.String(), required=True, validate=validate.Length(1, 10))
    lock_timeout = fields.Integer(load_default=10_000, validate=validate.Range(1, 10_000))


class Size(Schema):
    bytes = fields.Integer()


def die_if(moment: str) -> None:
    """Kills the process, as an outage would, if the test asked for that moment."""
    wanted = Path(tempfile.gettempdir()) / f"sample-dies-{os.getpid()}"
    if wanted.exists() and wanted.read_text() == moment:
        wanted.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


class Api(HttpService, HealthRoutes, AuditRoutes):
    """A sample API."""

    name = "sample-api"
    db = Database()
    clock = ClockProvider()

    @http(
        "POST",
        "/items",
        body=NewItem,
        returns=Item,
        roles=("province", "division"),
        status=201,
        problems=(NameTaken,),
        summary="Make an item",
    )
    def make_item(self, request: Request) -> Any:
        values = {key: request.body[key] for key in ("name", "size", "made_on")}
        with self.db.begin() as session:
            if session.scalar(select(item.c.id).where(item.c.name == values["name"])):
                raise NameTaken(name=values["name"])
            row = session.execute(insert(item).values(id=new_id(), version=1, **values).returning(item)).one()
            audit.record(session, request.caller, "item.make", row.id, {"name": row.name}, self.clock)
            die_if("before commit")
            answer = request.reply(session, row, headers={"Location": f"/items/{row.id}"})
        die_if("after commit")
        return answer

    @http("GET", "/items", query=ItemQuery, returns=Item, roles=ANYONE, paged=True, summary="List the items")
    def list_items(self, request: Request) -> Page:
        wanted = select(item)
        if "name" in request.query:
            wanted = wanted.where(item.c.name == request.query["name"])
        if "min_size" in request.query:
            wanted = wanted.where(item.c.size >= request.query["min_size"])
        with self.db.begin() as session:
            return paginate(session, wanted, [item.c.size, item.c.id], request.page)

    @http("GET", "/makers", returns=Maker(many=True), roles=ANYONE, summary="List the makers")
    def list_makers(self, request: Request) -> list[dict[str, str]]:
        return [{"name": "Anna"}, {"name": "Boris"}]

    @http("GET", "/items/<item_id>", returns=Item, roles=ANYONE, summary="Read an item")
    def get_item(self, request: Request, item_id: str) -> Any:
        with self.db.begin() as session:
            row = session.execute(select(item).where(item.c.id == item_id)).one_or_none()
        if row is None:
            raise NotFound()
        return row

    @http(
        "PUT",
        "/items/<item_id>",
        body=NewItem,
        returns=Item,
        versioned=True,
        roles=("province",),
        summary="Change an item",
    )
    def change_item(self, request: Request, item_id: str) -> Any:
        expected = request.if_match
        with self.db.begin() as session:
            row = session.execute(select(item).where(item.c.id == item_id).with_for_update()).one_or_none()
            if row is None:
                raise NotFound()
            check_version(row, expected)
            values = {"name": request.body["name"], "size": request.body["size"], "version": row.version + 1}
            changed = session.execute(update(item).where(item.c.id == item_id).values(**values).returning(item)).one()
            return request.reply(session, changed)

    @http("POST", "/workbooks", file=True, returns=Size, roles=("division",), summary="Send a workbook")
    def take_workbook(self, request: Request) -> dict[str, int]:
        return {"bytes": len(request.file)}

    @http("POST", "/unbounded", body=Unbounded, roles=("province",), summary="Store a number no schema bounds")
    def unbounded(self, request: Request) -> Any:
        with self.db.begin() as session:
            session.execute(insert(item).values(id=new_id(), version=1, name=new_id(), size=request.body["size"]))

    @http("POST", "/touched", body=Touched, roles=("province",), summary="Change items one after the other")
    def touch(self, request: Request) -> None:
        with self.db.begin() as session:
            session.execute(text(f"SET LOCAL lock_timeout = {request.body['lock_timeout']}"))
            for item_id in request.body["items"]:
                session.execute(update(item).where(item.c.id == item_id).values(version=item.c.version + 1))

    @http("GET", "/endless", roles=ANYONE, summary="Take longer in the database than a statement may")
    def endless(self, request: Request) -> None:
        with self.db.begin() as session:
            session.execute(text("SET LOCAL statement_timeout = 100"))
            session.execute(text("SELECT pg_sleep(60)"))

    @http("GET", "/crash", roles=ANYONE, summary="Fail unexpectedly")
    def crash(self, request: Request) -> Any:
        raise RuntimeError("the password is hunter2")

    @http("GET", "/broken-query", roles=ANYONE, summary="Fail in the database")
    def broken_query(self, request: Request) -> Any:
        with self.db.begin() as session:
            session.execute(text("SELECT secret FROM no_such_table"))

    @http("GET", "/limited", roles=PUBLIC, rate=Rate(per_minute=30, at_once=5), summary="Answer, but not too often")
    def limited(self, request: Request) -> dict[str, bool]:
        return {"pong": True}

    @http("GET", "/ping", roles=PUBLIC, summary="Answer")
    def ping(self, request: Request) -> dict[str, bool]:
        return {"pong": True}
