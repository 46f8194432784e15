"""Bad photos restored at their own size: their defects are measured, and removed as far as they were measured.

One network from clean to terrible: the measures are its inputs, and a photo without defects comes back as it was. A
large photo is restored band by band, each of which sees enough of its surroundings that no border shows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from enhance.inference import shipped
from enhance.inference.model import Model
from enhance.painting import tiles
from enhance.photos.statistics import statistics
from enhance.pixels import RGB

RESTORER = "photo_restore"
UNITS = (20.0, 20.0, 10.0, 2.0)
"""Of the measures, see `enhance.tasks.upscale.bad_photos`."""
MULTIPLE = 16
BAND_PIXELS = 1_500_000
"""Pixels of a photo that are restored at a time."""
MARGIN = 128
"""Rows that a band sees above and below itself: further away, what a pixel depends on is lost in the rounding."""
WINDOW, WINDOWS = 256, 3
"""Of a photo that is larger than one and a half windows, windows of so many pixels a side are measured, up to so many
along each side: the network that measures was taught such sizes."""
TOLERATED = 3.0
"""Sum of the measures, in grey levels, below which a photo is left as it is: that much has any that was ever coded."""
SURE = 96
"""Pixels along a photo's shorter side below which its statistics are few; half as many may measure twice as much."""
UNSEEN, SEEN = 0.55, 0.75
"""Shares of that: up to the first no detail is lost, and from the second on the finest is."""
GRADUAL = 3.0
"""So many grey levels further on a photo is restored in full, and in between in part: nothing changes suddenly."""
UNSURE = 0.5
"""The share of the blur that is left where a photo is rough: under noise what is soft is as often the scene itself."""
IN_FOCUS = 0.4
"""Pixels of blur up to which a photo is left as it is; with as many more it is restored in full."""


@dataclass(frozen=True)
class Defects:
    """What is wrong with a photo.

    Attributes:
        noise: standard deviation of the noise's brightness, in grey levels of 255.
        colour_noise: the same of its colour differences.
        blocks: standard deviation of what JPEG or WebP did to the brightness, in grey levels.
        blur: standard deviation of the Gaussian that blurs as much, in pixels, where the photo is sharpest.
        tolerated: grey levels, over all but the blur, that a photo of its size may measure without being bad.
    """

    noise: float = 0.0
    colour_noise: float = 0.0
    blocks: float = 0.0
    blur: float = 0.0
    tolerated: float = TOLERATED

    @property
    def amount(self) -> float:
        """From 0, nothing that anybody would see, to 1."""
        return max(self._rough, self._blurred)

    @property
    def _total(self) -> float:
        return self.noise + self.colour_noise / 2 + self.blocks

    @property
    def _rough(self) -> float:
        return float(np.clip((self._total - self.tolerated) / GRADUAL, 0, 1))

    @property
    def _blurred(self) -> float:
        return float(np.clip(self.blur / IN_FOCUS - self.tolerated / TOLERATED, 0, 1))

    @property
    def lost(self) -> float:
        """From 0, where all detail of the photo is there, to 1, where noise, coding or blur have taken its finest: a
        little before the photo counts as bad at all."""
        rough = (self._total / self.tolerated - UNSEEN) / (SEEN - UNSEEN)
        return float(np.clip(max(rough, self._blurred), 0, 1))

    def words(self) -> str:
        """What is wrong, for the user."""
        if self._blurred > self._rough:
            return f"the photo is blurred (by about {self.blur:.1f} pixels)"
        if self.noise + self.colour_noise / 2 >= self.blocks:
            return f"the photo is grainy (noise of about {max(self.noise, self.colour_noise):.0f} grey levels)"
        return "the photo shows JPEG blocks"

    def times(self, strength: float) -> "Defects":
        """All of them so many times as bad."""
        noise, colour_noise, blocks, blur = (strength * value for value in self.values)
        return Defects(noise, colour_noise, blocks, blur, self.tolerated)

    @property
    def values(self) -> tuple[float, float, float, float]:
        """In the order of the networks."""
        return self.noise, self.colour_noise, self.blocks, self.blur

    @property
    def removed(self) -> tuple[float, float, float, float]:
        """The same, as far as they are to be taken out."""
        return self.noise, self.colour_noise, self.blocks, self.blur * (1 - UNSURE * self._rough)


