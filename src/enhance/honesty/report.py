"""What was done to a photo, face by face: how much was made up, and whether it is still the same person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from enhance.errors import ModelError, PhotoError
from enhance.faces import geometry, recognition
from enhance.faces.crops import FaceCrop, slices
from enhance.faces.drawing import FaceJob
from enhance.faces.geometry import Points
from enhance.honesty import uncertainty
from enhance.honesty.samples import draw_beside, upright
from enhance.honesty.uncertainty import UncalibratedError
from enhance.inference.model import Model
from enhance.painting.background import bicubic
from enhance.photos.photo import Photo
from enhance.pixels import Array, Box, resize
from enhance.tasks.upscale.result import Result

WARNING = (
    "The detail of redrawn faces is imaginary. It agrees with the photo, as countless other faces would; it will not "
    "help to identify anyone, and must not be used to try."
)


@dataclass(frozen=True, eq=False)
class FaceReport:
    """One redrawn face.

    Attributes:
        box: left, top, right, bottom in the photo's pixels.
        pixels: across the face frame, as the network saw it.
        made_up: share of the face's pixels that may be off by more than 16 of 255 grey levels (`uncertainty`), in
            [0,1]; None where the network was not calibrated.
        answers, people: how many other answers were drawn, and how many people a verifier sees among them.
        likeness: SFace's cosine to the original; None without one.
        bicubic: the same of bicubic enlargement, which invents nothing.
        band: (4h,4w) half width of the band around the drawn values of a cut of (h,w) pixels, or None.
        number: which face of the photo, 1 being the largest, as `--faces` takes it.
    """

    box: Box
    pixels: int
    made_up: float | None
    answers: int
    people: int
    likeness: float | None = None
    bicubic: float | None = None
    band: Array | None = None
    number: int = 1

    @property
    def same(self) -> bool | None:
        """Whether a verifier would take the drawn face and the original for one person."""
        return None if self.likeness is None else self.likeness >= recognition.SAME

    def sentence(self) -> str:
        """Return the report in words."""
        left, top, right, bottom = (round(edge) for edge in self.box)
        parts = [f"face {self.number} at {left},{top} to {right},{bottom}, drawn from {self.pixels} pixels across"]
        if self.made_up is None:
            parts.append("how much was made up is unknown: this model was never calibrated")
        else:
            parts.append(
                f"{100 * self.made_up:.0f} % of it was made up (may be off by more than 16 of 255 grey levels)"
            )
        people = "one person" if self.people == 1 else f"{self.people} different people"
        parts.append(f"{self.answers} answers for these pixels are {people} to a verifier")
        if self.likeness is not None:
            verdict = "the same person" if self.same else "somebody else"
            parts.append(
                f"a verifier takes it for {verdict} as the original: likeness {self.likeness:.2f}, "
                f"needed .36, bicubic {self.bicubic:.2f}"
            )
        return "; ".join(parts)


def report(photo: Photo, result: Result, *, original: Photo | None = None) -> tuple[FaceReport, ...]:
    """A report on every redrawn face of an enhanced photo.

    Args:
        photo: what was enhanced.
        result: what came of it.
        original: the true large photo, of the same part and proportions.

    Raises:
        PhotoError: the original has other proportions.
    """
    if original is not None:
        refuse_original(original, photo)
    if result.model is None:
        return ()
    pictures: list[tuple[Array, float]] = []
    if original is not None:
        pictures = [
            (result.rgb, result.canvas.width / photo.width),
            (bicubic(photo.rgb, result.model.facts.scale), result.model.facts.scale),
            (original.rgb, original.width / photo.width),
        ]
    return tuple(
        replace(_of_face(result, result.model, job, pictures), number=number)
        for number, job in enumerate(result.faces, 1)
        if job.redrawn
    )


def refuse_original(original: Photo, photo: Photo) -> None:
    """Raise PhotoError where an original has other proportions than the photo, whose sides may have been rounded."""
    across, down = original.width * photo.height, original.height * photo.width
    if abs(across - down) > 0.5 * (original.width + original.height):
        raise PhotoError(
            f"{original.name}: is {original.width}x{original.height}, which has other proportions than the photo, "
            f"{photo.width}x{photo.height}; crop it to the same part"
        )


def _of_face(result: Result, model: Model, job: FaceJob, pictures: Sequence[tuple[Array, float]]) -> FaceReport:
    """The report on one face.

    Args:
        pictures: the result, the bicubic enlargement and the original, each with how many times larger it is than the
            photo; none without an original.
    """
    assert job.crop is not None
    seed = result.options.seed
    samples = draw_beside(model, job.crop, seed, uncertainty.SAMPLES, job.drawn)
    vectors = recognition.embed(upright(job.crop, samples))
    try:
        constants = uncertainty.constants_for(model, job.size)
        shown = _shown(result, job.crop, model.facts.scale)
        band = uncertainty.face_uncertainty(samples, bicubic(job.crop.lr, model.facts.scale), constants, shown)
    except ModelError:
        band = None
    likeness = baseline = None
    if pictures:
        side = model.facts.scale * job.size
        framed = [_framed(rgb, job.face.landmarks, ratio, side) for rgb, ratio in pictures]
        ours, plain, true = recognition.embed(np.stack(framed).transpose(0, 3, 1, 2))
        likeness, baseline = float(ours @ true), float(plain @ true)
    return FaceReport(
        box=job.box,
        pixels=job.size,
        made_up=None if band is None else band.share,
        answers=len(samples),
        people=recognition.people(vectors),
        likeness=likeness,
        bicubic=baseline,
        band=None if band is None else band.bound,
    )


def _shown(result: Result, crop: FaceCrop, scale: int) -> Array:
    """How much of each pixel that was drawn of a crop is shown, (scale*h,scale*w) in [0,1]."""
    if result.options.aligned:
        height, width = crop.lr.shape[:2]
        return np.ones((scale * height, scale * width), np.float32)
    return crop.mask(scale)


def _framed(rgb: Array, landmarks: Points, ratio: float, side: int) -> Array:
    """A face of the photo in the face frame, (side,side,3), from a picture that is `ratio` times as large."""
    crop, _ = geometry.align(rgb, (landmarks + 0.5) * ratio - 0.5, side)
    return crop


def refuse_map(result: Result) -> None:
    """Raise the error of `band_map` before anything is written.

    Raises:
        UncalibratedError: a network that invents was not calibrated.
    """
    if (rest := result.inventive) is not None and uncertainty.calibration(rest.path) is None:
        raise UncalibratedError(
            f"{rest.facts.name} drew what is not a face, and was never calibrated, so there is no map: leave out --rest"
        )
    for job in result.faces:
        if result.model and job.redrawn:
            uncertainty.constants_for(result.model, job.size)


def band_map(result: Result, reports: tuple[FaceReport, ...], photo: Photo) -> Array:
    """Half widths (H,W) of the band over the enhanced photo, in [0,1]; 0 where nothing was invented.

    Raises:
        UncalibratedError: a network that invents was not calibrated.
    """
    refuse_map(result)
    scale = result.model.facts.scale if result.model else 1
    total = np.zeros((scale * photo.height, scale * photo.width), np.float32)
    redrawn = [job.crop for job in result.faces if job.redrawn]
    for crop, face_report in zip(redrawn, reports, strict=True):
        assert crop is not None
        assert face_report.band is not None
        here = crop.inside((0, 0, photo.width, photo.height))
        there = total[slices(here, 0, 0, scale)]
        shown = face_report.band * _shown(result, crop, scale)
        np.maximum(there, shown[slices(here, crop.left, crop.top, scale)], out=there)
    size = result.canvas.width, result.canvas.height
    band = total if total.shape == size[::-1] else resize(total, size, method=Image.Resampling.BILINEAR)
    return band if result.inventive is None else np.where(band > 0, band, _rest_band(result.inventive, result, photo))


def _rest_band(model: Model, result: Result, photo: Photo) -> Array:
    """Half widths (H,W) of the band of what is no face, by how much the result differs from bicubic."""
    drawn = result.rgb
    enlarged = np.clip(resize(photo.rgb, (drawn.shape[1], drawn.shape[0])), 0, 1)
    features = uncertainty.uncertainty_features(drawn[None], enlarged)
    return uncertainty.error_bound(features, uncertainty.constants_for(model, photo.height))
