"""How the networks are taught: the finder by masks, the translator by masks, textures, pairs and a discriminator.

The discriminator of the translators sees nothing but animals on grey, so that meadows and savannahs do not matter.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.tasks.translate.coats import plain_coat, with_grain, with_other_contrast
from enhance.tasks.translate.data import animal_inputs, photo_inputs
from enhance.tasks.translate.networks import (
    IMAGE_AND_HINT,
    AnimalFinder,
    CoatPainter,
    Discriminator,
    Drawn,
    Encoder,
    Translator,
)
from enhance.tasks.translate.textures import (
    alone,
    apart_within,
    compose,
    difference,
    directions,
    eroded,
    gram,
    local_texture,
    mean_colour,
    mean_within,
    relative,
    resized_to,
    tones,
    unclipped,
)
from enhance.train.checkpoint import with_inputs
from enhance.train.distributed import noise_seed
from enhance.train.losses import discriminator_won
from enhance.train.schedule import grown
from enhance.train.task import Batch, Exported, Group, Stateless

TEXTURES = 3
"""Depths of the encoder whose Gram matrices are compared: after conv1, fire3 and fire5."""
_PATCH = 16
"""Pixels across the discriminator's patches."""
DOUBTED = 0.4
"""The probability from which on an animal that a mask lacks is not held against a network."""
_SHOWN = 0.25
"""The share of a patch that the animal must cover for its logit to count."""


@dataclass(frozen=True)
class FindingWeights:
    """What counts in the finder's loss. `doubted`: from which probability on an animal outside of the mask, in a photo
    whose mask may lack animals, is not held against the finder; `trusted_from`: the step from which on."""

    overlap: float = 0.5
    doubted: float = 0.4
    trusted_from: int = 600


class Finding(Stateless):
    """The finder, taught by masks: cross-entropy, and overlap (Milletari et al., "V-Net", 3DV 2016)."""

    def __init__(self, finder: AnimalFinder, weights: FindingWeights) -> None:
        self.finder, self.weights = finder, weights
        self.groups: Mapping[str, Group] = {
            "finder": Group(nn.ModuleDict({"animals": finder}), (0.9, 0.99), averaged=True)
        }

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
        predicted = functional.interpolate(self.finder(image).sigmoid(), scale_factor=2.0)
        target = functional.interpolate(batch["where"], scale_factor=2.0)
        return {"photo": image, "found": _coloured(image, predicted), "given": _coloured(image, target)}

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        """Intersection over union of each kind in photos of it; and how much of the other photos is taken for it."""
        both, either, ghosts, empty = (torch.zeros(2) for _ in range(4))
        for batch in batches:
            predicted, where = self.finder(batch["image"]).sigmoid().cpu() > 0.5, batch["where"].cpu() > 0.5
            mine = (batch["known"].cpu() == 0).expand_as(predicted)
            both += (predicted & where & mine).sum((0, 2, 3))
            either += ((predicted | where) & mine).sum((0, 2, 3))
            ghosts += (predicted & ~mine).sum((0, 2, 3))
            empty += (~mine).sum((0, 2, 3))
        overlap, ghost = both / either.clamp(min=1), ghosts / empty.clamp(min=1)
        predicted = {"overlap_a": overlap[0], "overlap_b": overlap[1], "ghosts_a": ghost[0], "ghosts_b": ghost[1]}
        return {"score": float(1 - overlap.mean() + ghost.mean()), **{name: float(x) for name, x in predicted.items()}}

    def collapsed(self, means: Mapping[str, float]) -> str | None:  # noqa: ARG002
        return None

    def export(self) -> Mapping[str, Exported]:
        random = torch.Generator().manual_seed(0)
        sizes = ((1, 128, 160), (2, 64, 48), (1, 192, 192))
        examples = [{"image": torch.rand(n, 3, height, width, generator=random)} for n, height, width in sizes]
        axes = {"image": {0: "N", 2: "H", 3: "W"}, "where": {0: "N", 2: "h", 3: "w"}}
        facts = {"task": "finding", "multiple": str(self.finder.multiple), "kinds": "horse zebra"}
        module = _Probabilities(self.finder).eval()
        floats = "/finder/encoder/conv1/", "/finder/answer/"
        return {"animals": Exported(module, examples, ("where",), axes, facts, photo_inputs, floats)}