def weight_files() -> tuple[Path, Path]:
    """The files of the network that restores, and of the one that measures, which lies beside it."""
    path = shipped.weights_of(RESTORER)
    return path, path.with_name("estimator.onnx")


def restorer() -> Model:
    """The shipped network that restores."""
    return Model.load(weight_files()[0])


def estimator() -> Model:
    """The shipped network that measures."""
    return Model.load(weight_files()[1])


def measure(rgb: RGB) -> Defects:
    """Measure the defects of a photo (H,W,3) in [0,1], from statistics of its pixels; of a large one, in windows that
    are spread over it."""
    numbers = np.stack(
        [statistics(rgb[rows, columns]) for rows in _windows(len(rgb)) for columns in _windows(rgb.shape[1])]
    )
    windows = np.sqrt(estimator().run(statistics=numbers)["measures"].astype(np.float64))
    roots = windows.mean(0)
    # What is in focus somewhere is no blurred photo: the rest is to be out of focus.
    roots[3] = windows[:, 3].min()
    noise, colour_noise, blocks, blur = (float(measure) for measure in roots**2 * UNITS)
    return Defects(noise, colour_noise, blocks, blur, TOLERATED * max(1, SURE / min(rgb.shape[:2])))


def _windows(side: int) -> list[slice]:
    """Where a photo is measured along a side."""
    if side <= 1.5 * WINDOW:
        return [slice(0, side)]
    starts = np.linspace(0, side - WINDOW, min(WINDOWS, -(-side // WINDOW))).astype(int)
    return [slice(start, start + WINDOW) for start in starts.tolist()]


def mean_defects(measured: Sequence[Defects]) -> Defects:
    """What is wrong with pictures of one size that were made alike, the frames of a video: the mean of each measure."""
    noise, colour_noise, blocks, blur = np.mean([one.values for one in measured], axis=0).tolist()
    return Defects(noise, colour_noise, blocks, blur, measured[0].tolerated)


def restore(
    rgb: RGB,
    defects: Defects,
    strength: float = 1.0,
    progress: Callable[[float], object] | None = None,
    network: Model | None = None,
) -> RGB:
    """A photo (H,W,3) in [0,1] without its defects. A grey photo stays grey.

    Args:
        strength: how much of what was measured is removed: 0 leaves the photo as it is, above 1 removes more.
        progress: receives the share of it that is done.
        network: another than the shipped one.
    """
    wanted = defects.times(strength)
    share = wanted.amount
    if share == 0:
        return rgb
    network = network or restorer()  # of no use to a clean photo, which would wait for it
    values = np.array(wanted.removed) / UNITS
    planes = values.astype(np.float32)[None, :, None, None]
    grey = is_grey(rgb)
    restored = np.empty_like(rgb)
    rows = max(4 * MULTIPLE, BAND_PIXELS // rgb.shape[1] // MULTIPLE * MULTIPLE)
    for start, stop, before, after in tiles.spans(len(rgb), rows, MARGIN):
        image, (height, width) = _padded(rgb[before:after])
        band = network.run(image=image, defects=planes)["restored"][0, :, :height, :width].transpose(1, 2, 0)
        band = band[start - before : stop - before]
        if grey:
            band = np.broadcast_to(band.mean(2, keepdims=True), band.shape)
        restored[start:stop] = rgb[start:stop] + np.float32(share) * (band - rgb[start:stop])
        if progress is not None:
            progress(stop / len(rgb))
    return np.clip(restored, 0, 1)


def is_grey(rgb: RGB) -> bool:
    """Whether a photo has no colours."""
    some = rgb[:: max(1, len(rgb) // 512)]
    # A few rows show most colours, and take no time.
    return all(_colourfulness(rows) < 1.5 / 255 for rows in (some[::32], some))


def _colourfulness(rgb: RGB) -> float:
    """By how much the channels of a pixel differ at most."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    most, least = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    return float((most - least).max())


def _padded(rgb: RGB) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """A picture as (1,3,H,W) whose sides are multiples of `MULTIPLE`, mirrored where it ends; and its own height and
    width."""
    height, width = rgb.shape[:2]
    below, right = -height % MULTIPLE, -width % MULTIPLE
    padded = np.pad(rgb, ((0, below), (0, right), (0, 0)), mode="symmetric")
    return np.ascontiguousarray(padded.transpose(2, 0, 1)[None], np.float32), (height, width)
