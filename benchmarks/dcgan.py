"""What does a plain DCGAN learn from the same pictures in the same time? Birds from captions, and holes in faces.

    python benchmarks/dcgan.py birds BIRDS --measure BIRDS/val --out RUN --minutes 37 [--draw FOLDER] [--write]
    python benchmarks/dcgan.py faces FACES... --measure FACES... --out RUN --minutes 27 [--limit 60] [--write]

Birds: Reed et al., "Generative adversarial text to image synthesis", ICML 2016. A DCGAN of 64 pixels is told the words
that `bird` is told, through a layer that learns with it, and its discriminator sees true pictures of other words, too.
Faces: Amos, "Image completion with deep learning in TensorFlow", 2016, after Yeh et al., CVPR 2017. For each hole the
noise is sought whose face agrees with what is seen and seems real to the discriminator; Poisson's equation blends it
into the hole. Faces of more than 64 pixels are made small for that, and what was found is enlarged.

A run goes on where it ended, until it has learnt for so many minutes of one core. --draw also keeps the birds as files
named after the photographs; --write puts the table into docs/imagine.md or docs/fill.md.
"""

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from bad_photos import printed
from enhance.datasets import folders, names
from enhance.errors import EnhanceError
from enhance.evaluate import comparison
from enhance.evaluate.benchmark import Method
from enhance.evaluate.results import ALL_EXAMPLES
from enhance.files import replacing
from enhance.inference.model import Model
from enhance.pixels import Planes, resize, to_float, to_uint8
from enhance.tasks.fill import benchmark as holes
from enhance.tasks.fill.benchmark import HoleInputs
from enhance.tasks.fill.data import read_squares
from enhance.tasks.imagine import benchmark as captions
from enhance.tasks.imagine.benchmark import Captioned
from enhance.tasks.imagine.data import BIRD_SIZE, KEPT, MOST_JOINED, Sampling, load_birds
from enhance.tasks.imagine.words import LENGTH, tokens, understood
from pages import ROOT, rewrite

SIDE, NOISE, TOLD, WIDTH = 64, 100, 128, 64
"""Pixels; numbers of noise, and of a sentence; channels at 32 pixels: all as in the papers."""
BATCH, RATE, BETAS = 64, 2e-4, (0.5, 0.999)
SAVED_EVERY = 30.0
"""Seconds of learning."""
SEARCHED, SEARCH_RATE, PRIOR = 200, 0.05, 0.1
"""Steps and rate of the search for a noise, and how much the discriminator counts; Amos takes 1,000 smaller steps."""
PLAIN = "DCGAN"
Batch = tuple[Tensor, Tensor, Tensor]
"""Pictures (N,3,64,64) in [-1,1], and their words and others' (N,words)."""


