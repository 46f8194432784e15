"""How the networks are taught: the finder by masks, the translator by masks, textures, pairs and a discriminator.

There are no pairs of a horse and the same animal as a zebra. They are made: a zebra without its stripes (blurred within
its mask, and tinted as some horse is) is given to be redrawn, and the photo says what it ought to become. From these
the translator learns what is where on a body; how true a horse redrawn looks, it is told by a discriminator which sees
nothing but animals on grey, so that meadows and savannahs do not matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.tasks.translate.networks import Discriminator, Encoder, Finder, Translator, alpha
from enhance.train.task import Batch, Exported, Group

GREY = 0.5
TEXTURES = 3
"""Depths of the encoder whose Gram matrices are compared: after conv1, fire3 and fire5."""
PATCH = 16
"""Pixels across the discriminator's patches."""
SHOWN = 0.25
"""The share of a patch that the animal must cover for its logit to count."""
WINDOW = 4
"""Cells of features across the windows within which local textures are compared."""


@dataclass(frozen=True)
class FindingWeights:
    """What counts in the finder's loss. `doubted`: from which probability on an animal outside of the mask, in a photo
    whose mask may lack animals, is not held against the finder; `trusted_from`: the step from which on."""

    overlap: float = 0.5
    doubted: float = 0.4
    trusted_from: int = 600


