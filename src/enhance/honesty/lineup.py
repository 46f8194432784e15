"""Several faces for the same pixels. All of them agree with the photo; at most one could be right, and none need be.

A network that takes noise has an answer for every seed. Shown side by side, they say better than any warning how
little a few pixels tell of a face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from enhance.errors import PhotoError
from enhance.faces import crops, detection, recognition, verification
from enhance.faces.drawing import draw, drawing_size
from enhance.pixels import luma, to_uint8

if TYPE_CHECKING:
    import os

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from enhance.faces.crops import FaceCrop
    from enhance.inference.model import Model
    from enhance.photos.photo import Photo

    Array = NDArray[np.float32]

FEWEST, MOST = 2, 32
WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2
"""Of SSIM, as in the paper."""

WALL, RULE, INK, FAINT, BOARD = (222, 218, 208), (196, 191, 179), (38, 38, 40), (110, 106, 98), (28, 28, 30)
TILE, GAP = 256, 28
WARNING = "Made-up detail: none of these is the person. They will not help to identify anyone."


@dataclass(frozen=True, eq=False)
class Lineup:
    """Faces that the same pixels could have come from.

    Attributes:
        name: the photo.
        model: the name of the network.
        box: left, top, right, bottom of the face in the photo, in its pixels.
        pixels: across the face frame.
        lr: (h,w,3) float32 in [0,1], the part of the photo that the network saw.
        answers: (n,4h,4w,3) float32 in [0,1] in steps of 1/255; answer k is the face drawn for seeds[k].
        seeds: of the answers.
        lr_psnr: of each answer: PSNR in dB between the answer made small again and `lr`.
        identity: mean cosine of SFace's embeddings over all pairs of answers; 1 is the same face.
        people: how many people a verifier sees among the answers (`recognition.people`).
        structure: mean of 1 - SSIM over all pairs of answers; 0 is the same picture.
    """

    name: str
    model: str
    box: tuple[float, float, float, float]
    pixels: int
    lr: Array
    answers: Array
    seeds: tuple[int, ...]
    lr_psnr: tuple[float, ...]
    identity: float
    people: int
    structure: float
    warning: str = WARNING

    def sentence(self) -> str:
        """What the line-up says, in one line."""
        people = "one person" if self.people == 1 else f"{self.people} different people"
        return (
            f"{len(self.seeds)} answers for {self.lr.shape[1]}x{self.lr.shape[0]} pixels, {people} to a verifier "
            f"(mean likeness {self.identity:.2f}); each agrees with the photo to {min(self.lr_psnr):.0f} dB or more"
        )

    def facts(self) -> dict[str, Any]:
        """All but the pictures, as JSON can hold it."""
        count = len(self.seeds)
        return {
            "photo": self.name,
            "model": self.model,
            "face": [round(edge, 1) for edge in self.box],
            "pixels_across": self.pixels,
            "answers": [
                {"number": k + 1, "seed": self.seeds[k], "lr_psnr_db": round(self.lr_psnr[k], 2)} for k in range(count)
            ],
            "people": self.people,
            "mean_pairwise": {
                "identity_cosine": round(self.identity, 4),
                "identity_distance": round(1 - self.identity, 4),
                "structural_distance": round(self.structure, 4),
            },
            "meaning": {
                "people": "faces that SFace joins at a cosine of .363 or more count as one person",
                "identity_distance": "1 - cosine of SFace embeddings, mean over all pairs; 0 is the same face",
                "structural_distance": "1 - SSIM on luma, Gaussian window 11, sigma 1.5, mean over all pairs",
                "lr_psnr_db": "PSNR between the answer, box-averaged four times smaller, and the face frame cut out",
            },
            "warning": self.warning,
        }


def lineup(
    photo: str | os.PathLike[str] | bytes | Image | NDArray[Any],
    n: int = 8,
    *,
    model: str | os.PathLike[str] | Model | None = None,
    seed: int = 0,
    face: int = 1,
    aligned: bool = False,
    force: bool = False,
) -> Lineup:
    """Draws n faces for the same pixels of a photo.

    Args:
        photo: whatever `upscale` takes.
        n: how many, 2 to 32.
        model: as for `upscale`; None: face_x4_gan, but face_x4_grainy where the face is blurred.
        seed: of the first answer; the others have the seeds that follow, so each can be had again by `upscale`.
        face: which one, 1 being the largest.
        aligned: the photo is a face in the face frame already, or is to be treated as one.
        force: also draws what is not a face.

    Raises:
        PhotoError: the photo cannot be read, shows no such face, or n is out of range.
        ModelError: there is no such model.
    """
    from enhance.photos.photo import read

    return lineup_photo(read(photo), n, model=model, seed=seed, face=face, aligned=aligned, force=force)


def lineup_photo(
    photo: Photo,
    n: int = 8,
    *,
    model: str | os.PathLike[str] | Model | None = None,
    seed: int = 0,
    face: int = 1,
    aligned: bool = False,
    force: bool = False,
) -> Lineup:
    """`lineup` of a photo that was read; the same arguments and errors."""
    from enhance.painting import consistency
    from enhance.tasks.upscale.enhance import network_for

    if not FEWEST <= n <= MOST:
        raise PhotoError(f"{photo.name}: a line-up has {FEWEST} to {MOST} answers, not {n}")
    if aligned:
        height, width = photo.rgb.shape[:2]
        box, cut, landmarks = (
            (0.0, 0.0, float(width), float(height)),
            crops.aligned_crop(photo.rgb),
            verification.aligned_landmarks(height, width),
        )
        size = max(height, width)
    else:
        found = detection.detect(photo.rgb)
        if not 1 <= face <= len(found):
            raise PhotoError(
                f"{photo.name}: {_count(len(found))} found, so there is no face {face} to draw (--aligned takes the "
                "whole picture for one)"
            )
        chosen = found[face - 1]
        size = drawing_size(chosen.landmarks)
        if not size:
            raise PhotoError(f"{photo.name}: face {face} is too large to need redrawing, so it has no line-up")
        box, landmarks = chosen.box, chosen.landmarks
        cut = crops.crop_face(photo.rgb, landmarks, size)
    if not force and (why := verification.rejection_reason(photo.rgb, landmarks)):
        raise PhotoError(f"{photo.name}: {why}, so there is nobody to line up (--force draws faces from anything)")
    seeds = tuple(range(seed, seed + n))
    network, _ = network_for(model, [cut])
    drawn = answers(network, cut, seeds)
    vectors = recognition.embed(upright(cut, drawn))
    return Lineup(
        name=photo.name,
        model=network.facts.name,
        box=box,
        pixels=size,
        lr=cut.lr,
        answers=drawn,
        seeds=seeds,
        lr_psnr=tuple(consistency.lr_psnr(answer, cut.lr) for answer in drawn),
        identity=_mean_of_pairs(vectors @ vectors.T),
        people=recognition.people(vectors),
        structure=structural_distance(drawn),
    )


def write(shown: Lineup, folder: Path) -> Path:
    """Writes lineup.png, the faces as answer_01.png and so on, and lineup.json; the folder is made if missing.

    Raises:
        PhotoError: the folder cannot be written to.
    """
    import json

    from PIL import Image

    from enhance.files import write_atomically
    from enhance.photos.writing import write as write_picture

    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_picture(sheet(shown), folder / "lineup.png")
        for k, answer in enumerate(shown.answers, 1):
            write_picture(Image.fromarray(to_uint8(answer)), folder / f"answer_{k:02}.png")
        facts = json.dumps(shown.facts(), indent=1, ensure_ascii=False) + "\n"
        write_atomically(folder / "lineup.json", facts.encode())
    except OSError as error:
        raise PhotoError(f"{folder}: cannot be written to ({error.strerror}); name another with -o") from error
    return folder


def answers(network: Model, cut: FaceCrop, seeds: Sequence[int]) -> Array:
    """The network's faces (n,4h,4w,3) for a crop of (h,w,3), one a seed, in steps of 1/255, consistent with it."""
    import numpy as np

    from enhance.painting import consistency
    from enhance.tasks.upscale.enhance import eight_bit

    drawn = [consistency.back_project(draw(network, [cut], seed)[0], cut.lr) for seed in seeds]
    return np.stack([eight_bit(answer) for answer in drawn])