class Generator(nn.Module):
    """Noise (N,100) and words (N,words) to pictures (N,3,64,64) in [-1,1]."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.told = nn.Sequential(nn.Linear(words, TOLD), nn.LeakyReLU(0.2)) if words else None
        widths = [8 * WIDTH, 4 * WIDTH, 2 * WIDTH, WIDTH]
        layers: list[nn.Module] = [nn.ConvTranspose2d(NOISE + (TOLD if words else 0), widths[0], 4)]
        for wide, narrow in zip(widths, [*widths[1:], 3], strict=True):
            layers += [nn.BatchNorm2d(wide), nn.ReLU(), nn.ConvTranspose2d(wide, narrow, 4, stride=2, padding=1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, noise: Tensor, words: Tensor) -> Tensor:
        code = torch.cat([noise, self.told(words)], 1) if self.told else noise
        return torch.tanh(self.layers(code[..., None, None]).float())


class Discriminator(nn.Module):
    """Logits (N,): is it a photograph, and one of these words?"""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.told = nn.Sequential(nn.Linear(words, TOLD), nn.LeakyReLU(0.2)) if words else None
        widths = [WIDTH, 2 * WIDTH, 4 * WIDTH, 8 * WIDTH]
        layers: list[nn.Module] = [nn.Conv2d(3, WIDTH, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        for narrow, wide in itertools.pairwise(widths):
            layers += [nn.Conv2d(narrow, wide, 4, stride=2, padding=1), nn.BatchNorm2d(wide), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers)
        both = nn.Conv2d(widths[-1] + TOLD, widths[-1], 1), nn.BatchNorm2d(widths[-1]), nn.LeakyReLU(0.2)
        self.both = nn.Sequential(*both) if words else nn.Identity()
        self.logit = nn.Conv2d(widths[-1], 1, 4)

    def fits(self, seen: Tensor, words: Tensor) -> Tensor:
        """What `layers` saw of pictures, and words, to logits."""
        if self.told:
            said = self.told(words)[..., None, None].expand(-1, -1, *seen.shape[2:])
            seen = torch.cat([seen, said.to(seen.dtype)], 1)
        return self.logit(self.both(seen)).flatten().float()

    def forward(self, pictures: Tensor, words: Tensor) -> Tensor:
        return self.fits(self.layers(pictures), words)


@dataclass
class Networks:
    """Both networks, their optimisers, and how far they are."""

    words: int
    seconds: float = 0.0
    steps: int = 0

    def __post_init__(self) -> None:
        torch.manual_seed(0)
        self.generator, self.discriminator = Generator(self.words), Discriminator(self.words)
        both = self.generator, self.discriminator
        for layer in (layer for network in both for layer in network.modules()):
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, 0, 0.02)
        self.optimizers = [torch.optim.Adam(network.parameters(), RATE, BETAS) for network in both]

    @property
    def parts(self) -> tuple[nn.Module | torch.optim.Optimizer, ...]:
        """All that learns or remembers, in the order in which it is kept."""
        return self.generator, self.discriminator, *self.optimizers

    def save(self, path: Path) -> None:
        states = [part.state_dict() for part in self.parts]
        with replacing(path) as partial:
            torch.save({"parts": states, "seconds": self.seconds, "steps": self.steps}, partial)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        for part, values in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(values)
        self.seconds, self.steps = state["seconds"], state["steps"]

    def step(self, pictures: Tensor, words: Tensor, wrong: Tensor) -> tuple[float, float]:
        """Learn from a batch; the losses of the discriminator and of the generator."""
        judge, (of_generator, of_judge) = self.discriminator, self.optimizers
        with torch.autocast("cpu", torch.bfloat16):
            made = self.generator(uniform(len(pictures)), words)
            seen = judge.layers(pictures)
            loss = binary(judge.fits(seen, words), 1)
            untrue = binary(judge(made.detach(), words), 0)
            loss = loss + (untrue + binary(judge.fits(seen, wrong), 0)) / 2 if self.words else loss + untrue
        of_judge.zero_grad()
        loss.backward()
        of_judge.step()
        with torch.autocast("cpu", torch.bfloat16):
            fooled = binary(judge(made, words), 1)
        of_generator.zero_grad()
        fooled.backward()
        of_generator.step()
        self.steps += 1
        return loss.item(), fooled.item()


def uniform(count: int) -> Tensor:
    """Noise (N,100) as the first DCGAN had it."""
    return torch.rand(count, NOISE) * 2 - 1


def binary(logits: Tensor, target: float) -> Tensor:
    """Cross-entropy of logits (N,) and one answer for all."""
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def learn(networks: Networks, batch: Callable[[int], Batch], options: argparse.Namespace) -> None:
    """Train until the networks have learnt for so many minutes of one core; keep them in a folder."""
    run, minutes = options.out, options.minutes
    run.mkdir(parents=True, exist_ok=True)
    last = run / "last.pt"
    if last.exists():
        networks.load(last)
    saved = networks.seconds
    torch.manual_seed(networks.steps)
    while networks.seconds < 60 * minutes:
        began = time.process_time()
        losses = networks.step(*batch(networks.steps))
        networks.seconds += time.process_time() - began
        if networks.seconds - saved > SAVED_EVERY or networks.seconds >= 60 * minutes:
            saved = networks.seconds
            networks.save(last)
            counts = f"{networks.seconds / 60:.1f} minutes, {BATCH * networks.steps:,} pictures"
            print(f"{counts}: discriminator {losses[0]:.2f}, generator {losses[1]:.2f}", file=sys.stderr, flush=True)


def bird_batches(places: Sequence[Path]) -> Callable[[int], Batch]:
    """Pictures of training birds, all of which look to the right, with what one to four people said of them."""
    birds = load_birds(places, Sampling())

    def said(bird: int, rng: np.random.Generator) -> NDArray[np.float32]:
        there = birds.captions.count(bird)
        several = min(there, int(rng.choice((1, 1, 1, *range(2, MOST_JOINED + 1)))))
        return birds.captions.of(bird, rng.choice(there, several, replace=False).tolist())[0]

    def batch(step: int) -> Batch:
        rng = np.random.default_rng((0, step))
        which, others = (rng.choice(birds.training, BATCH) for _ in range(2))
        left, top = rng.integers(KEPT - BIRD_SIZE + 1, size=(2, BATCH))
        windows = [birds.pixels[n, y : y + SIDE, x : x + SIDE] for n, x, y in zip(which, left, top, strict=True)]
        words, wrong = (torch.from_numpy(np.stack([said(n, rng) for n in those])) for those in (which, others))
        return signed(np.stack(windows)), words, wrong

    return batch


def face_batches(places: Sequence[Path]) -> Callable[[int], Batch]:
    """Whole faces of the training folders, half of them mirrored."""
    paths = [path for folder in places for path in folders.pictures(folder)]
    whole = [path for path in paths if names.window(path.name) == names.WHOLE_PICTURE]
    faces = read_squares([path for path in whole if not folders.is_held_out(path.name)], SIDE, note)

    def batch(step: int) -> Batch:
        rng = np.random.default_rng((0, step))
        chosen = faces[rng.choice(len(faces), BATCH)]
        mirrored = np.where(rng.random((BATCH, 1, 1, 1)) < 0.5, chosen[:, :, ::-1], chosen)
        return signed(mirrored), torch.empty(BATCH, 0), torch.empty(BATCH, 0)

    return batch


def note(text: str) -> None:
    print(text, file=sys.stderr)


def signed(pixels: NDArray[np.uint8]) -> Tensor:
    """(N,H,W,3) uint8 to (N,3,H,W) in [-1,1]."""
    return torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy()).float() / 127.5 - 1


def imagined(generator: Generator, draw: Path | None) -> Method:
    """A bird for each caption of the benchmark."""

    @torch.no_grad()
    def method(inputs: tuple[Sequence[Captioned], Planes]) -> Planes:
        words = np.stack([understood(tokens(one.caption)).vector() for one in inputs[0]])
        output = (generator(uniform(len(words)), torch.from_numpy(words)).numpy() + 1) / 2
        for one, picture in zip(inputs[0], output, strict=True):
            if draw:
                draw.mkdir(parents=True, exist_ok=True)
                Image.fromarray(to_uint8(picture.transpose(1, 2, 0))).save(draw / f"{one.path.stem}.png")
        return output

    return method


def completed(networks: Networks) -> Method:
    """Faces whose holes hold what the search found."""

    def method(inputs: HoleInputs) -> Planes:
        given = to_float(inputs.pixels)
        size = given.shape[1]
        small, shares = (
            np.stack([cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for one in planes])
            for planes in (given, np.stack(inputs.holes).astype(np.float32))
        )
        inside = shares > 0.02
        found = search(networks, small, inside)
        large = [resize(one, (size, size)).clip(0, 1) for one in found]
        filled = [blended(*each) for each in zip(large, given, inputs.holes, strict=True)]
        return np.stack(filled).transpose(0, 3, 1, 2)

    return method


def search(networks: Networks, pictures: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The faces (N,64,64,3) nearest to what pictures show outside of holes (N,64,64)."""
    seen = torch.from_numpy(~inside)[:, None]
    goal, words = torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()) * 2 - 1, torch.empty(len(pictures), 0)
    generator, judge = networks.generator, networks.discriminator
    noise = uniform(len(pictures)).requires_grad_()
    optimizer = torch.optim.Adam([noise], SEARCH_RATE)
    for _ in range(SEARCHED):
        with torch.autocast("cpu", torch.bfloat16):
            made = generator(noise, words)
            prior = PRIOR * functional.softplus(-judge(made, words))
        loss = (seen * (made - goal).abs()).sum((1, 2, 3)) + prior
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.step()
        noise.data.clamp_(-1, 1)
    with torch.no_grad():
        output = (generator(noise, words) + 1) / 2
    return np.asarray(output.numpy().transpose(0, 2, 3, 1), np.float32)


