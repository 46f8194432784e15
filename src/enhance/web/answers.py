"""What the answers of the service look like, for its OpenAPI document."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from enhance.pixels import Box

EDGES = "Left, top, right, bottom in pixels of the part that was asked for."


class Answer(BaseModel):
    """The base of all answers: they have no fields but those that are declared."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class Wrong(Answer):
    code: str = Field(description="For programs.")
    message: str = Field(description="For people, in one line.")


class ErrorAnswer(Answer):
    """An error."""

    error: Wrong


class PictureAnswer(Answer):
    """A picture in JSON."""

    seed: int
    type: str = Field(description="Its content type.")
    data: str = Field(description="Its file in base64.")


class Pictures(Answer):
    """Facts with pictures; `answers` is there if JSON was asked for."""

    answers: list[PictureAnswer] | None = None


class FaceAnswer(Answer):
    """A face that was found."""

    number: int | None = Field(description="Its place among the faces of the whole photo, 1 being the largest.")
    box: Box = Field(description=EDGES)
    pixels_across: int = Field(description="Across the face frame, as it is drawn, or as it is.")
    redrawn: bool
    reason: str | None = Field(description="Why it is left alone.")


class EnhanceAnswer(Pictures):
    """An enlarged photo."""

    width: int
    height: int
    model: str
    seed: int
    faces: list[FaceAnswer]
    lr_psnr_db: float = Field(description="How well it agrees with the photo when it is made small again; 99 at most.")
    notes: list[str]
    seconds: float


class FacesAnswer(Answer):
    """The faces of a photo."""

    width: int
    height: int
    faces: list[FaceAnswer]


class CardAnswer(Answer):
    number: int
    seed: int
    lr_psnr_db: float
    png: str = Field(description="The face in base64.")


class LineupAnswer(Answer):
    """Several faces for the same pixels."""

    photo: str
    model: str
    face: Box = Field(description="Left, top, right, bottom in pixels of the photo.")
    number: int
    pixels_across: int
    answers: list[CardAnswer]
    people: int = Field(description="How many people a verifier sees.")
    restored: bool = Field(description="Whether grain, blur or blocks were taken out first.")
    says: str = Field(description="What that says of the photo.")
    mean_pairwise: dict[str, float]
    meaning: dict[str, str]
    notes: list[str]
    warning: str
    given: str = Field(description="The pixels that were given: a PNG in base64.")
    sentence: str


class ExploreAnswer(Pictures):
    """One of the faces that the same pixels could have come from."""

    width: int
    height: int
    model: str
    seed: int
    number: int
    pixels_across: int
    part: tuple[int, int, int, int] = Field(
        description="Left, top, right, bottom of the picture in the photo's pixels."
    )
    dials: list[float]
    restored: bool = Field(description="Whether grain, blur or blocks were taken out first.")
    strength: list[float] = Field(
        description="Of each dial: root mean square change of the luma for a turn of 1, in grey levels of 255."
    )
    lr_psnr_db: float = Field(
        description="How well it agrees with the photo, or what restoring left of it, made small; 99 at most."
    )
    warning: str
    seconds: float


class ReportAnswer(Answer):
    number: int | None
    box: Box = Field(description=EDGES)
    pixels_across: int
    made_up: float | None = Field(description="Share of it that may be off by more than 16 of 255 grey levels.")
    people: int


class MapAnswer(Pictures):
    """How much of each face was made up."""

    sentences: list[str]
    faces: list[ReportAnswer]
    measured: bool
    warning: str


class OpinionAnswer(Answer):
    name: str
    verdicts: list[list[float]]
    mean: float
    less_convincing: float
    png: str


class OpinionsAnswer(Answer):
    """Verdicts, which mean something only beside each other."""

    opinions: list[OpinionAnswer]


class AnimalAnswer(Answer):
    box: tuple[int, int, int, int] = Field(description=EDGES)


class TranslateAnswer(Pictures):
    """A photo with other animals."""

    width: int
    height: int
    model: str | None
    drawn: bool = Field(description="false: no animal was found, and nothing was changed.")
    animals: list[AnimalAnswer]
    untouched: float = Field(description="Share of the pixels that are as they were.")
    sentence: str
    notes: list[str]
    seconds: float
    mask: str | None = Field(None, description="How much of each pixel was redrawn: a grey PNG in base64.")


class CompletedAnswer(Answer):
    box: Box
    pixels_across: int


class FillAnswer(Pictures):
    """A photo with its hole filled."""

    width: int
    height: int
    model: str
    seed: int
    hole_pixels: int
    faces: list[CompletedAnswer]
    sentence: str
    notes: list[str]
    seconds: float
    mask: str | None = Field(None, description="Where it was filled: a PNG in base64, white there.")


class SketchAnswer(Pictures):
    """A cat that never was."""

    width: int
    height: int
    model: str
    seed: int
    moved: bool = Field(description="Whether the drawing was put into the middle.")
    sentence: str
    notes: list[str]
    seconds: float


class PlaceAnswer(Answer):
    part: str
    colour: str


class ImagineAnswer(Pictures):
    """A bird that never was."""

    width: int
    height: int
    model: str
    seed: int
    sentence: str
    understood: list[PlaceAnswer]
    traits: list[str]
    taken: dict[str, str] = Field(description="Words that were read as another.")
    ignored: list[str] = Field(description="Words that were never learnt.")
    layouts: list[int] = Field(description="Of each bird: the layout that it stands in, to be kept while words change.")
    seconds: float


class WaitingAnswer(Answer):
    """A job that nobody waits for; its addresses are relative to the service."""

    job: str
    secret: str
    status: str
    events: str
    result: str


class JobAnswer(Answer):
    """How far a job is."""

    job: str
    stage: str
    before: int = Field(description="Jobs before it.")
    share: float = Field(description="How much of the drawing is done, 0 to 1.")
    result: str | None
    error: Wrong | None


class ZipItem(BaseModel):
    """A result that is to be in an archive."""

    model_config = ConfigDict(extra="forbid")

    job: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    secret: str = Field(min_length=1, max_length=128)
    name: str = Field("", max_length=100, description="Of the file, without its ending.")


class ZipOrder(BaseModel):
    """Results that are to be in one archive."""

    model_config = ConfigDict(extra="forbid")

    jobs: list[ZipItem] = Field(min_length=1, max_length=1000)


class LimitsAnswer(Answer):
    """What the service takes."""

    upload_bytes: int
    look_pixels: int = Field(description="Of a photo that is decoded and searched for faces.")
    draw_pixels: int = Field(description="Of them, those that are drawn at a time.")
    result_pixels: int = Field(description="Of an answer.")
    seconds: float
    places: int
    kept_seconds: float
    kept_bytes: int
    tasks: dict[str, dict[str, Any]] = Field(description="Which have weights, and for which of their ways.")


class ModelAnswer(Answer):
    name: str
    task: str | None = None
    scale: str | None = None
    licence: str | None = None
    pictures: str | None = None


class ModelsAnswer(Answer):
    """The networks."""

    models: list[ModelAnswer]


class HealthAnswer(Answer):
    """How the service is."""

    status: str
    jobs: int
    places: int
