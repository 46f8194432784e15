"""Bad photos made from good ones at their own size, with numbers that say how bad each is.

What is drawn: blur (defocus, shake), noise (of a sensor, of film, in colours, fine or coarse), what a phone does
against it (smoothing, sharpening), resampling, JPEG and WebP, one after the other and often twice, as photos that were
passed on have it (Wang et al., "Real-ESRGAN", ICCVW 2021). Most are mild: most photos are.

The numbers, in the order of `networks.restorer.DEFECTS`:
    noise: standard deviation of what noise did to the brightness, in 20 grey levels of 255.
    colour_noise: the same of the two colour differences, in 20 levels.
    blocks: standard deviation of what the codings did to the brightness, in 10 levels.
    blur: standard deviation of the Gaussian that blurs as much, in 2 pixels.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from enhance import pixels
from enhance.painting.restoration import UNITS

_Picture = NDArray[Any]
"""(H,W,C) float32 in [0,1]."""

_LUMA = np.array(pixels.LUMA, np.float32)


@dataclass(frozen=True)
class BadPhoto:
    """What can happen to a photo, and how badly at worst.

    Attributes:
        clean: the share of photos that nothing happens to.
        passed_on: the share to which it happens twice.
        mildness: the power by which a uniform number becomes a severity; larger is milder.
        noise: largest standard deviation of the sensor's noise, in levels of 255.
        worst_quality: lowest quality of JPEG.
        uncoded: the share of photos that no JPEG or WebP has been through. Coding leaves little of the finest noise in
            colours: who has seen coded noise alone leaves it where it is.
        blurred: the share of photos that are blurred, by up to `widest`, and that nothing else happens to but a good
            coding: who has seen blur under noise alone takes a sharp photo out of focus for a calm one.
        widest: standard deviation, in pixels, of the widest blur of those.
        severity: how badly, from 0 to 1, where that is not to be left to chance.
    """

    clean: float = 0.05
    passed_on: float = 0.35
    mildness: float = 1.6
    noise: float = 34.0
    worst_quality: int = 22
    uncoded: float = 0.0
    blurred: float = 0.0
    widest: float = 3.0
    severity: float | None = None

    def __call__(self, picture: _Picture, rng: np.random.Generator) -> tuple[_Picture, NDArray[np.float32]]:
        """Args:
            picture: (H,W,3) float32 in [0,1].

        Returns:
            the bad picture, of the same shape and range, in steps of 8 bits; and its numbers (4,), float32.
        """
        if rng.random() < self.clean:
            return picture, np.zeros(4, np.float32)
        # The first is what becomes of the photo; the second is the same without noise, so that noise can be told apart.
        # Nothing is drawn where it decides nothing: the benchmarks' photos stay what they were.
        coded = not self.uncoded or rng.random() >= self.uncoded
        course = _Course(picture.copy(), picture.copy(), coded)
        if self.blurred and rng.random() < self.blurred:
            self._out_of_focus(course, rng)
        else:
            self._once(course, self._severity(rng), rng)
            if rng.random() < self.passed_on:
                self._passed_on(course, self._severity(rng), rng)
        noisy = np.rint(course.noisy * 255) / np.float32(255)
        differs = (noisy - course.plain) * 255
        luma = differs @ _LUMA
        colours = np.stack([differs[..., 0] - luma, differs[..., 2] - luma])
        measures = (luma.std(), colours.std(), course.coding**0.5 * 255, course.blur**0.5)
        return noisy, (np.array(measures) / np.array(UNITS)).astype(np.float32)

    def _severity(self, rng: np.random.Generator) -> float:
        drawn: float = rng.random() ** self.mildness
        return drawn if self.severity is None else self.severity

    def _once(self, course: "_Course", severity: float, rng: np.random.Generator) -> None:
        """What a camera does."""
        if rng.random() < 0.35:
            radius = severity * rng.uniform(0, 2.4)
            course.apply(lambda a: defocused(a, radius), blur=(radius / 2) ** 2)
        elif rng.random() < 0.3:
            sigma = severity * rng.uniform(0, 1.8)
            course.apply(lambda a: blur(a, sigma), blur=sigma**2)
        if rng.random() < 0.15:
            length, angle = 1 + severity * rng.uniform(0, 6), rng.uniform(0, 180)
            course.apply(lambda a: shaken(a, length, angle), blur=length**2 / 24)
        self._noises(course, severity, rng)
        if rng.random() < 0.35:
            tolerance, amount = rng.uniform(4, 10 + 34 * severity), rng.uniform(0, 1)
            course.apply(lambda a: smoothed_and_sharpened(a, tolerance, amount))
        self._coding(course, severity, rng)

    def _out_of_focus(self, course: "_Course", rng: np.random.Generator) -> None:
        """What a good camera does that looks elsewhere, or moves."""
        sigma, kind = rng.uniform(0.3, self.widest), rng.random()
        if kind < 0.5:
            course.apply(lambda a: blur(a, sigma), blur=sigma**2)
        elif kind < 0.8:
            course.apply(lambda a: defocused(a, 2 * sigma), blur=sigma**2)
        else:
            length, angle = 1 + 3 * sigma, rng.uniform(0, 180)
            course.apply(lambda a: shaken(a, length, angle), blur=length**2 / 24)
        if rng.random() < 0.5:
            course.add(rng.uniform(0, 1.5) / 255 * rng.standard_normal(course.noisy.shape, np.float32))
        if rng.random() < 0.5:
            quality, subsampling = int(rng.integers(85, 98)), int(rng.choice([0, 2]))
            course.code(lambda a: coded(a, quality, "JPEG", subsampling, (0, 0)))

    def _noises(self, course: "_Course", severity: float, rng: np.random.Generator) -> None:
        """Several noises may come together: that of a sensor, of film, and blotches of colour."""
        shape = course.noisy.shape
        kind = rng.random()
        if kind < 0.55:
            # Poisson and Gaussian in linear light; demosaicking and denoising make neighbours agree.
            size = rng.choice([0.0, rng.uniform(0.3, 1.2)])
            strength = severity * rng.uniform(0.1, 1) * self.noise / 255
            lowest = rng.uniform(0.05, 1)
            colours = 3 if rng.random() < 0.8 else 1
            linear = np.clip(course.noisy, 0, 1)
            local = strength * (lowest + (1 - lowest) * np.sqrt(linear))
            course.add(local * correlated((*shape[:2], colours), size, rng))
        elif kind < 0.8:
            # Grain of film, strongest in mid-tones, the same in all colours.
            luma = (course.noisy @ _LUMA)[..., None]
            sigma = severity * rng.uniform(0.1, 1) * 22 / 255
            course.add(
                sigma * (0.4 + 2.4 * luma * (1 - luma)) * correlated((*shape[:2], 1), rng.uniform(0.4, 1.5), rng)
            )
        elif kind < 0.92:
            sigma = severity * rng.uniform(0.1, 1) * self.noise / 255
            course.add(sigma * rng.standard_normal((*shape[:2], 3 if rng.random() < 0.6 else 1), np.float32))
        if rng.random() < 0.35:
            sigma, size = severity * rng.uniform(0, 1) * 12 / 255, rng.uniform(0.6, 3.5)
            colour = correlated((*shape[:2], 3), size, rng)
            course.add(sigma * (colour - (colour @ _LUMA)[..., None]))

    def _coding(self, course: "_Course", severity: float, rng: np.random.Generator) -> None:
        drawn = rng.random()
        if drawn < 0.15:
            return
        quality = int(97 - (97 - self.worst_quality) * np.clip(severity * rng.uniform(0.4, 1.3), 0.02, 1))
        subsampling = rng.choice([0, 2], p=[0.25, 0.75])
        kind = "WEBP" if drawn > 0.85 else "JPEG"
        shift = (0, 0) if rng.random() < 0.4 else (int(rng.integers(8)), int(rng.integers(8)))
        course.code(lambda a: coded(a, quality, kind, int(subsampling), shift))

    def _passed_on(self, course: "_Course", severity: float, rng: np.random.Generator) -> None:
        """What whoever passes a photo on does to it: another size, filters, another coding."""
        height, width = course.noisy.shape[:2]
        if rng.random() < 0.7:
            factor = 1 - severity * rng.uniform(0.1, 0.6)
            small = max(8, round(width * factor)), max(8, round(height * factor))
            smaller, larger = rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC]), rng.choice([1, 2, 4])
            course.apply(lambda a: resized(a, small, int(smaller)), blur=0.0)
            if rng.random() < 0.6:
                self._coding(course, severity, rng)
            course.apply(lambda a: resized(a, (width, height), int(larger)), blur=0.3 * (1 / factor**2 - 1))
        if rng.random() < 0.3:
            self._noises(course, severity, rng)
        if rng.random() < 0.3:
            tolerance, amount = rng.uniform(2, 6 + 16 * severity), rng.uniform(0, 0.9)
            course.apply(lambda a: smoothed_and_sharpened(a, tolerance, amount))
        self._coding(course, severity, rng)


@dataclass
class _Course:
    """A picture on its way, with noise and without. coded: whether it ever is; coding: variance that the
    codings brought; blur: of the Gaussian."""

    noisy: _Picture
    plain: _Picture
    coded: bool = True
    coding: float = 0.0
    blur: float = 0.0

    def apply(self, change: Callable[[_Picture], _Picture], blur: float = 0.0) -> None:
        self.noisy, self.plain = change(self.noisy), change(self.plain)
        self.blur += blur

    def add(self, noise: _Picture) -> None:
        self.noisy = np.clip(self.noisy + noise, 0, 1)

    def code(self, change: Callable[[_Picture], _Picture]) -> None:
        if not self.coded:
            return
        before = self.plain
        self.noisy, self.plain = change(self.noisy), change(self.plain)
        self.coding += float(np.square((self.plain - before) @ _LUMA).mean())


def correlated(shape: tuple[int, ...], size: float, rng: np.random.Generator) -> _Picture:
    """Noise (H,W,C) of unit variance whose neighbours agree over about `size` pixels; 0: white."""
    noise: _Picture = rng.standard_normal(shape, np.float32)
    if size < 0.25:
        return noise
    noise = cv2.GaussianBlur(noise, (0, 0), size).reshape(shape)
    return noise / max(float(noise.std()), 1e-6)


def blur(picture: _Picture, sigma: float) -> _Picture:
    """A Gaussian blur of `sigma` pixels."""
    return picture if sigma < 0.15 else cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)


def defocused(picture: _Picture, radius: float) -> _Picture:
    """A blur by a disc of `radius` pixels with a soft edge."""
    reach = int(np.ceil(radius)) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return cv2.filter2D(picture, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT_101)


def shaken(picture: _Picture, length: float, angle: float) -> _Picture:
    """A blur along a line of `length` pixels at `angle` degrees."""
    reach = int(np.ceil(length / 2)) + 1
    side = 2 * reach + 1
    t = np.linspace(-length / 2, length / 2, 8 * side)
    kernel, _, _ = np.histogram2d(
        t * np.sin(np.radians(angle)), t * np.cos(np.radians(angle)), side, [[-reach - 0.5, reach + 0.5]] * 2
    )
    kernel = cv2.GaussianBlur((kernel / kernel.sum()).astype(np.float32), (0, 0), 0.4)
    return cv2.filter2D(picture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101)


def smoothed_and_sharpened(picture: _Picture, tolerance: float, amount: float) -> _Picture:
    """What phones do against noise: differences below `tolerance` levels are smoothed, what is left is sharpened."""
    smooth = cv2.bilateralFilter(picture, 5, tolerance / 255, 1.5)
    return np.clip(smooth + amount * (smooth - cv2.GaussianBlur(smooth, (0, 0), 1.0)), 0, 1)


def resized(picture: _Picture, size: tuple[int, int], method: int) -> _Picture:
    """The picture at (width, height)."""
    return np.clip(cv2.resize(picture, size, interpolation=method), 0, 1)


def coded(picture: _Picture, quality: int, kind: str, subsampling: int, shift: tuple[int, int]) -> _Picture:
    """Through JPEG or WebP and back, the grid of blocks moved up and left by `shift` pixels."""
    down, across = shift
    padded = np.pad(picture, ((down, 0), (across, 0), (0, 0)), mode="edge")
    file = io.BytesIO()
    image = Image.fromarray(np.uint8(np.rint(padded * 255)))
    if kind == "JPEG":
        image.save(file, "JPEG", quality=quality, subsampling=subsampling)
    else:
        image.save(file, "WEBP", quality=quality, method=2)
    return np.asarray(Image.open(file).convert("RGB"), np.float32)[down:, across:] / 255
