"""Recipes: each is a function of its own name that returns everything a training run needs to know.

To make a variant, write a function that returns `replace(another(), ...)`.
"""

import json
from dataclasses import dataclass, field, replace

from enhance.errors import TrainingError
from enhance.tasks.upscale.data import Sizes
from enhance.tasks.upscale.training import Weights


@dataclass(frozen=True)
class Recipe:
    """A training run, but for its data and its length.

    Attributes:
        name: the function's name, the file's name, the card's name and the value of `--model`.
        width, blocks, deep, edge, finish, noise, framed: see `networks.generator.Generator`.
        grainy: whether it learns from bad photos, which it mends before it agrees with them.
        weights: what each loss counts.
        sizes: how often each fineness is drawn.
        wholes: how often a step sees whole faces of 32 or 64 pixels instead of windows, for the identity loss.
        batch: pictures a step.
        rate: Adam's learning rate; the last fifth of the run brings it down to a tenth.
        ema: decay of the running mean of the generator's weights, which is what is exported.
    """

    name: str
    width: int = 96
    blocks: int = 6
    deep: int = 0
    edge: int = 48
    finish: int = 4
    noise: int = 8
    framed: bool = True
    grainy: bool = False
    weights: Weights = field(default_factory=Weights)
    sizes: Sizes = field(default_factory=Sizes)
    wholes: float = 0.0
    batch: int = 32
    rate: float = 5e-4
    ema: float = 0.999
    seed: int = 0


def face_x4_pixel() -> Recipe:
    """Punished for every pixel that differs: right on average, and therefore blurry."""
    return Recipe(name="face_x4_pixel")


def face_x4_gan() -> Recipe:
    """Against a discriminator, from the weights of `face_x4_pixel`, and deeper, of which that makes next to nothing."""
    weights = Weights(pixel=0.5, perceptual=0.3, adversarial=0.06, spread=0.6)
    sizes = Sizes(small=0.55, middle=0.25, fine=0.2)
    return replace(face_x4_pixel(), name="face_x4_gan", deep=4, weights=weights, sizes=sizes, batch=16, rate=2e-4)


def face_x4_gan_finish() -> Recipe:
    """Its last stage, a third as fast: the VGG of ST-LPIPS looks too, a recogniser asks whose face it is, and small
    faces keep nearer to the middle."""
    draft = face_x4_gan()
    weights = replace(draft.weights, perceptual=0.1, perceptual_vgg=0.3, identity=0.15, spread_small=0.1)
    sizes = Sizes(small=0.75, middle=0.15, fine=0.1)
    return replace(draft, name="face_x4_gan_finish", weights=weights, sizes=sizes, ema=0.997)


def face_x4_grainy_pixel() -> Recipe:
    """For photos as they come, blurred, noisy and blocky: what they ought to have been, by the per-pixel loss."""
    even = Sizes(small=0.35, middle=0.35, fine=0.3)
    weights = Weights(spread=0.45)
    return replace(face_x4_gan(), name="face_x4_grainy_pixel", grainy=True, weights=weights, sizes=even, rate=4e-4)


def face_x4_grainy_likeness() -> Recipe:
    """The same, but as it ought to look, and whose face it is to a recogniser that sees whole ones."""
    mended = face_x4_grainy_pixel()
    weights = Weights(pixel=0.8, perceptual=0.4, identity=3.0, spread=0.1)
    return replace(mended, name="face_x4_grainy_likeness", weights=weights, wholes=0.5, batch=24, rate=2e-4, ema=0.997)


def face_x4_grainy() -> Recipe:
    """The same against a discriminator.

    Its penalty is due at every step: bad photos are easily told apart, and of a rare one, clipped as all gradients are,
    too little remains to hold a discriminator that wins. The mean of such a run and of the one before it (`enhance
    export RUN OTHERS...`) is liker than this one, and sharper than that.
    """
    mended = face_x4_grainy_likeness()
    weights = replace(mended.weights, perceptual=0.3, adversarial=0.03, identity=2.0, spread=0.3, penalty_every=1)
    return replace(mended, name="face_x4_grainy", weights=weights, wholes=0.4, batch=16, rate=1.5e-4)


def face_x4_grainy_finish() -> Recipe:
    """Its last stage, with the VGG of ST-LPIPS in the discriminator's stead: crisp and like at once.

    Slowly: twice as fast both are lost again. Half of its faces are 32 pixels wide, where likeness is lost first.
    """
    mended = face_x4_grainy_likeness()
    weights = Weights(pixel=0.5, perceptual=0.1, perceptual_vgg=1.6, identity=5.0, identity_fine=40.0, spread=0.2)
    sizes = Sizes(small=0.25, middle=0.5, fine=0.25)
    finish = replace(mended, name="face_x4_grainy_finish", weights=weights, sizes=sizes, wholes=0.7)
    return replace(finish, rate=8e-5, ema=0.995)


def photo_x4_pixel() -> Recipe:
    """What is not a face: any crop of any photo, by the per-pixel loss."""
    small = replace(face_x4_pixel(), width=64, edge=32, finish=3, noise=0, framed=False)
    return replace(small, name="photo_x4_pixel", sizes=Sizes(small=0.3, middle=0.35, fine=0.35))


def photo_x4() -> Recipe:
    """The same against a discriminator, from a run of `face_x4_gan`, whose hair is a good beginning for fur and grass.

    As wide as that: a narrower one, with fewer channels than the 48 values that it paints of each pixel, drew a mesh on
    grass.
    """
    weights = Weights(pixel=1.0, perceptual=0.3, adversarial=0.06, spread=0.5)
    sizes = photo_x4_pixel().sizes
    return replace(face_x4_gan(), name="photo_x4", deep=0, framed=False, weights=weights, sizes=sizes)


RECIPES = {
    recipe.__name__: recipe
    for recipe in (
        face_x4_pixel,
        face_x4_gan,
        face_x4_gan_finish,
        face_x4_grainy_pixel,
        face_x4_grainy_likeness,
        face_x4_grainy,
        face_x4_grainy_finish,
        photo_x4_pixel,
        photo_x4,
    )
}


def named(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        TrainingError: there is none; the message lists those there are.
    """
    if name not in RECIPES:
        raise TrainingError(f"no recipe is called {name}; there are {', '.join(RECIPES)}")
    return RECIPES[name]()


def from_json(text: str) -> Recipe:
    """The recipe that a checkpoint or a model carries as JSON (of `dataclasses.asdict`)."""
    fields = json.loads(text)
    return Recipe(**{**fields, "weights": Weights(**fields["weights"]), "sizes": Sizes(**fields["sizes"])})