class _Probabilities(nn.Module):
    """The finder as its users meet it."""

    def __init__(self, finder: AnimalFinder) -> None:
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
        tone: distance of the distributions of brightness and contrast on each animal from those on the other kind.
        local_texture, semantic, colour, pixel: distances, in made pairs, from the photo: of textures in windows, of
            features, of mean colours of squares, of pixels.
        grows: steps over which `adversarial` grows to its weight.
        told: steps in which a network that needs masks is told them; then it uses its own.
        penalty, penalty_every: the discriminator's gradient penalties, and the steps between two of them.
        pairs: how many of a batch's animals of the other kind are made into pairs.
    """

    mask: float = 2.0
    adversarial: float = 1.5
    texture: float = 2.0
    tone: float = 0.0
    local_texture: float = 1.0
    semantic: float = 0.5
    colour: float = 2.0
    pixel: float = 0.0
    grows: int = 0
    told: int = 0
    penalty: float = 60.0
    penalty_every: int = 2
    pairs: int = 2


class Translation(Stateless, ABC):
    """Animals of a kind redrawn as another kind, against a discriminator that sees nothing but animals."""

    source: ClassVar[str]
    """Which animals of a batch are redrawn, `a` or `b`."""
    target: ClassVar[str]

    def __init__(
        self,
        name: str,
        translator: Translator | CoatPainter,
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
        self._seen: _Seen | None = None

    @abstractmethod
    def _translator_losses(self, batch: Batch, step: int) -> Mapping[str, Tensor]: ...

    @abstractmethod
    def _redrawn(self, batch: Batch) -> tuple[Tensor, Drawn]:
        """Photos of a batch, and what the translator makes of them."""

    def losses(self, group: str, batch: Batch, step: int) -> Mapping[str, Tensor]:
        return self._translator_losses(batch, step) if group == "generator" else self._discriminator_losses(step)

    def _look(
        self, generated: Tensor, masks: Tensor, photos: Tensor, photo_masks: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        """What the encoder sees of animals that were made and of photographed ones; kept for the discriminator."""
        fakes = self.eye(alone(generated, masks))
        with torch.no_grad():
            reals = self.eye(alone(photos, photo_masks))
        self._seen = _Seen(reals, [x.detach() for x in fakes], _covered(photo_masks), _covered(masks))
        return fakes, reals

    def _adversarial(self, reals: Sequence[Tensor], fakes: Sequence[Tensor], step: int) -> Tensor:
        self.discriminator.requires_grad_(False)
        loss = (
            grown(step, self.weights.grows)
            * self.weights.adversarial
            * self._relativistic(reals, fakes, made_better=True)
        )
        self.discriminator.requires_grad_(True)
        return loss

    def _discriminator_losses(self, step: int) -> Mapping[str, Tensor]:
        assert self._seen is not None, "the generator is stepped before the discriminator"
        reals, fakes = self._seen.reals, self._seen.fakes
        terms = {"discrimination": self._relativistic(reals, fakes, made_better=False)}
        if step % self.weights.penalty_every == 0:
            # The penalty is a gradient of a gradient: too fine for bf16. It is due every so often, for some of the
            # pictures, and counts for more.
            with torch.autocast(fakes[0].device.type, enabled=False):
                some = slice(len(reals[0]) // 2 + 1)
                inputs = [torch.cat([x[some], y[some]]).float() for x, y in zip(reals, fakes, strict=True)]
                inputs = [x.requires_grad_() for x in inputs]
                total = torch.stack([logits.mean() for logits in self.discriminator(inputs)]).sum() * len(inputs[0])
                gradients = torch.autograd.grad(total, inputs, create_graph=True)
                penalty = torch.stack([x.square().sum((1, 2, 3)).mean() for x in gradients]).sum()
            terms["penalty"] = self.weights.penalty * self.weights.penalty_every * penalty
        return terms

    def _relativistic(self, reals: Sequence[Tensor], fakes: Sequence[Tensor], *, made_better: bool) -> Tensor:
        """The relativistic loss of what was made, or of the discriminator, at each depth, and the mean of these.

        Each patch that was made is compared with the mean patch of one photograph: at its place that one may show
        something else.
        """
        assert self._seen is not None
        each = []
        for real, fake in zip(self.discriminator(reals), self.discriminator(fakes), strict=True):
            real, fake = real.float(), fake.float()
            shown_real, shown = (
                (resized_to(covered, real) > _SHOWN).float()
                for covered in (self._seen.covered_real, self._seen.covered)
            )
            mean = (real * shown_real).sum((1, 2, 3)) / shown_real.sum((1, 2, 3)).clamp(min=1)
            mean = mean[torch.arange(len(fake)) % len(real), None, None, None]
            ahead = fake - mean if made_better else mean - fake
            each.append((functional.softplus(-ahead) * shown).sum() / shown.sum().clamp(min=1))
        return torch.stack(each).mean()

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:
        photos, drawn = self._redrawn(batch)
        mask = drawn.logits.sigmoid()
        generated = compose(photos, drawn.delta, mask).clamp(0, 1)
        return {"photo": photos, self.name: generated, "mask": mask.expand(-1, 3, -1, -1)}

    def validate(self, batches: Sequence[Batch]) -> dict[str, float]:
        textures, strengths, overlaps = [], [], []
        for batch in batches:
            photos, drawn = self._redrawn(batch)
            mask, target = drawn.logits.sigmoid(), batch[f"mask_{self.source}"]
            generated = compose(photos, drawn.delta, mask).clamp(0, 1)
            textures.append(self._texture(generated, target, batch[self.target], batch[f"mask_{self.target}"]))
            predicted, true = mask > 0.5, target > 0.5
            overlaps.append(float((predicted & true).sum() / (predicted | true).sum().clamp(min=1)))
            strengths.append(float((generated - photos).abs().mul(true).sum() / true.sum().clamp(min=1) / 3))
        count = max(len(batches), 1)
        texture, strength, overlap = (sum(x) / count for x in (textures, strengths, overlaps))
        return {"score": texture + 1 - overlap, "texture": texture, "strength": strength, "overlap": overlap}

    def _texture(self, generated: Tensor, mask: Tensor, photos: Tensor, photo_mask: Tensor) -> float:
        """Distance of the mean Gram matrices of what was made from those of photos."""
        pairs = zip(
            self.eye(alone(generated, mask))[:TEXTURES], self.eye(alone(photos, photo_mask))[:TEXTURES], strict=True
        )
        inside, inside_photo = eroded(mask), eroded(photo_mask)
        distance = 0.0
        for ours, theirs in pairs:
            mean = gram(directions(ours), inside).mean(0, keepdim=True)
            distance += float(relative(mean, gram(directions(theirs), inside_photo).mean(0)))
        return distance

    def collapsed(self, means: Mapping[str, float]) -> str | None:
        return discriminator_won(means, 0.02)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        assert not state, "only patterning keeps anything"

    def export(self) -> Mapping[str, Exported]:
        random, coat = torch.Generator().manual_seed(0), self.translator.coat
        examples = []
        for n, height, width in ((1, 128, 128), (2, 64, 48), (1, 160, 128)):
            inputs = {"image": torch.rand(n, 3, height, width, generator=random)}
            examples.append(inputs | ({"coat": torch.rand(n, coat, generator=random)} if coat else {}))
        outputs = ("colours", "mask") if coat else ("delta", "mask")
        axes = {name: {0: "N", 2: "H", 3: "W"} for name in ("image", *outputs)} | ({"coat": {0: "N"}} if coat else {})
        facts = {"task": "translation", "multiple": str(self.translator.multiple), "tiling": "never"}
        module, calibration = _Redrawing(self.translator).eval(), partial(animal_inputs, coat=bool(coat))
        floats: tuple[str, ...] = "/translator/head/", "/translator/paint/", "/translator/encoder/conv1/"
        if coat:
            inner, outer = "/translator/translator/", "/translator/"
            floats = tuple(f"{inner}{name}" for name in ("head/", "paint/")) + tuple(
                f"{outer}{name}" for name in ("encoder/conv1/", "plain/", "outline/answer/")
            )
        return {self.name: Exported(module, examples, outputs, axes, facts, calibration, floats)}


class Patterning(Translation):
    """Animals of kind a, of whatever coat, get the pattern of kind b.

    There are no pairs of a horse and the same animal as a zebra. They are made: a zebra without its stripes is given
    to be redrawn, and the photo says what it ought to become. Which stripe begins where nobody can know: textures are
    compared, in windows, and what deep features tell.
    """

    source, target = "a", "b"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._textures: list[Tensor] = []
        self._tones: Tensor | None = None

    def _translator_losses(self, batch: Batch, step: int) -> Mapping[str, Tensor]:
        weights = self.weights
        a, b, mask_a, mask_b = (batch[name] for name in ("a", "b", "mask_a", "mask_b"))
        first, pairs = len(a), min(weights.pairs, len(b))
        random = torch.Generator().manual_seed(noise_seed(0, step))
        colours = mean_colour(a, mask_a)[torch.randint(first, (pairs,), generator=random)]
        spread = 1.25 + 0.75 * float(torch.rand((), generator=random))
        bare = with_grain(plain_coat(b[:pairs], mask_b[:pairs], colours, spread), mask_b[:pairs], random)
        inputs, masks = torch.cat([a, bare]), torch.cat([mask_a, mask_b[:pairs]])
        drawn = self.translator(inputs)
        generated = compose(inputs, drawn.delta, masks)
        wrong = functional.binary_cross_entropy_with_logits(drawn.logits[:first], mask_a)
        fakes, reals = self._look(generated, masks, b, mask_b)
        terms = {"mask": weights.mask * wrong, "adversarial": self._adversarial(reals, fakes, step)}

        inside, inside_b = eroded(masks), eroded(mask_b)
        ours, theirs = ([directions(x) for x in features[:TEXTURES]] for features in (fakes, reals))
        with torch.no_grad():
            self._remember([gram(x, inside_b).mean(0) for x in theirs])
        known = zip(ours, self._textures, strict=True)
        terms["texture"] = weights.texture * torch.stack([relative(gram(x, inside), mean) for x, mean in known]).sum()
        if weights.tone:
            with torch.no_grad():
                self._tones = _followed(self._tones, tones(b, mask_b).mean(0))
            # Before what is blacker than black is clipped: there it would learn next to nothing.
            light = tones(unclipped(inputs, drawn.delta, masks), masks)
            terms["tone"] = weights.tone * (light - self._tones).abs().mean()
        if pairs:
            ours, theirs, inside = [x[first:] for x in ours], [x[:pairs] for x in theirs], inside[first:]
            terms["local_texture"] = weights.local_texture * local_texture(ours, theirs, inside)
            deep = directions(fakes[-1][first:]), directions(reals[-1][:pairs])
            terms["semantic"] = weights.semantic * apart_within(*deep, masks[first:])
            coarse = (functional.avg_pool2d(x, _PATCH) for x in (generated[first:], b[:pairs]))
            terms["colour"] = weights.colour * mean_within(difference(*coarse), masks[first:])
        return terms

    def _redrawn(self, batch: Batch) -> tuple[Tensor, Drawn]:
        drawn: Drawn = self.translator(batch["a"])
        return batch["a"], drawn

    def _remember(self, textures: Sequence[Tensor]) -> None:
        """Running means of the Gram matrices of photographs."""
        if not self._textures:
            self._textures = list(textures)
        self._textures = [old.lerp(new, 0.01) for old, new in zip(self._textures, textures, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        return {"textures": self._textures, "tones": self._tones}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._textures, self._tones = list(state["textures"]), state.get("tones")


class Coating(Translation):
    """Animals of kind b lose their pattern and get the coat of one animal of kind a, whose mean colour is an input.

    Pairs are made by a translator that was taught the other way, and that is not changed here: of a horse it makes a
    zebra, and the photo says what that ought to become (back-translation: Sennrich et al., ACL 2016). As it is not
    taught to make it easy, it hides nothing of the horse in the zebra, as networks that are taught in a cycle do. Real
    zebras teach nothing but their outlines: a discriminator of what is drawn on them asks for legs all over the body.

    Args:
        teacher_name, teacher: that translator. A run begins with its weights.
    """

    source, target = "b", "a"

    def __init__(self, teacher_name: str, teacher: Translator, name: str, translator: CoatPainter, *args: Any) -> None:
        super().__init__(name, translator, *args)
        self.translator: CoatPainter = translator
        self.teacher_name, self.teacher = teacher_name, teacher.requires_grad_(False)
        networks = nn.ModuleDict({self.name: self.translator, teacher_name: teacher})
        self.groups = {**self.groups, "generator": Group(networks, (0.5, 0.99), averaged=True)}

    def _translator_losses(self, batch: Batch, step: int) -> Mapping[str, Tensor]:
        weights = self.weights
        a, b, mask_a, mask_b = (batch[name] for name in ("a", "b", "mask_a", "mask_b"))
        with torch.no_grad():
            patterned = compose(a, self.teacher(a).delta, mask_a).clamp(0, 1)
            random = torch.Generator().manual_seed(noise_seed(0, step))
            patterned = with_other_contrast(patterned, a, mask_a, random)
        # At first it is told where the animals are: without a mask there is nothing to paint on.
        drawn = self.translator(patterned, mean_colour(a, mask_a), mask_a if step < weights.told else None)
        generated = compose(patterned, drawn.delta, mask_a)
        terms = {"mask": weights.mask * self._mask_loss(self.translator.outlined(b), mask_b)}
        fakes, reals = self._look(generated, mask_a, a, mask_a)
        terms["adversarial"] = self._adversarial(reals, fakes, step)

        inside = eroded(mask_a)
        ours, theirs = ([directions(x) for x in features] for features in (fakes, reals))
        apart = [
            relative(gram(x, inside), gram(y, inside)) for x, y in zip(ours[:TEXTURES], theirs[:TEXTURES], strict=True)
        ]
        terms["texture"] = weights.texture * torch.stack(apart).sum()
        terms["pixel"] = weights.pixel * mean_within(difference(generated, a), mask_a)
        coarse = (functional.avg_pool2d(x, _PATCH // 2) for x in (generated, a))
        terms["colour"] = weights.colour * mean_within(difference(*coarse), mask_a)
        features = [apart_within(x, y, mask_a) for x, y in zip(ours, theirs, strict=True)]
        terms["semantic"] = weights.semantic * torch.stack(features).mean()
        return terms

    def _mask_loss(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Cross-entropy, but for animals that the mask may lack."""
        with torch.no_grad():
            counts = 1 - ((logits.sigmoid() > DOUBTED) & (mask < 0.1)).float()
        return functional.binary_cross_entropy_with_logits(logits, mask, weight=counts)

    def _redrawn(self, batch: Batch) -> tuple[Tensor, Drawn]:
        coats = mean_colour(batch["a"], batch["mask_a"])
        drawn: Drawn = self.translator(batch["b"], coats[torch.arange(len(batch["b"])) % len(coats)])
        return batch["b"], drawn

    def adapt(self, name: str, weights: Mapping[str, Mapping[str, Tensor]]) -> Mapping[str, Tensor] | None:
        """The teacher's layers know animals, and draw on blurred ones, too: a network that is not there yet begins with
        them, but for the last, so that it draws nothing at first. Without the teacher there is no beginning."""
        if self.teacher_name not in weights:
            return None
        if name == self.name and name in weights:
            return {
                key: with_inputs(x, IMAGE_AND_HINT) if key.endswith(".head.weight") else x
                for key, x in weights[name].items()
            }
        if name != self.name:
            return weights.get(name)
        begun = dict(self.translator.state_dict())
        for key, value in weights[self.teacher_name].items():
            if not key.startswith("paint."):
                begun[f"translator.{key}"] = with_inputs(value, IMAGE_AND_HINT) if key == "head.weight" else value
        return begun