def upright(cut: FaceCrop, drawn: Array) -> Array:
    """Answers (n,4h,4w,3) for a cut as faces in their frame, (n,3,S,S)."""
    import numpy as np

    return np.stack([cut.upright(answer).transpose(2, 0, 1) for answer in drawn])


def structural_distance(pictures: Array) -> float:
    """Mean of 1 - SSIM over all pairs of pictures (n,H,W,3) in [0,1], H and W at least 11; 0 where all are the same.

    SSIM of the BT.601 luma with a Gaussian window of 11 pixels and sigma 1.5 (Wang, Bovik, Sheikh and Simoncelli,
    "Image quality assessment: from error visibility to structural similarity", IEEE TIP 2004). It needs no network; it
    says how far the drawn structure differs, not how much a person would mind.
    """
    import numpy as np

    grey = luma(pictures.astype(np.float64))
    down, across = _windows(grey.shape[1]), _windows(grey.shape[2])

    def blur(planes: NDArray[np.float64]) -> NDArray[np.float64]:
        return down @ planes @ across.T

    means = blur(grey)
    variances = blur(grey * grey) - means**2
    distances = []
    for one, other in combinations(range(len(grey)), 2):
        together = blur(grey[one] * grey[other]) - means[one] * means[other]
        alike = (2 * means[one] * means[other] + C1) * (2 * together + C2)
        alike /= (means[one] ** 2 + means[other] ** 2 + C1) * (variances[one] + variances[other] + C2)
        distances.append(1 - alike.mean())
    return float(np.mean(distances))


