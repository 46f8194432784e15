"""How a large picture became a small one. A degradation is a value; two stages are two values."""

import io
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor
from torch.nn import functional


class Degradation(Protocol):
    """hr (N,3,H,W) in [0,1] to lr (N,3,H/4,W/4) in [0,1]."""

    def __call__(self, hr: Tensor, generator: torch.Generator) -> Tensor: ...


@dataclass(frozen=True)
class AreaReduction:
    """The mean of every block of `scale` x `scale` pixels: the operator that the whole project means by downscaling."""

    scale: int = 4

    def __call__(self, hr: Tensor, generator: torch.Generator) -> Tensor:  # noqa: ARG002
        return functional.avg_pool2d(hr, self.scale)


@dataclass(frozen=True)
class SecondOrderDegradation:
    """As photos come: a camera's blur, grain and JPEG, and of half of them then those of whoever passed the photo on.

    Both stages blur, resize, add noise and compress; how much is drawn for every picture, from nothing to badly (Wang
    et al., "Real-ESRGAN", ICCVW 2021, whose second-order degradation this is, made shorter). What nobody passed on has
    its grain where the network sees it, pixel by pixel.
    """

    scale: int = 4
    second_stage_probability: float = 0.5
    blur: float = 3.0
    noise: float = 10.0
    worst_quality: int = 35

    def __call__(self, hr: Tensor, generator: torch.Generator) -> Tensor:
        seeds = torch.randint(2**31, (len(hr),), generator=generator).tolist()
        pictures = (hr.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
        small = [self.one(picture, np.random.default_rng(seed)) for picture, seed in zip(pictures, seeds, strict=True)]
        return torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2).to(hr) / 255

    def one(self, picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """One picture (4h,4w,3) to (h,w,3)."""
        height, width = picture.shape[0] // self.scale, picture.shape[1] // self.scale
        if rng.random() >= self.second_stage_probability:
            return np.asarray(self._stage(Image.fromarray(picture), (width, height), self.blur, 1, rng))
        severity = rng.random(2)
        between = rng.uniform(1, self.scale)
        size = round(width * between), round(height * between)
        image = self._stage(Image.fromarray(picture), size, self.blur, severity[0], rng)
        return np.asarray(self._stage(image, (width, height), self.blur / self.scale, severity[1], rng))

    def _stage(
        self, image: Image.Image, size: tuple[int, int], blur: float, severity: float, rng: np.random.Generator
    ) -> Image.Image:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, blur)))
        kernel = rng.choice([Image.Resampling[name] for name in ("BOX", "BILINEAR", "BICUBIC", "LANCZOS")])
        pixels = np.asarray(image.resize(size, Image.Resampling(kernel)), np.float32)
        colours = 3 if rng.random() < 0.7 else 1
        grain = rng.normal(0, rng.uniform(0, self.noise * severity), (*pixels.shape[:2], colours))
        image = Image.fromarray(np.uint8(np.clip(np.rint(pixels + grain), 0, 255)))
        if rng.random() < 0.25:
            return image
        file = io.BytesIO()
        image.save(file, "JPEG", quality=round(98 - severity * rng.random() * (98 - self.worst_quality)))
        return Image.open(file).convert("RGB")
