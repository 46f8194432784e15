"""The service as a FastAPI application: its routes, what is checked of requests, and its OpenAPI document."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Header, Query
from fastapi.exceptions import RequestValidationError
from fastapi.middleware import Middleware
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Match

from enhance.web import answers
from enhance.web.endpoints import ENDPOINTS, Endpoint, refusals
from enhance.web.guard import Guard
from enhance.web.made import JSON
from enhance.web.pages import add_pages
from enhance.web.refusals import RefusedError, error
from enhance.web.service import Service

Described = dict[int | str, dict[str, Any]]
DESCRIPTION = "Photos four times larger, every face redrawn, and more. The detail is made up; no photo is kept."
EVENT = {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}}
_SECRET = "16 to 128 characters of your own: who knows them may cancel the job, and fetch its result."


def application(service: Service) -> FastAPI:
    """All routes of the service, behind its guard."""
    app = FastAPI(
        title="enhance",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=service.lifespan,
        separate_input_output_schemas=False,
        redirect_slashes=False,
        exception_handlers={
            RefusedError: refused,
            RequestValidationError: unfit,
            HTTPException: wrong,
            Exception: broken,
        },
    )
    for endpoint in ENDPOINTS:
        app.add_api_route(
            endpoint.path,
            handler(endpoint, service),
            methods=["POST"],
            operation_id=endpoint.name,
            summary=endpoint.summary,
            responses=endpoint.responses(),
            openapi_extra={"requestBody": endpoint.body()},
            response_class=Response,
            tags=["draw"],
        )
    add_jobs(app, service)
    add_about(app, service)
    for route in app.routes:
        if isinstance(route, APIRoute) and not route.summary:  # FastAPI would make one of the function's name
            route.summary, route.description = inspect.getdoc(route.endpoint), ""
    add_pages(app)
    counted = frozenset(getattr(route, "path", "") for route in app.routes)
    app.user_middleware.insert(0, Middleware(Guard, access=service.access, meter=service.meter, counted=counted))
    return app


def add_jobs(app: FastAPI, service: Service) -> None:
    """Add the routes of jobs."""
    add, path = adder(app, "jobs"), "/v1/jobs/{name}"
    known = refusals(401, 403, 404, 421, 422)
    fetched = refusals(400, 401, 403, 404, 408, 409, 413, 421, 422, 503)
    events = not_json("text/event-stream", "Server-sent events.", EVENT)
    result = not_json("*/*", "What the job made: a picture, or JSON.", {})
    archive = not_json("application/zip", "The results.", {"type": "string", "format": "binary"})
    order = {"requestBody": {"required": True, "content": {JSON: {"schema": zip_order()}}}}
    add(path, service.state, "job", known, response_model=answers.JobAnswer)
    add(path, service.cancel, "cancel", known, methods=["DELETE"], status_code=204, response_class=Response)
    add(
        f"{path}/events",
        service.events,
        "events",
        {**refusals(401, 403, 421, 422), **events},
        response_class=StreamingResponse,
    )
    add(f"{path}/result", service.result, "result", {**fetched, **result}, response_class=Response)
    add(f"{path}/facts", service.facts, "facts", fetched, response_model=dict[str, Any])
    add(
        "/v1/zip",
        service.zip,
        "zip",
        {**fetched, **archive},
        methods=["POST"],
        response_class=Response,
        openapi_extra=order,
    )


def add_about(app: FastAPI, service: Service) -> None:
    """Add the routes about the service itself."""
    add, health = adder(app, "about"), answers.HealthAnswer
    closed, known = refusals(401, 403, 421), refusals(403, 421)
    not_now: Described = {503: {"description": "Not now.", "model": health}}
    metrics = not_json("text/plain", "For Prometheus.")
    add("/v1/limits", service.told_limits, "limits", closed, response_model=answers.LimitsAnswer)
    add(
        "/v1/models",
        service.models,
        "models",
        closed,
        response_model=answers.ModelsAnswer,
        response_model_exclude_none=True,
    )
    add("/healthz", service.health, "health", known, response_model=health)
    add("/readyz", service.ready, "ready", {**known, **not_now}, response_model=health)
    add("/metrics", service.metrics, "metrics", {**closed, **metrics}, response_class=Response)


def adder(app: FastAPI, tag: str) -> Callable[..., None]:
    """Return what adds a route with this tag: by its path, what answers it, the operation's name and its responses."""

    def add(path: str, handler: Callable[..., Any], name: str, responses: Described, **more: Any) -> None:
        app.add_api_route(path, handler, operation_id=name, responses=responses, tags=[tag], **more)

    return add


def not_json(kind: str, description: str, schema: dict[str, Any] | None = None) -> Described:
    """Describe an answer that is not JSON for OpenAPI."""
    return {200: {"description": description, "content": {kind: {"schema": schema or {"type": "string"}}}}}


def zip_order() -> dict[str, Any]:
    """Describe the request for an archive for OpenAPI."""
    schema = answers.ZipOrder.model_json_schema()
    schema["properties"]["jobs"]["items"] = schema.pop("$defs")["ZipItem"]
    return schema


def handler(endpoint: Endpoint, service: Service) -> Callable[..., Any]:
    """Return the function that answers the requests of an endpoint."""

    async def answer(request: Request, query: Any, secret: str = "") -> Response:
        return await service.post(endpoint, request, query, secret)

    # FastAPI reads from here what it is to check; the query's class is made when the service starts.
    answer.__annotations__ = {
        "request": Request,
        "query": Annotated[endpoint.query(), Query()],
        "secret": Annotated[str, Header(alias="Job-Secret", description=_SECRET)],
        "return": Response,
    }
    answer.words = endpoint.words()  # type: ignore[attr-defined]
    return answer


async def refused(request: Request, wrong: Exception) -> Response:  # noqa: ARG001
    """An error that the service says itself."""
    assert isinstance(wrong, RefusedError)
    return wrong.response()


async def wrong(request: Request, wrong: Exception) -> Response:
    """An address that is none, another method than it takes, or a body that is no JSON."""
    assert isinstance(wrong, HTTPException)
    if wrong.status_code == 400:
        return error(400, "bad_json", "the body is no JSON")
    headers = dict(wrong.headers or {})
    if wrong.status_code == 405:
        here = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
        headers["allow"] = ", ".join(sorted({method for route in here for method in getattr(route, "methods", ())}))
    return error(wrong.status_code, wrong.detail.lower().replace(" ", "_"), wrong.detail, headers)


async def broken(request: Request, wrong: Exception) -> Response:  # noqa: ARG001
    """Our fault."""
    return error(500, "internal", f"our fault: {type(wrong).__name__}; the log says more")


async def unfit(request: Request, wrong: Exception) -> Response:
    """What is said of a request that does not fit its description."""
    assert isinstance(wrong, RequestValidationError)
    words: dict[str, str] = getattr(request.scope.get("endpoint"), "words", {})
    first = wrong.errors()[0]
    kind, *rest = (str(part) for part in first["loc"])
    name = rest[0] if rest else kind
    if first["type"] == "json_invalid":
        return error(400, "bad_json", "the body is no JSON")
    if kind == "query" and first["type"] == "extra_forbidden":
        there = ", ".join(sorted(words)) or "none"
        return error(422, "bad_option", f"no option is called {name[:40]}; there are {there}")
    if name in words:
        return error(422, "bad_option", f"{name} is {words[name]}")
    return error(422, "bad_option", f"{'.'.join(rest) or kind}: {first['msg']}"[:200])
