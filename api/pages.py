"""The pages for people, with everything they load from here: no request leaves the machine.

They hold no data, so they are open also where there is a token: a browser can't send one for a page. What the pages
then ask needs it, and they let people enter it.
"""

from __future__ import annotations

from pathlib import Path

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

SWAGGER = "/static/swagger"
GRAPHIQL = "/static/graphiql"
_SWAGGER_FILES = Path(fastapi_offline.__file__).parent / "static"
_GRAPHIQL_FILES = Path(__file__).parent / "static" / "graphiql"
_OPEN = ("/docs", "/openapi.json")
# Styles are set by scripts, fonts and icons are inside the style sheets.
_POLICY = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'"
}


def is_open(scope: Scope) -> bool:
    """Whether a request is for a page or what belongs to it, and so can't be for data."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    if scope["path"] == "/graphql":
        return not scope["query_string"]
    return scope["path"] in _OPEN or scope["path"].startswith((f"{SWAGGER}/", f"{GRAPHIQL}/"))


def graphiql() -> HTMLResponse:
    """The page at /graphql."""
    return HTMLResponse((_GRAPHIQL_FILES / "index.html").read_text(encoding="utf-8"), headers=_POLICY)


def install(app: FastAPI) -> None:
    """Serve /docs, and what it and /graphql load."""
    app.mount(SWAGGER, StaticFiles(directory=_SWAGGER_FILES), name="swagger")
    app.mount(GRAPHIQL, StaticFiles(directory=_GRAPHIQL_FILES), name="graphiql")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="cohortgraph",
            swagger_js_url=f"{SWAGGER}/swagger-ui-bundle.js",
            swagger_css_url=f"{SWAGGER}/swagger-ui.css",
            swagger_favicon_url=f"{SWAGGER}/favicon.png",
        )
        page.headers.update(_POLICY)
        return page
