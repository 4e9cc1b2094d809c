"""HTTP for the services: one declaration per route, and everything around it done the same way everywhere."""

from chassis.auth import ANYONE, PUBLIC, Caller
from chassis.http.entrypoint import HttpEntrypoint, http
from chassis.http.paging import Page, paginate
from chassis.http.request import Request, check_version
from chassis.http.routes import AuditRoutes, RulesetRoutes
from chassis.http.schemas import PageQuery, QuerySchema, Schema
from chassis.http.service import HttpService

__all__ = [
    "ANYONE",
    "PUBLIC",
    "AuditRoutes",
    "Caller",
    "HttpEntrypoint",
    "HttpService",
    "Page",
    "PageQuery",
    "QuerySchema",
    "Request",
    "RulesetRoutes",
    "Schema",
    "check_version",
    "http",
    "paginate",
]
