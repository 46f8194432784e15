"""Middleware before all routes: refuses other sites, checks the token, sets headers, counts, and logs.

A page elsewhere can point its own name at this machine (DNS rebinding), so only names that are known are served; an
address typed in digits cannot be rebound.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import logging
import time
from collections.abc import Callable
from hmac import compare_digest
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from enhance.web.refusals import error
from enhance.web.settings import Access
from enhance.web.worker import Worker

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        "media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
ALLOWED = {
    "access-control-allow-methods": "GET, POST, DELETE",
    "access-control-allow-headers": "authorization, content-type, job-secret, accept",
    "access-control-max-age": "600",
}
EXPOSED = "enhance-facts, retry-after, content-disposition, location"
_OPEN = ("/healthz", "/readyz")
"""What needs no token: whoever looks after the machine asks these."""
access = logging.getLogger("enhance.access")


class Meter:
    """What Prometheus reads."""

    def __init__(self, worker: Worker) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("enhance_requests", "Answers given.", ["path", "status"], registry=self.registry)
        self.seconds = Histogram(
            "enhance_job_seconds", "From a photo's arrival to its answer.", ["path"], registry=self.registry
        )
        waiting = Gauge("enhance_jobs", "Jobs waiting or at work.", registry=self.registry)
        waiting.set_function(lambda: len(worker.jobs))
        arriving = Gauge("enhance_arriving", "Photos that are being received.", registry=self.registry)
        arriving.set_function(lambda: len(worker.arriving))
        kept = Gauge("enhance_kept", "Results that are kept.", registry=self.registry)
        kept.set_function(lambda: len(worker.kept))


class Guard:
    """The application behind its guard.

    Args:
        counted: paths that are counted by themselves; all others are "other".
    """

    def __init__(self, app: ASGIApp, access: Access, meter: Meter, counted: frozenset[str]) -> None:
        self.app, self.access, self.meter, self.counted = app, access, meter, counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request, started = Request(scope), time.monotonic()
        # What answers GET answers HEAD, too; the body is left out by uvicorn, which keeps the scope that it made.
        inner = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        status, sent = 0, 0

        async def headed(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                self.allow(request, headers)
                status = message["status"]
                self.meter.requests.labels(path if path in self.counted else "other", status).inc()
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await (self.refusal(request, path) or self.app)(inner, receive, headed)
        finally:
            client = scope["client"][0] if scope.get("client") else "-"
            spent = time.monotonic() - started
            access.info("%s %s %s %d %d %.3f", client, scope["method"], _printable(path), status, sent, spent)

    def refusal(self, request: Request, path: str) -> Response | None:
        """The answer to what may not pass, or to a browser that asks whether it may."""
        host = request.headers.get("host", "")
        if not self.knows(host):
            return error(421, "unknown_host", "this service is not called that; --allow-host NAME lets it be")
        origin = request.headers.get("origin")
        allowed = origin is not None and origin.lower() in self.access.origins
        own = origin is None or _place(origin) == host.lower()
        if not own and not allowed:
            return error(403, "foreign_origin", "another site may not use this service; --allow-origin lets it")
        if not allowed and request.headers.get("sec-fetch-site") == "cross-site" and request.method != "GET":
            return error(403, "foreign_origin", "another site may not use this service; --allow-origin lets it")
        if allowed and request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            private = {"access-control-allow-private-network": "true"}
            return Response(status_code=204, headers=ALLOWED | private)
        if self.access.token and path not in _OPEN and not self.has_token(request):
            return error(
                401, "no_token", "this service asks for its token", {"www-authenticate": 'Basic realm="enhance"'}
            )
        return None

    def allow(self, request: Request, headers: MutableHeaders) -> None:
        """Tell browsers that a page of another site may read the answer."""
        origin = request.headers.get("origin", "")
        if self.access.origins:
            headers.add_vary_header("Origin")
        if origin.lower() in self.access.origins:
            headers["access-control-allow-origin"] = origin
            headers["access-control-expose-headers"] = EXPOSED

    def has_token(self, request: Request) -> bool:
        """Whether the token came, as programs send it, or as the password that browsers ask for."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                _, _, token = base64.b64decode(token, validate=True).decode().partition(":")
            except (binascii.Error, ValueError):
                return False
        elif kind.lower() != "bearer":
            return False
        return compare_digest(token.strip().encode(), self.access.token.encode())

    def knows(self, host: str) -> bool:
        """Whether a host name is one of the service's."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self.access.hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def log_requests(write: Callable[[str], object]) -> None:
    """Log each request in a line: when, who, what, status, bytes, seconds."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            write(self.format(record))

    lines = Lines()
    lines.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
    access.addHandler(lines)
    access.setLevel(logging.INFO)
    access.propagate = False


def _place(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _printable(path: str) -> str:
    """A path without what would break a line of the log, and without the names of jobs."""
    if path.startswith("/v1/jobs/"):
        path = "/v1/jobs"
    return "".join(letter if letter.isprintable() and letter != " " else "?" for letter in path[:200])
