"""The pages and their files. What a page names carries a version in its address, and is kept by browsers for a year."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from enhance.web.refusals import RefusedError

if TYPE_CHECKING:
    from starlette.types import Scope

_STATIC = Path(__file__).parent / "static"
FOREVER, ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"
NAMED = re.compile(r'"/?static/')
VERSION = re.compile(r"v-[0-9a-f]{12}/")


class VersionedFiles(StaticFiles):
    """Static files, with or without a version before their names."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        path = path.replace("\\", "/")
        named = VERSION.match(path)
        response = await super().get_response(path[named.end() :] if named else path, scope)
        if response.status_code in (200, 206, 304):
            response.headers["cache-control"] = FOREVER if named else ASK_AGAIN
        return response


def add_pages(app: FastAPI) -> None:
    """Give the application its pages: for each NAME.html in `static` one at /NAME, and its files at /static."""
    app.mount("/static", VersionedFiles(directory=_STATIC), name="static")
    app.add_api_route("/", index, include_in_schema=False)
    app.add_api_route("/{name}", _page, include_in_schema=False)


async def index(request: Request) -> Response:
    return _shown("index", request)


async def _page(name: str, request: Request) -> Response:
    return _shown(name, request)


def _shown(name: str, request: Request) -> Response:
    """A page whose files are named with their version.

    Raises:
        RefusedError: there is none of that name.
    """
    file = _STATIC / f"{name}.html"
    if not re.fullmatch(r"[a-z0-9-]{1,40}", name) or not file.is_file():
        raise RefusedError(404, "not_found", "there is no such page")
    text = NAMED.sub(f'"static/v-{version()}/', file.read_text())
    mark = f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'
    headers = {"etag": mark, "cache-control": ASK_AGAIN}
    if request.headers.get("if-none-match") == mark:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="text/html", headers=headers)


def version() -> str:
    """Twelve digits that change when any of the static files does."""
    parts = [
        (str(path.relative_to(_STATIC)), stat.st_size, stat.st_mtime_ns)
        for path in sorted(_STATIC.rglob("*"))
        for stat in [path.stat()]
        if path.is_file()
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