class Finding:
    """The finder, taught by masks: cross-entropy, and overlap (Milletari et al., "V-Net", 3DV 2016)."""

    def __init__(self, finder: Finder, weights: FindingWeights, betas: tuple[float, float] = (0.9, 0.99)) -> None:
        self.finder, self.weights = finder, weights
        self.groups: Mapping[str, Group] = {"finder": Group(nn.ModuleDict({"animals": finder}), betas, averaged=True)}

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:  # noqa: ARG002
        logits, where = self.finder(batch["image"]), batch["where"]
        counts = torch.ones_like(logits)
        if step >= self.weights.trusted_from:
            with torch.no_grad():
                unsure = (logits.sigmoid() > self.weights.doubted) & (where < 0.1) & (batch["known"] == 0)
                counts = counts.masked_fill(unsure, 0)
        wrong = functional.binary_cross_entropy_with_logits(logits, where, weight=counts, reduction="sum")
        probability = logits.sigmoid() * counts
        both, either = ((x * where).sum((2, 3)) for x in (probability, counts))
        total = probability.sum((2, 3)) + either
        present = (where.sum((2, 3)) > 4).float()
        overlap = ((1 - 2 * both / (total + 1)) * present).sum() / present.sum().clamp(min=1)
        return {"cross_entropy": wrong / counts.sum(), "overlap": self.weights.overlap * overlap}

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:
        image = batch["image"]
        found = functional.interpolate(self.finder(image).sigmoid(), scale_factor=2.0)
        given = functional.interpolate(batch["where"], scale_factor=2.0)
        return {"photo": image, "found": _coloured(image, found), "given": _coloured(image, given)}

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        """Intersection over union of each kind in photos of it; and how much of the other photos is taken for it."""
        both, either, ghosts, empty = (torch.zeros(2) for _ in range(4))
        for batch in batches:
            found, where = self.finder(batch["image"]).sigmoid().cpu() > 0.5, batch["where"].cpu() > 0.5
            mine = (batch["known"].cpu() == 0).expand_as(found)
            both += (found & where & mine).sum((0, 2, 3))
            either += ((found | where) & mine).sum((0, 2, 3))
            ghosts += (found & ~mine).sum((0, 2, 3))
            empty += (~mine).sum((0, 2, 3))
        overlap, ghost = both / either.clamp(min=1), ghosts / empty.clamp(min=1)
        found = {"overlap_a": overlap[0], "overlap_b": overlap[1], "ghosts_a": ghost[0], "ghosts_b": ghost[1]}
        return {"score": float(1 - overlap.mean() + ghost.mean()), **{name: float(x) for name, x in found.items()}}

    def collapsed(self, means: Mapping[str, float]) -> str | None:  # noqa: ARG002
        return None

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        pass

    def adapt(self, name: str, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:  # noqa: ARG002
        return weights

    def export(self) -> Mapping[str, Exported]:
        random = torch.Generator().manual_seed(0)
        sizes = ((1, 128, 160), (2, 64, 48), (1, 192, 192))
        examples = [{"image": torch.rand(n, 3, height, width, generator=random)} for n, height, width in sizes]
        axes = {"image": {0: "N", 2: "H", 3: "W"}, "where": {0: "N", 2: "h", 3: "w"}}
        facts = {"task": "finding", "multiple": str(self.finder.multiple), "kinds": "horse zebra"}
        return {"animals": Exported(_Probabilities(self.finder).eval(), examples, ("where",), axes, facts)}


class _Probabilities(nn.Module):
    """The finder as its users meet it."""

    def __init__(self, finder: Finder) -> None:
        super().__init__()
        self.finder = finder

    def forward(self, image: Tensor) -> Tensor:
        """image (N,3,H,W) in [0,1] to probabilities (N,kinds,H/2,W/2)."""
        return self.finder(image).sigmoid()


@dataclass(frozen=True)
class TranslationWeights:
    """How much each loss counts.

    Attributes:
        mask: cross-entropy of the mask.
        adversarial: the relativistic loss of the patches on the animal.
        texture: distance of the animal's Gram matrices from the other kind's.
        local_texture, semantic, colour: distances, in made pairs, from the photo: of textures in windows, of deep
            features, of mean colours of squares.
        penalty, penalty_every: the discriminator's gradient penalties, and the steps between two of them.
        pairs: how many of a batch's animals of the other kind are made into pairs.
    """

    mask: float = 2.0
    adversarial: float = 1.0
    texture: float = 2.0
    local_texture: float = 2.0
    semantic: float = 0.5
    colour: float = 2.0
    penalty: float = 60.0
    penalty_every: int = 2
    pairs: int = 2


class Translation:
    """Animals of kind a redrawn as kind b."""

    def __init__(
        self,
        name: str,
        translator: Translator,
        discriminator: Discriminator,
        weights: TranslationWeights,
        device: torch.device,
    ) -> None:
        self.name, self.translator, self.discriminator, self.weights = name, translator, discriminator, weights
        self.eye = Encoder(frozen=True).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.groups: Mapping[str, Group] = {
            "generator": Group(nn.ModuleDict({name: translator}), (0.5, 0.99), averaged=True),
            "discriminator": Group(nn.ModuleDict({"discriminator": discriminator}), (0.5, 0.99)),
        }
        self._textures: list[Tensor] = []
        self._seen: _Seen | None = None

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        return self._translator_losses(batch, step) if group == "generator" else self._discriminator_losses(step)

    def _translator_losses(self, batch: Batch, step: int) -> Mapping[str, Tensor]:
        weights = self.weights
        a, b, mask_a, mask_b = (batch[name] for name in ("a", "b", "mask_a", "mask_b"))
        first = len(a)
        bare = without_pattern(
            b[: weights.pairs], mask_b[: weights.pairs], a, mask_a, torch.Generator().manual_seed(step)
        )
        pairs = len(bare)
        given, masks = torch.cat([a, bare]), torch.cat([mask_a, mask_b[:pairs]])
        drawn = self.translator(given)
        made = compose(given, drawn.delta, masks)
        wrong = functional.binary_cross_entropy_with_logits(drawn.logits[:first], mask_a)
        found = {"mask": weights.mask * wrong}

        fakes = self.eye(alone(made, masks))
        with torch.no_grad():
            reals = self.eye(alone(b, mask_b))
        self._seen = _Seen(reals, [x.detach() for x in fakes], _covered(mask_b), _covered(masks))
        self.discriminator.requires_grad_(False)
        found["adversarial"] = weights.adversarial * self._relativistic(reals, fakes, made_better=True)
        self.discriminator.requires_grad_(True)

        inside, inside_b = eroded(masks), eroded(mask_b)
        ours, theirs = ([directions(x) for x in seen[:TEXTURES]] for seen in (fakes, reals))
        with torch.no_grad():
            self._remember([gram(x, inside_b).mean(0) for x in theirs])
        known = zip(ours, self._textures, strict=True)
        found["texture"] = weights.texture * torch.stack([relative(gram(x, inside), mean) for x, mean in known]).sum()
        if pairs:
            ours, theirs, inside = [x[first:] for x in ours], [x[:pairs] for x in theirs], inside[first:]
            found["local_texture"] = weights.local_texture * local_texture(ours, theirs, inside)
            deep = directions(fakes[-1][first:]), directions(reals[-1][:pairs])
            found["semantic"] = weights.semantic * apart_within(*deep, masks[first:])
            coarse = (functional.avg_pool2d(x, PATCH) for x in (made[first:], b[:pairs]))
            found["colour"] = weights.colour * _mean_within(_difference(*coarse), masks[first:])
        return found

    def _discriminator_losses(self, step: int) -> Mapping[str, Tensor]:
        assert self._seen is not None, "the generator is stepped before the discriminator"
        reals, fakes = self._seen.reals, self._seen.fakes
        found = {"discrimination": self._relativistic(reals, fakes, made_better=False)}
        if step % self.weights.penalty_every == 0:
            # The penalty is a gradient of a gradient: too fine for bf16. It is due every so often, for some of the
            # pictures, and counts for more.
            with torch.autocast(fakes[0].device.type, enabled=False):
                some = slice(len(reals[0]) // 2 + 1)
                seen = [torch.cat([x[some], y[some]]).float() for x, y in zip(reals, fakes, strict=True)]
                seen = [x.requires_grad_() for x in seen]
                said = torch.stack([logits.mean() for logits in self.discriminator(seen)]).sum() * len(seen[0])
                gradients = torch.autograd.grad(said, seen, create_graph=True)
                penalty = torch.stack([x.square().sum((1, 2, 3)).mean() for x in gradients]).sum()
            found["penalty"] = self.weights.penalty * self.weights.penalty_every * penalty
        return found

    def _relativistic(self, reals: Sequence[Tensor], fakes: Sequence[Tensor], *, made_better: bool) -> Tensor:
        """The relativistic loss of what was made, or of the discriminator, at each depth, and the mean of these.

        Each patch that was made is compared with the mean patch of one photograph: at its place that one may show
        something else.
        """
        assert self._seen is not None
        found = []
        for real, fake in zip(self.discriminator(reals), self.discriminator(fakes), strict=True):
            real, fake = real.float(), fake.float()
            shown_real, shown = ((resized(covered, real) > SHOWN).float() for covered in self._seen[2:])
            mean = (real * shown_real).sum((1, 2, 3)) / shown_real.sum((1, 2, 3)).clamp(min=1)
            mean = mean[torch.arange(len(fake)) % len(real), None, None, None]
            ahead = fake - mean if made_better else mean - fake
            found.append((functional.softplus(-ahead) * shown).sum() / shown.sum().clamp(min=1))
        return torch.stack(found).mean()

    def _remember(self, textures: Sequence[Tensor]) -> None:
        """Running means of the Gram matrices of photographs."""
        if not self._textures:
            self._textures = list(textures)
        self._textures = [old.lerp(new, 0.01) for old, new in zip(self._textures, textures, strict=True)]

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:
        drawn = self.translator(batch["a"])
        mask = drawn.logits.sigmoid()
        made = compose(batch["a"], drawn.delta, mask).clamp(0, 1)
        return {"photo": batch["a"], self.name: made, "mask": mask.expand(-1, 3, -1, -1)}

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        textures, strengths, overlaps = [], [], []
        for batch in batches:
            drawn = self.translator(batch["a"])
            mask = drawn.logits.sigmoid()
            made = compose(batch["a"], drawn.delta, mask).clamp(0, 1)
            textures.append(self._texture(made, batch["mask_a"], batch["b"], batch["mask_b"]))
            found, given = mask > 0.5, batch["mask_a"] > 0.5
            overlaps.append(float((found & given).sum() / (found | given).sum().clamp(min=1)))
            strengths.append(float((made - batch["a"]).abs().mul(given).sum() / given.sum().clamp(min=1) / 3))
        count = max(len(batches), 1)
        texture, strength, overlap = (sum(x) / count for x in (textures, strengths, overlaps))
        return {"score": texture + 1 - overlap, "texture": texture, "strength": strength, "overlap": overlap}

    def _texture(self, made: Tensor, mask: Tensor, photos: Tensor, photo_mask: Tensor) -> float:
        """Distance of the mean Gram matrices of what was made from those of photos."""
        seen = zip(self.eye(alone(made, mask))[:TEXTURES], self.eye(alone(photos, photo_mask))[:TEXTURES], strict=True)
        inside, inside_photo = eroded(mask), eroded(photo_mask)
        found = 0.0
        for ours, theirs in seen:
            mean = gram(directions(ours), inside).mean(0, keepdim=True)
            found += float(relative(mean, gram(directions(theirs), inside_photo).mean(0)))
        return found

    def collapsed(self, means: Mapping[str, float]) -> str | None:
        if means.get("discrimination", 1.0) < 0.02:
            return "the discriminator knows every picture that was made: the translator learns nothing from it any more"
        return None

    def state_dict(self) -> dict[str, Any]:
        return {"textures": self._textures}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._textures = list(state["textures"])

    def adapt(self, name: str, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:  # noqa: ARG002
        return weights

    def export(self) -> Mapping[str, Exported]:
        random = torch.Generator().manual_seed(0)
        sizes = ((1, 128, 128), (2, 64, 48), (1, 160, 128))
        examples = [{"image": torch.rand(n, 3, height, width, generator=random)} for n, height, width in sizes]
        axes = {name: {0: "N", 2: "H", 3: "W"} for name in ("image", "delta", "mask")}
        facts = {"task": "translation", "multiple": str(self.translator.multiple), "tiling": "never"}
        return {self.name: Exported(_Redrawing(self.translator).eval(), examples, ("delta", "mask"), axes, facts)}


class _Redrawing(nn.Module):
    """The translator as its users meet it."""

    def __init__(self, translator: Translator) -> None:
        super().__init__()
        self.translator = translator

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """image (N,3,H,W) in [0,1] to the difference that is to be added (N,3,H,W) and the mask (N,1,H,W) in [0,1]."""
        drawn = self.translator(image)
        return drawn.delta, drawn.logits.sigmoid()


def compose(pictures: Tensor, delta: Tensor, mask: Tensor) -> Tensor:
    """Pictures with the difference added where the mask is; a little of what leaves [0,1] is kept, for its gradient."""
    made = pictures + alpha(mask) * delta
    clipped = made.clamp(0, 1)
    return clipped + 0.1 * (made - clipped)


def alone(pictures: Tensor, mask: Tensor) -> Tensor:
    """Animals on grey, with a soft rim of what is around them, so that masks of two makes look alike."""
    wide = functional.max_pool2d((mask > 0.5).float(), 9, 1, 4)
    soft = functional.avg_pool2d(wide, 5, 1, 2)
    return GREY + soft * (pictures - GREY)


def eroded(mask: Tensor) -> Tensor:
    """The inside of masks, 3 pixels from their borders."""
    return 1 - functional.max_pool2d((mask < 0.5).float(), 7, 1, 3)


def without_pattern(
    pictures: Tensor, mask: Tensor, coats: Tensor, coat_mask: Tensor, random: torch.Generator
) -> Tensor:
    """Animals without their pattern: blurred, with the mean colour of one of the animals in `coats`.

    The blur is one within the mask: nothing from outside comes in. Where they are in light and in shade, they stay so.
    """
    wide = functional.max_pool2d((mask > 0.3).float(), 7, 1, 3)
    spread = 1.25 + 0.75 * float(torch.rand((), generator=random))
    taps = torch.exp(-torch.arange(-6.0, 7.0).square() / (2 * spread**2)).to(pictures)
    low = torch.cat(
        [functional.avg_pool2d(pictures.mean(1, keepdim=True) * mask, 4), functional.avg_pool2d(mask, 4)], 1
    )
    kernel = (taps / taps.sum()).repeat(2, 1)[:, None]
    low = functional.conv2d(low, kernel[:, :, :, None], padding=(6, 0), groups=2)
    low = functional.conv2d(low, kernel[:, :, None, :], padding=(0, 6), groups=2)
    shade = low[:, :1] / (low[:, 1:] + 1e-3)
    shade = functional.interpolate(shade, scale_factor=4.0, mode="bilinear")
    mean = (shade * wide).sum((2, 3), keepdim=True) / wide.sum((2, 3), keepdim=True).clamp(min=1)
    order = torch.randint(len(coats), (len(pictures),), generator=random)
    amount = coat_mask.sum((2, 3), keepdim=True).clamp(min=1)
    colour = ((coats * coat_mask).sum((2, 3), keepdim=True) / amount)[order]
    bare = (colour * (shade / mean.clamp(min=0.05)).clamp(0.3, 2)).clamp(0, 1)
    grain = torch.randn(pictures.shape[0], 1, *pictures.shape[2:], generator=random).to(pictures)
    bare = bare + 0.03 * functional.avg_pool2d(grain, 3, 1, 1)
    soft = functional.avg_pool2d(wide, 3, 1, 1)
    return (pictures + soft * (bare - pictures)).clamp(0, 1)


def resized(mask: Tensor, features: Tensor) -> Tensor:
    """A mask (N,1,H,W) averaged to the size of features (N,C,h,w)."""
    return functional.adaptive_avg_pool2d(mask, (features.shape[2], features.shape[3]))


def directions(features: Tensor) -> Tensor:
    """Features (N,C,h,w) of unit length in each pixel, in float32."""
    return functional.normalize(features.float(), dim=1, eps=1e-4)


def gram(features: Tensor, mask: Tensor) -> Tensor:
    """Gram matrices (N,C,C) of features (N,C,h,w), averaged over where the mask (N,1,H,W) is."""
    inside = resized(mask, features).flatten(2)
    flat = features.flatten(2)
    return (flat * inside) @ flat.mT / inside.sum(2, keepdim=True).clamp(min=1)


def relative(ours: Tensor, theirs: Tensor) -> Tensor:
    """Distance of matrices (N,C,C) from one, or from as many, in units of that one's length, on average."""
    return ((ours - theirs).square().sum((-2, -1)) / theirs.square().sum((-2, -1))).add(1e-8).sqrt().mean()


def local_texture(ours: Sequence[Tensor], theirs: Sequence[Tensor], mask: Tensor, kept: int = 24) -> Tensor:
    """Distance of textures window by window: how broad stripes are and which way they run, but not where each begins.

    Gram matrices in windows, of features projected to `kept` random directions, which are always the same.
    """
    found = []
    for a, b in list(zip(ours, theirs, strict=True))[1:]:
        random = torch.Generator().manual_seed(a.shape[1])
        projection = torch.randn(kept, a.shape[1], 1, 1, generator=random) / a.shape[1] ** 0.5
        inside = resized(mask, a)
        products = []
        for x in (a, b):
            x = functional.conv2d(x, projection.to(x))
            products.append(
                functional.avg_pool2d((x[:, :, None] * x[:, None]).flatten(1, 2) * inside, WINDOW, WINDOW // 2)
            )
        length = products[1].square().sum(1).add(1e-10).sqrt()
        apart = (products[0] - products[1]).square().sum(1).add(1e-10).sqrt()
        found.append(apart.sum() / length.sum())
    return torch.stack(found).sum()


def apart_within(ours: Tensor, theirs: Tensor, mask: Tensor) -> Tensor:
    """How far apart features (N,C,h,w) lie, on average over where the mask is."""
    return _mean_within((ours - theirs).square().sum(1, keepdim=True).add(1e-8).sqrt(), mask)


def _difference(ours: Tensor, theirs: Tensor) -> Tensor:
    return (ours - theirs).abs().mean(1, keepdim=True)


def _mean_within(values: Tensor, mask: Tensor) -> Tensor:
    inside = resized(mask, values)
    return (values * inside).sum() / inside.sum().clamp(min=1)


def _covered(mask: Tensor) -> Tensor:
    """The share of the animal in 8x8 pixels."""
    return functional.avg_pool2d(mask, PATCH // 2)


class _Seen(NamedTuple):
    """What the encoder saw of photographs and of what was made, and where in them the animals are."""

    reals: list[Tensor]
    fakes: list[Tensor]
    covered_real: Tensor
    covered: Tensor


def _coloured(image: Tensor, where: Tensor) -> Tensor:
    """Pictures in grey with the first kind in red and the second in blue."""
    grey = image.mean(1, keepdim=True).expand(-1, 3, -1, -1) * 0.6
    return (grey + 0.4 * torch.stack([where[:, 0], torch.zeros_like(where[:, 0]), where[:, 1]], 1)).clamp(0, 1)
