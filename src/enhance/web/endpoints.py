"""What can be asked for: each endpoint in one place, from which its route, its checks and its description are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from enhance.inference.model import enlarging_models, face_models
from enhance.tasks.fill.options import FillOptions
from enhance.tasks.imagine.options import ImagineOptions
from enhance.tasks.sketch.options import SketchOptions
from enhance.tasks.translate.options import TranslateOptions
from enhance.tasks.upscale.options import BICUBIC, FaceOptions, LineupOptions, UpscaleOptions
from enhance.web import answers, jobs
from enhance.web.bodies import FORM, LONGEST_SENTENCE
from enhance.web.made import JSON, Made
from enhance.web.orders import Order
from enhance.web.queries import Choices, Query, query_model, ranges_in_words
from enhance.web.query_options import (
    ANSWER_FORMATS,
    DialOptions,
    FileOptions,
    HoleOptions,
    JobOptions,
    NumberOptions,
    PartOptions,
    SeveralOptions,
)

BINARY = {"type": "string", "format": "binary"}
_PHOTO, SENTENCE = "photo", "sentence"
FACE_MODELS, ALL_MODELS = "faces", "all"


@dataclass(frozen=True)
class Endpoint:
    """An endpoint to which a photo, a drawing or a sentence is posted.

    Attributes:
        name: of the operation; its path is /v1/NAME.
        summary: one sentence.
        options: dataclasses whose fields are its query.
        work: does it.
        facts: what is told.
        draws: whether a picture is the answer, unless JSON is asked for.
        parts: names of what a form may have; none for a sentence.
        models: what may be asked for as the model.
        formats: whether the picture's format can be chosen.
        quick: whether it takes tenths of a second, so that it need not wait behind photos.
    """

    name: str
    summary: str
    options: tuple[type, ...]
    work: Callable[[Order], Made]
    facts: type[answers.Answer]
    draws: bool = True
    parts: tuple[str, ...] = (_PHOTO,)
    models: str = ""
    formats: bool = True
    quick: bool = False

    @property
    def path(self) -> str:
        return f"/v1/{self.name}"

    @property
    def kinds(self) -> tuple[type, ...]:
        """All dataclasses whose fields are in the query."""
        part = () if not self.parts or self.name == "sketch" else (PartOptions,)
        return (*self.options, *part, *((FileOptions,) if self.draws and self.formats else ()), JobOptions)

    def query(self) -> type[Query]:
        """What FastAPI checks."""
        return query_model(f"{self.name.capitalize()}Query", self.kinds, self.choices())

    def words(self) -> dict[str, str]:
        """What each option may be."""
        return ranges_in_words(self.kinds, self.choices())

    def choices(self) -> Choices:
        """What texts may be that is known only now."""
        return {"model": model_names(faces_only=self.models == FACE_MODELS)} if self.models else {}

    def body(self) -> dict[str, Any]:
        """The request's body as OpenAPI describes it."""
        if not self.parts:
            content = {
                "type": "object",
                "required": ["sentence"],
                "additionalProperties": False,
                "properties": {"sentence": {"type": "string", "minLength": 1, "maxLength": LONGEST_SENTENCE // 4}},
            }
            text = {"type": "string", "minLength": 1, "maxLength": LONGEST_SENTENCE // 4}
            return {
                "required": True,
                "description": "A sentence about a bird.",
                "content": {
                    "text/plain": {"schema": text, "example": "a small bird with a red head and a white belly"},
                    JSON: {"schema": content, "example": {"sentence": "a small bird with a red head"}},
                },
            }
        form = {
            "type": "object",
            "required": [self.parts[0]],
            "additionalProperties": False,
            "properties": dict.fromkeys(self.parts, BINARY),
        }
        kinds = ("application/octet-stream", "image/*")
        return {
            "required": True,
            "description": "The file itself, or a form with it.",
            "content": {**{kind: {"schema": BINARY} for kind in kinds}, FORM: {"schema": form}},
        }

    def responses(self) -> dict[int | str, dict[str, Any]]:
        """Its answers as OpenAPI describes them."""
        kinds = tuple(ANSWER_FORMATS.values()) if self.formats else (ANSWER_FORMATS["png"],)
        pictures = {kind: {"schema": BINARY} for kind in kinds} if self.draws else {}
        headers = {"Enhance-Facts": {"description": "The facts as JSON.", "schema": {"type": "string"}}}
        done: dict[str, Any] = {"description": "What was asked for.", "model": self.facts}
        if self.draws:
            done |= {"content": pictures, "headers": headers}
        later = {"description": "It is being done; the result is fetched later.", "model": answers.WaitingAnswer}
        return {200: done, 202: later, **refusals(*REFUSALS)}


REFUSALS = {
    400: "The body did not arrive whole, or is not what it says that it is.",
    401: "The service asks for a token.",
    403: "Another site may not use this service.",
    408: "The body arrived too slowly.",
    409: "The job was cancelled, or its name is taken.",
    413: "Too many bytes or pixels.",
    415: "The body is not called what it has to be.",
    421: "The service is not called that.",
    422: "What was sent cannot be read, or an option is wrong.",
    429: "The queue is full; Retry-After says when to try again.",
    503: "It took too long, or the service is ending.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Errors as OpenAPI describes them."""
    more = {404: "There is no such job."}
    retry = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}}
    responses: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        responses[status] = {"description": (REFUSALS | more)[status], "model": answers.ErrorAnswer}
        if status in (429, 503):
            responses[status]["headers"] = retry
    return responses


def model_names(*, faces_only: bool) -> tuple[str, ...]:
    """The models that enlarge pictures, and `bicubic`, which is none; or those that draw faces."""
    return face_models() if faces_only else (*enlarging_models(), BICUBIC)


ENDPOINTS = (
    Endpoint(
        "enhance",
        "Enlarge a photo and redraw its faces.",
        (UpscaleOptions,),
        jobs.enhance,
        answers.EnhanceAnswer,
        models=ALL_MODELS,
    ),
    Endpoint("faces", "Find the faces of a photo.", (), jobs.find_faces, answers.FacesAnswer, draws=False),
    Endpoint(
        "lineup",
        "Several faces for the same pixels.",
        (LineupOptions,),
        jobs.lineup,
        answers.LineupAnswer,
        draws=False,
        models=FACE_MODELS,
    ),
    Endpoint(
        "explore",
        "One face, turned along the three directions in which its answers differ most.",
        (DialOptions,),
        jobs.turned,
        answers.ExploreAnswer,
    ),
    Endpoint(
        "map",
        "Which pixels were made up: a transparent PNG to lay over the enlarged picture.",
        (FaceOptions, NumberOptions),
        jobs.invention,
        answers.MapAnswer,
        models=FACE_MODELS,
        formats=False,
    ),
    Endpoint(
        "opinion",
        "How photographed a part of a photo looks to the discriminator, beside three enlargements of it.",
        (),
        jobs.opinion,
        answers.OpinionsAnswer,
        draws=False,
    ),
    Endpoint(
        "translate",
        "Redraw the horses of a photo as zebras, or its zebras as horses.",
        (TranslateOptions,),
        jobs.translate,
        answers.TranslateAnswer,
    ),
    Endpoint(
        "fill",
        "Fill a hole in a photo: where a mask is white, in boxes, in scratches, or where the photo is transparent.",
        (FillOptions, HoleOptions, SeveralOptions),
        jobs.fill,
        answers.FillAnswer,
        parts=(_PHOTO, "mask"),
    ),
    Endpoint(
        "sketch",
        "Paint a cat after a drawing: lines on white or on nothing, a photograph of them, or SVG.",
        (SketchOptions, SeveralOptions),
        jobs.sketch,
        answers.SketchAnswer,
        quick=True,
    ),
    Endpoint(
        "imagine",
        "Draw a bird from a sentence.",
        (ImagineOptions, SeveralOptions),
        jobs.imagine,
        answers.ImagineAnswer,
        parts=(),
        quick=True,
    ),
)