class _Redrawing(nn.Module):
    """The translator as its users meet it."""

    def __init__(self, translator: Translator | CoatPainter) -> None:
        super().__init__()
        self.translator = translator

    def forward(self, image: Tensor, coat: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """image (N,3,H,W) in [0,1] to the difference to be added (N,3,H,W) and the mask (N,1,H,W); with a coat (N,3) to
        the colours to be painted (N,3,H,W) and the mask."""
        if coat is None:
            drawn = self.translator(image)
            return drawn.delta, drawn.logits.sigmoid()
        drawn = self.translator(image, coat)
        return image + drawn.delta, drawn.logits.sigmoid()


class _Seen(NamedTuple):
    """What the encoder saw of photographs and of what was made, and where in them the animals are."""

    reals: list[Tensor]
    fakes: list[Tensor]
    covered_real: Tensor
    covered: Tensor


def _followed(mean: Tensor | None, value: Tensor) -> Tensor:
    """A running mean of some fifty steps."""
    return value if mean is None else mean.lerp(value, 0.02)


def _covered(mask: Tensor) -> Tensor:
    """The share of the animal in 8x8 pixels."""
    return functional.avg_pool2d(mask, _PATCH // 2)


def _coloured(image: Tensor, where: Tensor) -> Tensor:
    """Pictures in grey with the first kind in red and the second in blue."""
    grey = image.mean(1, keepdim=True).expand(-1, 3, -1, -1) * 0.6
    return (grey + 0.4 * torch.stack([where[:, 0], torch.zeros_like(where[:, 0]), where[:, 1]], 1)).clamp(0, 1)
