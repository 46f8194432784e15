"""The document that describes the service to programs."""

from __future__ import annotations

from typing import Any

from enhance.tasks.upscale.options import FaceOptions, LineupOptions, UpscaleOptions
from enhance.web import jobs, parameters
from enhance.web.jobs import FileOptions, PartOptions


def document(models: tuple[str, ...], most_bytes: int) -> dict[str, Any]:
    """OpenAPI 3.1, with the names of the models that are installed."""
    choices = jobs.model_choices(models)
    faces = parameters.describe(FaceOptions, choices)
    everything = parameters.describe(UpscaleOptions, choices)
    several = parameters.describe(LineupOptions, choices)
    ending = parameters.describe(FileOptions)
    part = [
        *parameters.describe(PartOptions),
        given("job", "A name of your own, to follow or cancel it by.", type="string", maxLength=64),
    ]
    pictures = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in jobs.FORMATS.values()}
    json: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
    facts = {"Enhance-Facts": {"description": "What was done, as JSON.", "schema": {"type": "string"}}}

    def post(summary: str, parameters: list[dict[str, Any]], answer: dict[str, Any]) -> dict[str, Any]:
        return {
            "post": {
                "summary": summary,
                "parameters": parameters,
                "requestBody": {
                    "required": True,
                    "description": f"The photo's file, up to {most_bytes:,} bytes.",
                    "content": {
                        kind: {"schema": {"type": "string", "format": "binary"}}
                        for kind in ("application/octet-stream", "image/*")
                    },
                },
                "responses": {
                    "200": answer,
                    **{status: wrong(why) for status, why in REFUSALS.items()},
                },
            }
        }

    picture = {"description": "The picture.", "headers": facts, "content": pictures}
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    stream = {"text/event-stream": {"schema": {"type": "string"}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "enhance",
            "version": "1",
            "description": "Photos four times larger, every face redrawn. The detail is made up; no photo is kept.",
        },
        "paths": {
            "/v1/enhance": post("Enlarge a photo and redraw its faces.", [*everything, *part, *ending], picture),
            "/v1/faces": post("Find the faces of a photo.", part, {"description": "Faces.", "content": json}),
            "/v1/lineup": post(
                "Several faces for the same pixels.", [*several, *part], {"description": "Cards.", "content": json}
            ),
            "/v1/map": post(
                "Which pixels were made up: a transparent PNG to lay over the picture four times larger.",
                [*faces, *part],
                {"description": "The map.", "headers": facts, "content": {"image/png": pictures["image/png"]}},
            ),
            "/v1/opinion": post(
                "How photographed a part of a photo looks to the discriminator, beside three enlargements of it.",
                part,
                {"description": "Verdicts, which mean something only beside each other.", "content": json},
            ),
            "/v1/models": {"get": plain("The networks.", json)},
            "/v1/jobs/{name}": {
                "delete": {
                    "summary": "Cancel a job.",
                    "parameters": [name],
                    "responses": {"204": {"description": "Cancelled."}, "404": wrong("There is no such job.")},
                }
            },
            "/v1/jobs/{name}/events": {
                "get": {**plain("Follow a job by server-sent events.", stream), "parameters": [name]}
            },
            "/healthz": {"get": plain("Whether the service is well.", json)},
            "/metrics": {"get": plain("For Prometheus.", {"text/plain": {"schema": {"type": "string"}}})},
        },
    }


REFUSALS = {
    "400": "The photo did not arrive whole.",
    "408": "The photo arrived too slowly.",
    "409": "The job was cancelled.",
    "413": "Too many bytes or pixels.",
    "415": "The body is not called a picture.",
    "422": "The photo cannot be read, or an option is wrong.",
    "429": "The queue is full; Retry-After says when to try again.",
    "503": "It took too long.",
}


def given(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def plain(summary: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": "As asked.", "content": content}}}


def wrong(description: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
            }
        },
    }
    return {"description": description, "content": {"application/json": {"schema": schema}}}
