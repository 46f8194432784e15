"""Recipes: each is a function of its own name that returns everything a training run needs to know.

To make a variant, write a function that returns `replace(another(), ...)`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import torch

from enhance.tasks.upscale.bad_photos import BadPhoto
from enhance.tasks.upscale.data import FaceDataset, Sampling, SizeMix
from enhance.tasks.upscale.degradation import AreaReduction, SecondOrderDegradation
from enhance.tasks.upscale.measuring import MeasuringRecipe
from enhance.tasks.upscale.networks.discriminator import Discriminator
from enhance.tasks.upscale.networks.generator import Generator
from enhance.tasks.upscale.photo_data import Sampling as RestorationSampling
from enhance.tasks.upscale.restoration import LossWeights as RestorationLosses
from enhance.tasks.upscale.restoration import RestorationRecipe
from enhance.tasks.upscale.restored_data import CropSampling, RestoredCrops
from enhance.tasks.upscale.training import LossWeights, SuperResolution
from enhance.train.recipe import rebuild
from enhance.train.schedule import Schedule


@dataclass(frozen=True)
class Shape:
    """Of the generator: see `networks.generator.Generator`."""

    width: int = 96
    blocks: int = 6
    deep: int = 0
    edge: int = 48
    finish: int = 4
    noise: int = 8
    shared: int = 0
    framed: bool = True
    scale: int = 4
    sees_bad: bool = False


@dataclass(frozen=True)
class Recipe:
    """A training run, but for its data and its length.

    Attributes:
        name: the function's name, the file's name, the card's name and the value of `--model`.
        degraded: whether it learns from bad photos, which it restores before it agrees with them.
        noise_scale: factors of the noise at run time, for faces of 16, 32, 64 ... pixels: measured afterwards, so that
            answers are as far apart as the truth is from them.
        mirrored_noise: at run time, the first so many channels of noise are the same on both sides of a face.
        refined_below: at run time, what is drawn of a face of fewer pixels across is drawn once more, from half as many
            more of itself.
    """

    task_name: ClassVar[str] = "upscale"

    name: str
    shape: Shape = field(default_factory=Shape)
    losses: LossWeights = field(default_factory=LossWeights)
    sampling: Sampling = field(default_factory=Sampling)
    schedule: Schedule = field(default_factory=lambda: Schedule(rate=5e-4))
    degraded: bool = False
    noise_scale: tuple[float, ...] = (1.0,)
    mirrored_noise: int = 0
    refined_below: int = 0
    seed: int = 0

    def data(self, folders: Sequence[Path]) -> FaceDataset:
        """Read folders of aligned faces, or of square crops.

        Raises:
            DataError: a folder cannot be used.
        """
        return FaceDataset(
            folders, self.sampling, SecondOrderDegradation() if self.degraded else AreaReduction(), self.seed
        )

    def task(self, device: torch.device) -> SuperResolution:
        """The networks and losses, with fresh weights."""
        shape = self.shape
        generator = Generator(
            width=shape.width,
            blocks=shape.blocks,
            deep=shape.deep,
            edge=shape.edge,
            finish=shape.finish,
            noise=shape.noise,
            shared=shape.shared,
            framed=shape.framed,
            restores=self.degraded,
            scale=shape.scale,
            sees_bad=shape.sees_bad,
        )
        discriminator = Discriminator(scale=shape.scale, sees_bad=shape.sees_bad) if self.losses.adversarial else None
        options = {
            "weights": self.losses,
            "device": device,
            "degraded": self.degraded,
            "noise_scale": self.noise_scale,
            "mirrored_noise": self.mirrored_noise,
            "refined_below": self.refined_below,
            "seed": self.seed,
        }
        return SuperResolution(generator, discriminator, **options)  # type: ignore[arg-type]


@dataclass(frozen=True)
class RestoredRecipe(Recipe):
    """A training run on photos that were bad and are restored, to be enlarged."""

    sampling: CropSampling = field(default_factory=CropSampling)  # type: ignore[assignment]

    def data(self, folders: Sequence[Path]) -> RestoredCrops:  # type: ignore[override]
        """Read folders of photographs, and make small, bad and restored versions of their crops.

        Raises:
            DataError: a folder cannot be used.
        """
        return RestoredCrops(folders, self.sampling, self.seed)


def face_x4_pixel() -> Recipe:
    """The per-pixel loss: right on average, and therefore blurry."""
    return Recipe(name="face_x4_pixel")


def face_x4_gan() -> Recipe:
    """Against a discriminator, from the weights of `face_x4_pixel`, and deeper; its deep blocks begin at nearly
    zero."""
    return replace(
        face_x4_pixel(),
        name="face_x4_gan",
        shape=Shape(deep=4),
        losses=LossWeights(pixel=0.5, perceptual=0.3, adversarial=0.06, diversity=0.6),
        sampling=Sampling(batch=16, sizes=SizeMix(small=0.55, middle=0.25, large=0.2)),
        schedule=Schedule(rate=2e-4),
    )


def face_x4_gan_finish() -> Recipe:
    """Its last stage, a third as fast: the VGG of ST-LPIPS looks too, a recogniser asks whose face it is, and small
    faces keep nearer to the middle."""
    draft = face_x4_gan()
    losses = replace(draft.losses, perceptual=0.1, perceptual_vgg=0.3, identity=0.15, diversity_small=0.1)
    sampling = replace(draft.sampling, sizes=SizeMix(small=0.75, middle=0.15, large=0.1))
    return replace(
        draft, name="face_x4_gan_finish", losses=losses, sampling=sampling, schedule=Schedule(2e-4, ema=0.997)
    )


def face_x4_lineup() -> Recipe:
    """Answers as far apart as the truth is from them, from the weights of `face_x4_gan`: for line-ups.

    Noise that is one for the whole face is added, and the weight of the answers' distance adapts until it is right. A
    discriminator of features sees to it that answers differ as faces do.
    """
    draft = face_x4_gan()
    return replace(
        draft,
        name="face_x4_lineup",
        shape=replace(draft.shape, noise=16, shared=8),
        losses=LossWeights(
            pixel=0.3,
            perceptual=0.2,
            adversarial=0.2,
            features_adversarial=0.25,
            identity=0.3,
            diversity=1.0,
            adaptive=True,
            adversarial_grows=100,
            discriminator_speed=2.0,
            penalty_every=2,
        ),
        sampling=replace(
            draft.sampling,
            sizes=SizeMix(small=0.5, middle=0.3, large=0.2),
            full_face_probability=0.7,
            full_faces=(48, 64, 96, 128, 256),
        ),
        schedule=Schedule(rate=2e-4, ema=0.997),
        noise_scale=(1.5, 1.4, 1.65),
        mirrored_noise=8,
        refined_below=32,
    )


def face_x4_grainy_lineup() -> Recipe:
    """The same for bad photos, from the weights of `face_x4_grainy`: what their small pictures could have been.

    The penalty is due at every step, as there; the discriminators are not heard until they know bad photos from good
    ones. What it draws is made small, and drawn by `face_x4_lineup`.
    """
    draft = face_x4_lineup()
    return replace(
        draft,
        name="face_x4_grainy_lineup",
        losses=replace(draft.losses, adversarial_grows=400, penalty_every=1),
        degraded=True,
        noise_scale=(1.1, 1.3, 1.3),
        refined_below=0,
    )


def face_x4_grainy_pixel() -> Recipe:
    """Blurred, noisy and blocky photos restored and enlarged, by the per-pixel loss."""
    return replace(
        face_x4_gan(),
        name="face_x4_grainy_pixel",
        degraded=True,
        losses=LossWeights(diversity=0.45),
        sampling=Sampling(batch=16, sizes=SizeMix(small=0.35, middle=0.35, large=0.3)),
        schedule=Schedule(rate=4e-4),
    )


def face_x4_grainy_likeness() -> Recipe:
    """Like `face_x4_grainy_pixel`, with perceptual losses, and an identity loss on whole faces."""
    draft = face_x4_grainy_pixel()
    return replace(
        draft,
        name="face_x4_grainy_likeness",
        losses=LossWeights(pixel=0.8, perceptual=0.4, identity=3.0, diversity=0.1),
        sampling=replace(draft.sampling, batch=24, full_face_probability=0.5),
        schedule=Schedule(rate=2e-4, ema=0.997),
    )


def face_x4_grainy() -> Recipe:
    """The same against a discriminator.

    Its penalty is due at every step: bad photos are easily told apart, and a penalty applied only every few steps is
    too weak after gradient clipping, so the discriminator wins. The mean of such a run and of the one before it
    (`enhance export RUN OTHERS...`) is closer to the person than this one, and sharper than that.
    """
    draft = face_x4_grainy_likeness()
    losses = replace(draft.losses, perceptual=0.3, adversarial=0.03, identity=2.0, diversity=0.3, penalty_every=1)
    sampling = replace(draft.sampling, batch=16, full_face_probability=0.4)
    schedule = Schedule(rate=1.5e-4, ema=0.997)
    return replace(draft, name="face_x4_grainy", losses=losses, sampling=sampling, schedule=schedule)


def face_x4_grainy_finish() -> Recipe:
    """Its last stage, with the VGG of ST-LPIPS in the discriminator's stead: crisp and close to the person at once.

    Slowly: twice as fast both are lost again. Half of its faces are 32 pixels wide, where likeness is lost first.
    """
    draft = face_x4_grainy_likeness()
    return replace(
        draft,
        name="face_x4_grainy_finish",
        losses=LossWeights(
            pixel=0.5, perceptual=0.1, perceptual_vgg=1.6, identity=5.0, identity_large=40.0, diversity=0.2
        ),
        sampling=Sampling(batch=24, sizes=SizeMix(small=0.25, middle=0.5, large=0.25), full_face_probability=0.7),
        schedule=Schedule(rate=8e-5, ema=0.995),
    )


def photo_x4_pixel() -> Recipe:
    """Any crop of any photo, for what is not a face; by the per-pixel loss."""
    shape = Shape(width=64, edge=32, finish=3, noise=0, framed=False)
    sampling = Sampling(sizes=SizeMix(small=0.3, middle=0.35, large=0.35))
    return replace(face_x4_pixel(), name="photo_x4_pixel", shape=shape, sampling=sampling)


def photo_x4() -> Recipe:
    """The same against a discriminator, from a run of `face_x4_gan`, whose hair is a good beginning for fur and grass.

    As wide as that: a narrower one, with fewer channels than the 48 values that it paints of each pixel, drew a mesh on
    grass.
    """
    losses = LossWeights(pixel=1.0, perceptual=0.3, adversarial=0.06, diversity=0.5)
    sampling = replace(photo_x4_pixel().sampling, batch=16)
    return replace(face_x4_gan(), name="photo_x4", shape=Shape(framed=False), losses=losses, sampling=sampling)


def photo_x4_grainy() -> RestoredRecipe:
    """Photos that were bad and are restored, enlarged with detail; from the weights of `photo_x4`.

    The colours of small pixels may change, too: restoring has smoothed them. By itself such a run makes of soft fur and
    water crisp strokes; the mean of it and of the weights that it began from (`enhance export RUN OTHERS...`) does not,
    and is as near to photos.
    """
    losses = LossWeights(
        pixel=1.2, perceptual=0.5, adversarial=0.05, diversity=0.4, adversarial_grows=100, penalty_every=2
    )
    return RestoredRecipe(
        name="photo_x4_grainy",
        shape=photo_x4().shape,
        losses=losses,
        schedule=Schedule(rate=1.5e-4, ema=0.997),
        degraded=True,
    )


def photo_x2_grainy() -> RestoredRecipe:
    """The same twice as large, from the weights of `photo_x4_grainy`, which begin as what they draw made smaller.

    Its photos are worse: what mild ones have lost is hardly seen at this size.
    """
    draft = photo_x4_grainy()
    return replace(
        draft,
        name="photo_x2_grainy",
        shape=replace(draft.shape, scale=2, sees_bad=True),
        losses=replace(draft.losses, pixel=1.0, adversarial=0.06, excess=2.0, diversity=0.0),
        sampling=CropSampling(side=32, scale=2, crops=4000, bad=replace(draft.sampling.bad, clean=0.1, mildness=1.0)),
        schedule=Schedule(2e-4, warm_up=30, cool_down=0.4, ema=0.997),
    )


def photo_x2_grainy_draft() -> RestoredRecipe:
    """Its first stage, without a discriminator, which would not ask for it: how to find in the bad photo what
    restoring took out."""
    draft = photo_x2_grainy()
    losses = replace(draft.losses, pixel=2.0, adversarial=0.0)
    return replace(draft, name="photo_x2_grainy_draft", losses=losses, schedule=Schedule(5e-4, warm_up=30, ema=0.995))


def photo_restore_pixel() -> RestorationRecipe:
    """Bad photos as they ought to have been, at their own size, by the per-pixel loss.

    Few crops a step: how to average noise away is learnt by steps.
    """
    sampling = RestorationSampling(batch=5, bad=BadPhoto(mildness=1.25, uncoded=0.3, blurred=0.15))
    return RestorationRecipe(name="photo_restore_pixel", sampling=sampling, schedule=Schedule(rate=5e-4, cool_down=0.6))


def photo_measures() -> MeasuringRecipe:
    """The network that measures a photo's defects, from the statistics of its pixels."""
    return MeasuringRecipe(name="photo_measures")