def _windows(side: int) -> NDArray[np.float64]:
    """Weights (side-10, side): a Gaussian at every place where the window lies wholly inside."""
    import numpy as np

    kernel = np.exp(-((np.arange(WINDOW) - WINDOW // 2) ** 2) / (2 * SIGMA**2))
    weights = np.zeros((side - WINDOW + 1, side))
    for row in range(len(weights)):
        weights[row, row : row + WINDOW] = kernel / kernel.sum()
    return weights


def _mean_of_pairs(square: NDArray[np.float64]) -> float:
    """Mean above the diagonal of (n,n)."""
    import numpy as np

    return float(square[np.triu_indices(len(square), 1)].mean())


def _count(faces: int) -> str:
    return f"{faces or 'no'} face{'' if faces == 1 else 's'}"


def sheet(shown: Lineup) -> Image:
    """The line-up as one picture: the pixels that were given, then every answer against the wall, with its number."""
    from PIL import Image, ImageDraw, ImageFont

    count = len(shown.seeds)
    rows = 1 if count <= 4 else 2 if count <= 12 else 3 if count <= 21 else 4
    columns = -(-count // rows)
    board, foot = 40, 92
    cell = TILE + GAP, TILE + board + GAP
    left = TILE + 3 * GAP
    width = left + columns * cell[0] + GAP
    height = GAP + rows * cell[1] + foot
    page = Image.new("RGB", (width, height), WALL)
    draw = ImageDraw.Draw(page)
    letters = {size: ImageFont.load_default(size) for size in (15, 17, 22)}
    for row in range(rows):
        top = GAP + row * cell[1]
        for step in range(5):
            y = top + step * TILE // 4
            draw.line((left - GAP, y, width, y), RULE, 3 if step == 4 else 1)
    draw.rectangle((left - 2 * GAP + 12, 0, left - 2 * GAP + 14, height - foot), RULE)

    def tile(picture: Array, x: int, y: int, method: Image.Resampling) -> None:
        image = Image.fromarray(to_uint8(picture))
        scale = TILE / max(image.size)
        fitted = image.resize((round(image.width * scale), round(image.height * scale)), method)
        draw.rectangle((x - 4, y - 4, x + TILE + 3, y + TILE + 3), "white")
        page.paste(fitted, (x + (TILE - fitted.width) // 2, y + (TILE - fitted.height) // 2))

    given_top = GAP + ((rows * cell[1] - GAP) - (TILE + board)) // 2
    tile(shown.lr, GAP, given_top, Image.Resampling.NEAREST)
    middle = GAP + TILE / 2
    h, w = shown.lr.shape[:2]
    draw.text((middle, given_top + TILE + 24), f"all that is known: {w}x{h} pixels", INK, letters[17], anchor="mm")
    for k in range(count):
        x, y = left + k % columns * cell[0], GAP + k // columns * cell[1]
        tile(shown.answers[k], x, y, Image.Resampling.LANCZOS)
        draw.rectangle((x - 4, y + TILE + 4, x + TILE + 3, y + TILE + board - 2), BOARD)
        line = y + TILE + board / 2 + 1
        draw.text((x + 12, line), str(k + 1), "white", letters[22], anchor="lm")
        what = f"seed {shown.seeds[k]}   agrees to {shown.lr_psnr[k]:.0f} dB"
        draw.text((x + TILE - 10, line), what, (190, 188, 180), letters[15], anchor="rm")
    draw.text((GAP, height - foot + 22), shown.sentence(), INK, letters[17], anchor="lm")
    draw.text((GAP, height - foot + 54), WARNING, FAINT, letters[17], anchor="lm")
    return page
