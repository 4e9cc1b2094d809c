"""The page at `/docs`: Swagger UI on `/openapi.json`, from a package's files, so that no network is needed."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from werkzeug.wrappers import Response

HTML = "text/html; charset=utf-8"
DAY = "public, max-age=86400"
# Swagger UI draws its arrows from data: addresses; beyond that nothing inline, nothing evaluated, no other host.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
NOTHING_ACTIVE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

# Its addresses are relative: behind a proxy the service is at /registry/ or the like.
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</html>
"""
# validatorUrl: else it would send the address of the description to a host of its makers.
START = """"use strict";
SwaggerUIBundle({ url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
"""
MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "start.js": "text/javascript; charset=utf-8",
}


def page() -> Response:
    """The page itself."""
    return html(PAGE, POLICY)


def html(text: str, policy: str = NOTHING_ACTIVE) -> Response:
    """A page of HTML, with what a browser may load for it."""
    response = Response(text, content_type=HTML)
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cache-Control"] = DAY
    return response


def file(name: str) -> Response | None:
    """One of the page's files, to be kept by browsers; None if it is none of them."""
    if name not in MEDIA_TYPES:
        return None
    content = START.encode() if name == "start.js" else (_folder() / name).read_bytes()
    response = Response(content, content_type=MEDIA_TYPES[name])
    response.set_etag(hashlib.sha256(content).hexdigest()[:16])
    response.headers["Cache-Control"] = DAY
    return response


def _folder() -> Path:
    # Found without importing it: the package's own code is for other servers than ours.
    spec = importlib.util.find_spec("swagger_ui")
    if spec is None or spec.origin is None:
        raise LookupError("swagger-ui-py is not installed")
    return Path(spec.origin).parent / "static"
