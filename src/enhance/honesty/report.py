"""What was done to a photo, face by face, in plain words: how much was made up, and whether it is still anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from enhance.errors import ModelError, PhotoError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from enhance.faces.crops import FaceCrop
    from enhance.inference.model import Model
    from enhance.photos.photo import Photo
    from enhance.tasks.upscale.enhance import Redrawn, Result

    Array = NDArray[np.float32]

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
    """

    box: tuple[float, float, float, float]
    pixels: int
    made_up: float | None
    answers: int
    people: int
    likeness: float | None = None
    bicubic: float | None = None
    band: Array | None = None

    @property
    def same(self) -> bool | None:
        """Whether a verifier would take the drawn face and the original for one person."""
        from enhance.faces.recognition import SAME

        return None if self.likeness is None else self.likeness >= SAME

    def sentence(self) -> str:
        """In words."""
        left, top, right, bottom = (round(edge) for edge in self.box)
        parts = [f"face at {left},{top} to {right},{bottom}, drawn from {self.pixels} pixels across"]
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


def report(photo: Photo, result: Result, *, seed: int = 0, original: Photo | None = None) -> tuple[FaceReport, ...]:
    """A report on every redrawn face of an enhanced photo.

    Args:
        photo: what was enhanced.
        result: what came of it, with this seed.
        original: the true large photo, of the same part and proportions.

    Raises:
        PhotoError: the original has other proportions.
    """
    if original is not None and abs(original.width / photo.width / (original.height / photo.height) - 1) > 0.02:
        raise PhotoError(f"{original.name}: has other proportions than the photo; crop it to the same part")
    if result.network is None:
        return ()
    return tuple(_of_face(photo, result, result.network, face, seed, original) for face in result.faces if face.redrawn)


def _of_face(
    photo: Photo, result: Result, network: Model, face: Redrawn, seed: int, original: Photo | None
) -> FaceReport:
    import numpy as np

    from enhance.faces import recognition
    from enhance.honesty import uncertainty
    from enhance.honesty.lineup import answers, upright
    from enhance.painting.background import bicubic

    cut, shown = _cut(photo, face, network.facts.scale)
    drawn = answers(network, cut, range(seed, seed + uncertainty.ANSWERS))
    vectors = recognition.embed(upright(cut, drawn))
    try:
        constants = uncertainty.constants_for(network, face.lr)
        made = uncertainty.invention(drawn, bicubic(cut.lr, network.facts.scale), constants, shown)
    except ModelError:
        made = None
    likeness = baseline = None
    if original is not None:
        side = network.facts.scale * face.lr
        seen = [
            _framed(result.rgb, face, result.canvas.width / photo.width, side),
            _framed(bicubic(photo.rgb, network.facts.scale), face, network.facts.scale, side),
            _framed(original.rgb, face, original.width / photo.width, side),
        ]
        ours, plain, true = recognition.embed(np.stack(seen).transpose(0, 3, 1, 2))
        likeness, baseline = float(ours @ true), float(plain @ true)
    return FaceReport(
        box=face.box,
        pixels=face.lr,
        made_up=None if made is None else made.share,
        answers=len(drawn),
        people=recognition.people(vectors),
        likeness=likeness,
        bicubic=baseline,
        band=None if made is None else made.band,
    )


def _cut(photo: Photo, face: Redrawn, scale: int) -> tuple[FaceCrop, Array]:
    """What of the photo a face was drawn from, and how much of each pixel that was drawn is shown, (4h,4w) in [0,1]."""
    import numpy as np

    from enhance.faces import crops

    if face.box == (0.0, 0.0, float(photo.width), float(photo.height)):
        return crops.aligned_crop(photo.rgb), np.ones((scale * photo.height, scale * photo.width), np.float32)
    cut = crops.crop_face(photo.rgb, np.array(face.landmarks), face.lr)
    return cut, cut.mask(scale)


def _framed(rgb: Array, face: Redrawn, ratio: float, side: int) -> Array:
    """A face of the photo in the face frame, (side,side,3), from a picture that is `ratio` times as large."""
    import numpy as np

    from enhance.faces import geometry

    landmarks = (np.array(face.landmarks) + 0.5) * ratio - 0.5
    crop, _ = geometry.align(rgb, landmarks, side)
    return crop


def refuse_map(result: Result) -> None:
    """Says that there is no map, before anything is written.

    Raises:
        ModelError: a network that invents was not calibrated.
    """
    from enhance.honesty import uncertainty

    if result.rest and result.rest.facts.invents:
        raise ModelError(
            f"{result.rest.facts.name} drew what is not a face, and was never calibrated, so there is no map: "
            "leave out --rest"
        )
    if result.network and any(face.redrawn for face in result.faces):
        uncertainty.constants_for(result.network, result.faces[0].lr)


def band_map(result: Result, reports: tuple[FaceReport, ...], photo: Photo) -> Array:
    """Half widths (H,W) of the band over the enhanced photo, in [0,1]; 0 where nothing was redrawn.

    Raises:
        ModelError: a network that invents was not calibrated.
    """
    import numpy as np
    from PIL import Image

    from enhance.tasks.upscale.enhance import inside, slices

    refuse_map(result)
    scale = result.network.facts.scale if result.network else 1
    total = np.zeros((scale * photo.height, scale * photo.width), np.float32)
    redrawn = [face for face in result.faces if face.redrawn]
    for face, told in zip(redrawn, reports, strict=True):
        assert told.band is not None
        cut, shown = _cut(photo, face, scale)
        here = inside(cut, (0, 0, photo.width, photo.height))
        there = total[slices(here, 0, 0, scale)]
        np.maximum(there, (told.band * shown)[slices(here, cut.left, cut.top, scale)], out=there)
    size = result.canvas.width, result.canvas.height
    if total.shape == size[::-1]:
        return total
    return np.asarray(Image.fromarray(total).resize(size, Image.Resampling.BILINEAR))


def facts(reports: tuple[FaceReport, ...]) -> list[dict[str, Any]]:
    """The reports as JSON can hold them."""
    return [
        {
            "box": [round(edge, 1) for edge in one.box],
            "pixels_across": one.pixels,
            "made_up": None if one.made_up is None else round(one.made_up, 3),
            "answers": one.answers,
            "people": one.people,
            "likeness_to_original": one.likeness,
            "same_person": one.same,
        }
        for one in reports
    ]
