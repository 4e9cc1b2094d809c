"""The routes by which every API explains itself: `/openapi.json`, `/docs` and the pages of its problems."""

from __future__ import annotations

import json

from werkzeug.wrappers import Response

from chassis.http import docs, problems
from chassis.http.entrypoint import PUBLIC, http
from chassis.http.request import Request


class HttpService:
    """The base of a service's API."""

    @http("GET", "/openapi.json", roles=PUBLIC, summary="This API, described in OpenAPI 3.1")
    def openapi_document(self, request: Request) -> Response:
        from chassis.http import openapi  # 1 MB that few processes are ever asked for; loaded in 30 ms

        document = openapi.of(request.route.container)
        return Response(json.dumps(document, ensure_ascii=False, indent=1), content_type="application/json")

    @http("GET", "/docs", roles=PUBLIC, produces="text/html", summary="This API, to read and to try")
    def documentation(self, request: Request) -> Response:
        return docs.page()

    @http("GET", "/docs/<name>", roles=PUBLIC, produces="text/javascript", summary="A file of the page at /docs")
    def documentation_file(self, request: Request, name: str) -> Response:
        found = docs.file(name)
        if found is None:
            raise problems.NoSuchAddress()
        return found.make_conditional(request.raw_request)

    @http("GET", "/problems/<name>", roles=PUBLIC, produces="text/html", summary="What a kind of problem means")
    def problem(self, request: Request, name: str) -> Response:
        found = problems.page(name)
        if found is None:
            raise problems.NoSuchAddress()
        return docs.html(found)
