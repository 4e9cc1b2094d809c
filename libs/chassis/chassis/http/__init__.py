"""HTTP for the services: one declaration per route, and everything around it done the same way everywhere."""

from werkzeug.wrappers import Response

from chassis.http.audit_routes import AuditRoutes
from chassis.http.body import CSV, WORKBOOK
from chassis.http.entrypoint import ANYONE, PUBLIC, Declaration, HttpEntrypoint, PathArguments, http
from chassis.http.fields import DayField, InstantField, TextField
from chassis.http.paging import FirstPage, Page, paginate
from chassis.http.rate import Rate
from chassis.http.request import Request
from chassis.http.schemas import PageArguments, PageQuery, QuerySchema, Schema, violations_of
from chassis.http.service import HttpService

__all__ = [
    "ANYONE",
    "CSV",
    "PUBLIC",
    "WORKBOOK",
    "AuditRoutes",
    "DayField",
    "Declaration",
    "FirstPage",
    "HttpEntrypoint",
    "HttpService",
    "InstantField",
    "Page",
    "PageArguments",
    "PageQuery",
    "PathArguments",
    "QuerySchema",
    "Rate",
    "Request",
    "Response",
    "Schema",
    "TextField",
    "http",
    "paginate",
    "violations_of",
]
