"""The HTTP service behind the page. It listens on this machine alone unless told otherwise, and fetches nothing.

A photo is the body of a POST, its options are the query; the answer is a picture, and what there is to say of it is
JSON in the header Enhance-Facts. The page's progress comes as server-sent events under a name that the page chose.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from enhance.errors import EnhanceError, ModelError
from enhance.honesty.uncertainty import UncalibratedError
from enhance.tasks.upscale.options import BICUBIC
from enhance.web import jobs
from enhance.web.openapi import document
from enhance.web.worker import Job, QueueFullError, Worker

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from enhance.photos.photo import Photo

STATIC = Path(__file__).parent / "static"
PICTURES = ("application/octet-stream", "application/x-www-form-urlencoded", "image/")
"""What a body may call itself: curl's --data-binary says it is a form. What it is, its content decides."""
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        "media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
LONGEST_NAME = 64
PATIENCE = 3.0
"""Seconds for which the progress of a job that has not arrived yet is waited for."""
TICK = 0.1


@dataclass(frozen=True)
class Limits:
    """What one request may cost.

    Attributes:
        body: bytes of a photo's file.
        read_pixels: pixels of a photo that is decoded.
        pixels: of them, those that are drawn at a time.
        seconds: for receiving a photo, and again for waiting and drawing.
        places: jobs received, waiting or at work at a time.
    """

    body: int = 40_000_000
    read_pixels: int = 50_000_000
    pixels: int = 4_000_000
    seconds: float = 120.0
    places: int = 8


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": " ".join(message.split())}}, status, headers)


class Meter:
    """What Prometheus reads."""

    def __init__(self, worker: Worker) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("enhance_requests", "Answers given.", ["path", "status"], registry=self.registry)
        self.seconds = Histogram(
            "enhance_job_seconds", "From a photo's arrival to its answer.", ["path"], registry=self.registry
        )
        waiting = Gauge("enhance_jobs", "Jobs received, waiting or at work.", registry=self.registry)
        waiting.set_function(lambda: len(worker.jobs))


