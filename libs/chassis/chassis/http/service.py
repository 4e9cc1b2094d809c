"""The routes by which every API explains itself: `/openapi.json`, `/docs` and the pages of its problems."""

from __future__ import annotations

import base64
import hashlib
import json
import re

from werkzeug.wrappers import Response

from chassis.http import docs_page, openapi, problems
from chassis.http.entrypoint import PUBLIC, http
from chassis.http.request import Request

HTML = "text/html; charset=utf-8"
DAY = "public, max-age=86400"


class HttpService:
    """The base of a service's API."""

    @http("GET", "/openapi.json", roles=PUBLIC, summary="This API, described in OpenAPI 3.1")
    def openapi_document(self, request: Request) -> Response:
        document = openapi.of(request.route.container)
        return Response(json.dumps(document, ensure_ascii=False, indent=1), content_type="application/json")

    @http("GET", "/docs", roles=PUBLIC, produces="text/html", summary="This API, to read and to try")
    def documentation(self, request: Request) -> Response:
        return _page(docs_page.PAGE)

    @http("GET", "/problems/<name>", roles=PUBLIC, produces="text/html", summary="What a kind of problem means")
    def problem(self, request: Request, name: str) -> Response:
        found = problems.page(name)
        if found is None:
            raise problems.NoSuchAddress()
        return _page(found)


def _page(text: str) -> Response:
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    page = Response(text, content_type=HTML)
    allowed = hashes or "'none'"
    page.headers["Content-Security-Policy"] = (
        f"default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src {allowed}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    page.headers["Cache-Control"] = DAY if not scripts else "no-cache"
    return page