def blended(face: NDArray[np.float32], given: NDArray[np.float32], hole: NDArray[np.bool_]) -> NDArray[np.float32]:
    """A face in the hole of a picture, its colours led over into those around it (Perez et al., SIGGRAPH 2003).

    Where the hole reaches the picture's edge, nothing is known beyond it but the face itself.
    """
    # OpenCV takes three pixels off the mask, and the step at the hole's edge must lie in it.
    border, more = 8, 4
    source = cv2.copyMakeBorder(to_uint8(face), border, border, border, border, cv2.BORDER_REPLICATE)
    target = source.copy()
    mask = cv2.dilate(np.pad(hole.astype(np.uint8) * 255, border), np.ones((2 * more + 1,) * 2, np.uint8))
    inner = target[border:-border, border:-border]
    inner[~hole] = to_uint8(given)[~hole]
    left, top, wide, high = cv2.boundingRect(mask)
    middle = left + wide // 2, top + high // 2
    output = cv2.seamlessClone(source, target, mask, middle, cv2.NORMAL_CLONE)[border:-border, border:-border]
    return np.where(hole[..., None], to_float(np.asarray(output, np.uint8)), given)


def main() -> int:
    """Parse, train, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["birds", "faces"])
    parser.add_argument("pictures", nargs="+", type=Path, help="folders to learn from")
    parser.add_argument("--measure", nargs="+", type=Path, required=True, help="folders to measure on")
    parser.add_argument("--out", type=Path, required=True, help="a folder for the run")
    parser.add_argument("--minutes", type=float, required=True, help="of one core")
    parser.add_argument("--limit", type=int, help="pictures to measure on (default: all)")
    parser.add_argument("--draw", type=Path, help="a folder for the birds")
    parser.add_argument("--write", action="store_true", help="also write the table into its page")
    options = parser.parse_args()
    birds = options.what == "birds"
    try:
        networks = Networks(LENGTH if birds else 0)
        learn(networks, bird_batches(options.pictures) if birds else face_batches(options.pictures), options)
        for network in (networks.generator, networks.discriminator):
            network.eval().requires_grad_(False)
        torch.manual_seed(0)
        lines = printed(birds_table(networks.generator, options) if birds else faces_table(networks, options))
    except EnhanceError as error:
        print(f"dcgan: {error}", file=sys.stderr)
        return error.exit_code
    if options.write:
        rewrite(ROOT / "docs" / ("imagine.md" if birds else "fill.md"), "dcgan", lines)
    return 0


def birds_table(generator: Generator, options: argparse.Namespace) -> Iterator[str]:
    """Birds drawn from the same captions, ours and the DCGAN's."""
    benchmark = captions.birds(options.measure, limit=options.limit)
    methods = {"`bird`": benchmark.method(Model.load("bird")), PLAIN: imagined(generator, options.draw)}
    found, _ = comparison.compare(benchmark, methods)
    yield "| | called a bird | KD-lite0 |"
    yield "|---|---|---|"
    for row in found.rows:
        if row.label == ALL_EXAMPLES:
            called, distance = row.scores["called a bird"], row.scores["KD-lite0"]
            yield f"| {row.model} | {100 * called.mean:.1f} % | {distance.mean:.1f} ± {distance.half or 0:.1f} |"


def faces_table(networks: Networks, options: argparse.Namespace) -> Iterator[str]:
    """The same faces with the same holes, completed by us and by Amos's method."""
    benchmark = replace(holes.faces(options.measure, limit=options.limit), baselines={})
    methods = {"`face_fill`": benchmark.method(Model.load("face_fill")), f"{PLAIN}, searched": completed(networks)}
    found, _ = comparison.compare(benchmark, methods)
    yield "| hole | by | KD-lite0 | ST-LPIPS | likeness |"
    yield "|---|---|---|---|---|"
    for hole in holes.FACE_HOLES:
        for row in found.rows:
            if row.value == hole:
                distance, looks, likeness = (row.scores[name] for name in ("KD-lite0", "ST-LPIPS", "identity"))
                cells = f"{distance.mean:.1f} ± {distance.half or 0:.1f} | {looks.mean:.3f} | {likeness.mean:.3f}"
                yield f"| {hole} | {row.model} | {cells} |"


if __name__ == "__main__":
    sys.exit(main())