class Guard:
    """Refuses what another site sends through the user's browser; sets the headers of every answer; counts.

    A page elsewhere can point its own name at this machine (DNS rebinding), so only names that are known are served;
    an address typed in digits cannot be rebound.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], meter: Meter) -> None:
        self.app, self.hosts, self.meter = app, hosts, meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                message["headers"] += [
                    (name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in given
                ]
                path = scope["path"] if scope["path"] in COUNTED else "other"
                self.meter.requests.labels(path, message["status"]).inc()
            await send(message)

        refused = self.refusal(request)
        await (refused or self.app)(scope, receive, headed)

    def refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if not self.knows(host):
            return error(421, "unknown_host", "this service is not called that; --allow-host NAME lets it be")
        origin = request.headers.get("origin")
        if origin is not None and urlsplit_netloc(origin) != host.lower():
            return error(403, "foreign_origin", "another site may not use this service")
        if request.headers.get("sec-fetch-site") == "cross-site" and request.method != "GET":
            return error(403, "foreign_origin", "another site may not use this service")
        return None

    def knows(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self.hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def urlsplit_netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


COUNTED = frozenset(
    ("/", "/how", "/api", "/healthz", "/metrics", "/openapi.json", "/v1/models", "/v1/faces", "/v1/enhance",
     "/v1/lineup", "/v1/map", "/v1/opinion")
)  # fmt: skip


class Service:
    """The routes, with the worker behind them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.worker = Worker(limits.places)
        self.meter = Meter(self.worker)
        self.closing = False

    def app(self, hosts: frozenset[str]) -> Starlette:
        posts: dict[str, Callable[[Request], Any]] = {
            "/v1/enhance": self.enhance,
            "/v1/faces": self.faces,
            "/v1/lineup": self.lineup,
            "/v1/map": self.map,
            "/v1/opinion": self.opinion,
        }
        return Starlette(
            routes=[
                *(Route(path, handler, methods=["POST"]) for path, handler in posts.items()),
                Route("/v1/models", self.models),
                Route("/v1/jobs/{name}", self.cancel, methods=["DELETE"]),
                Route("/v1/jobs/{name}/events", self.events),
                Route("/healthz", self.health),
                Route("/metrics", self.metrics),
                Route("/openapi.json", self.openapi),
                Route("/", page("index.html")),
                Route("/how", page("how.html")),
                Route("/api", page("api.html")),
                Mount("/static", StaticFiles(directory=STATIC)),
            ],
            middleware=[Middleware(Guard, hosts=hosts, meter=self.meter)],
            exception_handlers={
                RefusedError: lambda _, e: error(e.status, e.code, e.message, e.headers),
                HTTPException: lambda _, e: error(
                    e.status_code, e.detail.lower().replace(" ", "_"), e.detail, dict(e.headers or {})
                ),
                Exception: lambda _, e: error(500, "internal", f"our fault: {type(e).__name__}; the log says more"),
            },
            lifespan=self.lifespan,
        )

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:  # noqa: ARG002
        yield
        self.closing = True
        await asyncio.to_thread(self.worker.close)

    async def enhance(self, request: Request) -> Response:
        wanted = self.wanted(request)
        facts, picture = await self.done(request, wanted, jobs.enhance)
        headers = {"enhance-facts": facts.decode(), "content-disposition": f'inline; filename="photo.{wanted.format}"'}
        return Response(picture, media_type=jobs.FORMATS[wanted.format], headers=headers)

    async def faces(self, request: Request) -> Response:
        wanted = self.wanted(request)
        facts, _ = await self.done(request, wanted, lambda job, photo, _: jobs.faces(job, photo))
        return Response(facts, media_type="application/json")

    async def lineup(self, request: Request) -> Response:
        wanted = self.wanted(request, draws=True)
        facts, _ = await self.done(request, wanted, jobs.lineup)
        return Response(facts, media_type="application/json")

    async def map(self, request: Request) -> Response:
        wanted = self.wanted(request, draws=True)
        facts, picture = await self.done(request, wanted, jobs.invention)
        return Response(picture, media_type="image/png", headers={"enhance-facts": facts.decode()})

    async def opinion(self, request: Request) -> Response:
        wanted = self.wanted(request)
        facts, _ = await self.done(request, wanted, lambda job, photo, _: jobs.opinion(job, photo))
        return Response(facts, media_type="application/json")

    def wanted(self, request: Request, *, draws: bool = False) -> jobs.Options:
        try:
            wanted = jobs.options(request.query_params, shipped())
        except ValueError as wrong:
            raise RefusedError(422, "bad_option", str(wrong)) from None
        if draws and wanted.upscale.model == BICUBIC:
            raise RefusedError(422, "bad_option", "bicubic draws nothing; give a network as the model")
        return wanted

    async def done(
        self, request: Request, wanted: jobs.Options, work: Callable[[Job, Photo, jobs.Options], bytes]
    ) -> tuple[bytes, bytes]:
        """Facts and picture, from the photo in the request's body."""
        limits = self.limits
        kind = request.headers.get("content-type", PICTURES[0]).split(";")[0].strip().lower()
        if not kind.startswith(PICTURES):
            raise RefusedError(415, "unsupported_media_type", "the body is the photo itself; call it image/jpeg")
        try:
            job = self.worker.enter(request.query_params.get("job", "")[:LONGEST_NAME])
        except QueueFullError:
            raise RefusedError(
                429, "queue_full", f"{limits.places} photos are waiting; try again soon", {"retry-after": "2"}
            ) from None
        try:
            content = await self.body(request)

            def whole(job: Job) -> bytes:
                job.stage = "reading"
                photo = jobs.received(content, wanted, limits.pixels, limits.read_pixels)
                return work(job, photo, wanted)

            with self.meter.seconds.labels(request.url.path).time():
                answer = await self.patiently(request, job, whole)
        finally:
            self.worker.leave(job)
        facts, _, picture = answer.partition(jobs.FACTS_END)
        return facts, picture

    async def body(self, request: Request) -> bytes:
        limits = self.limits
        announced = request.headers.get("content-length", "")
        too_large = RefusedError(413, "too_many_bytes", f"a photo may have up to {limits.body:,} bytes")
        if announced.isdigit() and int(announced) > limits.body:
            raise too_large
        content = bytearray()
        try:
            async with asyncio.timeout(limits.seconds):
                async for chunk in request.stream():
                    content += chunk
                    if len(content) > limits.body:
                        raise too_large
        except TimeoutError:
            raise RefusedError(
                408, "too_slow", f"the photo did not arrive within {limits.seconds:g} s", {"connection": "close"}
            ) from None
        except ClientDisconnect:
            raise RefusedError(400, "cut_short", "the photo did not arrive whole") from None
        if not content:
            raise RefusedError(422, "no_photo", "the body is empty; it has to be the photo's file")
        return bytes(content)

    async def patiently(self, request: Request, job: Job, work: Callable[[Job], bytes]) -> bytes:
        """The worker's answer; a client that goes away takes its job out of the queue."""
        limits = self.limits

        async def gone() -> None:
            while not await request.is_disconnected():
                await asyncio.sleep(TICK)
            job.cancel()

        watch = asyncio.create_task(gone())
        try:
            answer = await self.worker.run(job, work, limits.seconds)
        except TimeoutError:
            raise RefusedError(
                503, "took_too_long", f"not done within {limits.seconds:g} s; try a smaller part", {"retry-after": "5"}
            ) from None
        except asyncio.CancelledError:
            if not job.cancelled:
                raise
            raise RefusedError(409, "cancelled", "the job was cancelled") from None
        except jobs.TooLargeError as wrong:
            raise RefusedError(413, "too_many_pixels", str(wrong)) from None
        except UncalibratedError:
            raise RefusedError(422, "no_map", "this network was not measured for that yet") from None
        except ModelError as wrong:
            raise RefusedError(422, "bad_model", jobs.plainly(str(wrong))) from None
        except EnhanceError as wrong:
            raise RefusedError(422, "bad_photo", jobs.plainly(str(wrong))) from None
        finally:
            watch.cancel()
        if job.cancelled:
            raise RefusedError(409, "cancelled", "the job was cancelled")
        return answer

    async def events(self, request: Request) -> Response:
        name = request.path_params["name"][:LONGEST_NAME]

        async def said() -> AsyncIterator[str]:
            waited, before = 0.0, ""
            while not self.closing:
                job = self.worker.named(name)
                if job is None:
                    if before or waited > PATIENCE:
                        break
                else:
                    now = json.dumps({"stage": job.stage, "before": self.worker.place(job)})
                    if now != before:
                        yield f"data: {now}\n\n"
                        before = now
                await asyncio.sleep(TICK)
                waited += TICK
            yield 'event: end\ndata: {"stage": "done", "before": 0}\n\n'

        return StreamingResponse(said(), media_type="text/event-stream")

    async def cancel(self, request: Request) -> Response:
        job = self.worker.named(request.path_params["name"][:LONGEST_NAME])
        if job is None:
            raise RefusedError(404, "no_such_job", "no job is called that, or it is done")
        job.cancel()
        return Response(status_code=204)

    async def models(self, request: Request) -> Response:  # noqa: ARG002
        from enhance.inference.model import models

        told = ("task", "scale", "licence", "pictures")
        found = await asyncio.to_thread(models)
        return JSONResponse(
            {"models": [{"name": name, **{k: facts[k] for k in told if k in facts}} for name, facts in found.items()]}
        )

    async def health(self, request: Request) -> Response:  # noqa: ARG002
        return JSONResponse({"status": "ok", "jobs": len(self.worker.jobs), "places": self.limits.places})

    async def metrics(self, request: Request) -> Response:  # noqa: ARG002
        return Response(generate_latest(self.meter.registry), media_type="text/plain; version=0.0.4")

    async def openapi(self, request: Request) -> Response:  # noqa: ARG002
        return JSONResponse(document(shipped(), self.limits.body))


def page(name: str) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:  # noqa: ARG001
        return FileResponse(STATIC / name)

    return answer


@cache
def shipped() -> tuple[str, ...]:
    from enhance.inference.model import enlarging_models

    return enlarging_models()


def serve(host: str, port: int, names: tuple[str, ...], limits: Limits) -> None:
    """Serves until interrupted; the running job is finished first."""
    import uvicorn

    hosts = frozenset({"localhost", host.lower(), *(name.lower() for name in names)})
    uvicorn.run(
        Service(limits).app(hosts),
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=int(limits.seconds),
        limit_concurrency=200,
    )