def photo_restore() -> RestorationRecipe:
    """The same with some of a discriminator's and of SqueezeNet's judgement, from the weights of the one before: what
    noise has drowned is drawn, not smeared."""
    losses = RestorationLosses(pixel=8.0, perceptual=0.25, adversarial=0.02)
    return replace(
        photo_restore_pixel(), name="photo_restore", losses=losses, schedule=Schedule(rate=1.5e-4, cool_down=0.5)
    )


RECIPES: dict[str, Callable[[], Recipe | RestorationRecipe | MeasuringRecipe]] = {
    recipe.__name__: recipe
    for recipe in (
        face_x4_pixel,
        face_x4_gan,
        face_x4_gan_finish,
        face_x4_lineup,
        face_x4_grainy_lineup,
        face_x4_grainy_pixel,
        face_x4_grainy_likeness,
        face_x4_grainy,
        face_x4_grainy_finish,
        photo_x4_pixel,
        photo_x4,
        photo_x4_grainy,
        photo_x2_grainy_draft,
        photo_x2_grainy,
        photo_restore_pixel,
        photo_restore,
        photo_measures,
    )
}


def from_fields(fields: Mapping[str, Any]) -> Recipe | RestorationRecipe | MeasuringRecipe:
    """The recipe that a checkpoint carries."""
    if "examples" in fields.get("sampling", {}):
        return rebuild(MeasuringRecipe, fields)
    if "crops" in fields.get("sampling", {}):
        return rebuild(RestoredRecipe, fields)
    if "bad" in fields.get("sampling", {}):
        return rebuild(RestorationRecipe, fields)
    return rebuild(Recipe, fields if "shape" in fields else _renewed(fields))


def _renewed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of version 0.1, which had them all on one level, in today's form; the oldest files lack some."""
    old = {"deep": 0, "framed": True, "grainy": False, "wholes": 0.0, **fields}
    weights, sizes = dict(old["weights"]), dict(old["sizes"])
    names = {"identity_fine": "identity_large", "spread": "diversity", "spread_small": "diversity_small"}
    return {
        "name": old["name"],
        "shape": {name: old[name] for name in ("width", "blocks", "deep", "edge", "finish", "noise", "framed")},
        "losses": {names.get(name, name): value for name, value in weights.items()},
        "sampling": {
            "batch": old["batch"],
            "sizes": {{"fine": "large"}.get(name, name): value for name, value in sizes.items()},
            "full_face_probability": old["wholes"],
        },
        "schedule": {"rate": old["rate"], "ema": old["ema"]},
        "degraded": old["grainy"],
        "seed": old["seed"],
    }
