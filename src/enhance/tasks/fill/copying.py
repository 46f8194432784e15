"""Holes filled with pixels that are copied from elsewhere in the photo, from coarse to fine.

At a small size the hole is peeled: its outermost pixels come from the patches that fit best to what is known there, and
so on inwards (Efros & Leung, "Texture synthesis by non-parametric sampling", ICCV 1999). Each finer size begins with
the places from which the coarser one has copied, and looks for better ones near by (Barnes et al., "PatchMatch",
SIGGRAPH 2009); from a certain size on, the places are only enlarged. Where several patches cover a pixel, the one that
fits best gives it: their mean would be blurred, and what is blurred finds patches that are.

Patches are compared by their colours and by how rough the photo is there at a finer size, which coarse colours do not
show: blurred grass is not copied into sharp grass (Newson et al., "Video inpainting of complex scenes", SIIMS 2014).
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.pixels import Array
from enhance.tasks.fill.masks import Hole
from enhance.tasks.fill.painter import doubled, halved, halved_hole

SMALLEST = 40
"""Pixels along the shorter side below which a picture is not halved any more: patches would show half a scene."""
FEWEST, MOST = 300, 2500
"""How many patches the coarsest size must offer, or it is not used; of more, so many are looked at."""
OFFERED = 0.75
"""Which share of them one seed looks at: so that seeds differ."""
RADII = 2, 2, 1
"""Of a patch, in pixels, at the coarsest size and the two that follow."""
ROUNDS = 2, 6, 1
"""How often better places are looked for at these sizes."""
DIMENSIONS = 24, 16
"""Of the principal components by which patches are compared, at the coarsest size and beyond."""
ROUGHNESS = 4.0
"""How much it counts beside colours."""
AROUND = 4
"""Pixels around each whose differences are its roughness, at the finest size that is searched."""
NEAR = 0.05
"""How much it counts that a patch comes from far away, at the coarsest size: two that lie anywhere differ by so much of
what two patches differ by."""
ALIKE = 0.3, 0.001
"""Patches fit about as well as the best if they are worse by so much of its distance, and by so much a value."""
DEPTH = 8.0
"""Pixels into the hole over which a patch is trusted less, as if it fitted twice as badly as most."""
_FITTING_PEEL, _FITTING = 0.1, 0.25
"""Quantiles of the patches' distances to which distances are compared."""
_KNOWN_PEEL = 0.4
"""Share of a patch that must be known before it is filled, while there are such."""
_BESIDE = 0.64
"""How much the places of a pixel's neighbours count where they disagree with its own, so that no seam is a step."""
_AT_ONCE = 512
_NEIGHBOURS = (0, 1), (0, -1), (1, 0), (-1, 0)

_Indices = NDArray[np.int64]


class _Size:
    """One size of the picture, as one row of pixels with a border: a neighbour is found by adding to an index.

    Args:
        picture: (H,W,C), colours and what else patches are compared by; hole: (H,W).
        radius: of patches.

    Attributes:
        pixels: (P,C), which the search fills.
        holes: indices of the hole's pixels, and of those of the border that continue it.
        centres: (T,) of the patches that touch the hole, and how deep in it they lie, `depth` (T,).
        sources: (S,) centres of patches that are known, and the same as `is_source` (P,).
        places: (P,) the source of each centre's patch; 0 where there is none.
        around: (K,) from a patch's centre to its pixels.
    """

    def __init__(self, picture: Array, hole: Hole, radius: int) -> None:
        self.height, self.width = hole.shape
        self.border = 2 * radius
        self.row = self.width + 2 * self.border
        steps = range(-radius, radius + 1)
        self.around = np.array([down * self.row + right for down in steps for right in steps])
        self.pixels = self.bordered(picture, "edge").reshape(-1, picture.shape[2])
        # What continues the hole beyond the picture's edge is not known either.
        beyond = np.pad(np.pad(hole, radius, "edge"), self.border - radius)
        self.holes = np.flatnonzero(beyond)
        self.centres = np.flatnonzero(self.bordered(_touched(hole, radius, beyond=0)))
        self.is_source = self.bordered(_known_patches(hole, radius)).ravel()
        self.sources = np.flatnonzero(self.is_source)
        deep = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)
        self.depth = self.bordered(deep).ravel()[self.centres]
        self.places = np.zeros(len(self.pixels), np.int64)

    def bordered(self, values: NDArray[np.generic], mode: str = "constant") -> Array:
        border = ((self.border, self.border),) * 2 + ((0, 0),) * (values.ndim - 2)
        return np.pad(values, border, mode)  # type: ignore[call-overload]

    @property
    def picture(self) -> Array:
        """As it is by now, (H,W,C): a view."""
        inside = slice(self.border, -self.border)
        return self.pixels.reshape(-1, self.row, self.pixels.shape[1])[inside, inside]

    def coordinates(self, centres: _Indices) -> Array:
        """Their rows and columns, (N,2)."""
        return np.stack(np.divmod(centres, self.row), 1).astype(np.float32)

    def patches(self, centres: _Indices) -> Array:
        """Their pixels, (N,KC)."""
        return np.take(self.pixels, centres[:, None] + self.around, axis=0).reshape(len(centres), -1)

    def known(self, indices: _Indices) -> _Indices:
        """The same indices, 0 where there is no source."""
        indices = np.clip(indices, 0, len(self.places) - 1)
        return np.where(np.take(self.is_source, indices), indices, 0)

    def copy(self, into: _Indices, centres: _Indices, places: _Indices, cost: Array) -> None:
        """Copy into pixels, from the cheapest of the patches that cover each."""
        price = np.full(len(self.pixels), np.inf, np.float32)
        price[centres] = cost
        source = np.zeros(len(self.pixels), np.int64)
        source[centres] = places
        least, best = np.full(len(into), np.inf, np.float32), np.zeros(len(into), np.int64)
        for step in self.around:
            here = into + step
            asked = np.take(price, here)
            cheaper = asked < least
            least = np.where(cheaper, asked, least)
            best = np.where(cheaper, np.take(source, here) - step, best)
        covered = np.isfinite(least)
        self.pixels[into[covered]] = self.pixels[best[covered]]

    def copy_places(self) -> None:
        """Copy each pixel of the hole from its own place: nothing of patches is left but where they come from.

        Where its neighbours come from elsewhere, what they would continue with is mixed in.
        """
        here = self.holes[self.places[self.holes] > 0]
        own = self.places[here]
        steps = 1, -1, self.row, -self.row
        beside = [self.places[here + step] - step for step in steps]
        seam = np.flatnonzero(np.any([places != own for places in beside], 0))
        total = np.ones((len(seam), 1), np.float32)
        mixed = self.pixels[own[seam]]
        for places, step in zip(beside, steps, strict=True):
            # A patch lies around each place, and all of it is known.
            weight = np.where(places[seam] + step > 0, np.float32(_BESIDE), np.float32(0))[:, None]
            mixed += weight * np.take(self.pixels, np.maximum(places[seam], 0), axis=0)
            total += weight
        self.pixels[here] = np.take(self.pixels, own, axis=0)
        self.pixels[here[seam]] = mixed / total


def copy(rgb: Array, hole: Hole, seed: int) -> None:
    """Fill the hole (H,W) of a picture (H,W,3) in [0,1] that offers patches.

    Args:
        seed: names one of several answers.

    Raises:
        ValueError: it offers none.
    """
    random = np.random.default_rng(seed)
    coarser: _Size | None = None
    sizes = _coarse_to_fine(rgb, hole)
    for step, (picture, there) in enumerate(sizes):
        size = _Size(picture, there, RADII[min(step, len(RADII) - 1)])
        if coarser is None:
            if not len(size.sources):
                raise ValueError("there is nothing to copy from")
            offers = _Offers(size, random)
            _peel(size, offers)
            _search_everywhere(size, offers, ROUNDS[0])
        else:
            places_of = _enlarge(size, coarser, there)
            if step < len(ROUNDS):
                _search_near(size, places_of, ROUNDS[step], random)
        if step >= min(len(ROUNDS), len(sizes)) - 1:
            size.copy_places()
        coarser = size
    rgb[hole] = size.picture[hole][:, :3]


def _coarse_to_fine(rgb: Array, hole: Hole) -> list[tuple[Array, Hole]]:
    """The picture (H,W,3) and its hole at each size; where it is searched, it has the channels of `_roughness`, too."""
    holes = [hole]
    while min(holes[-1].shape) >= 2 * SMALLEST:
        smaller = halved_hole(holes[-1])
        if _known_patches(smaller, RADII[0]).sum() < FEWEST:
            break
        holes.append(smaller)
    sizes: list[tuple[Array, Hole]] = []
    for step in range(len(holes)):
        picture, there = halved(*sizes[-1]) if sizes else (rgb, hole)
        if step == max(0, len(holes) - len(ROUNDS)):
            picture = np.concatenate([picture, ROUGHNESS * _roughness(picture, there)], 2)
        sizes.append((picture, there))
    return sizes[::-1]


def _roughness(rgb: Array, hole: Hole) -> Array:
    """By how much neighbours below and beside each other differ, on average around each pixel, (H,W,2)."""
    grey, known = rgb.mean(2), ~hole
    around = (2 * AROUND + 1,) * 2
    means = []
    for axis in (0, 1):
        one, other = (np.take(known, range(*ends), axis) for ends in ((1, known.shape[axis]), (known.shape[axis] - 1,)))
        border = [(0, int(n == axis)) for n in (0, 1)]
        counts = np.pad(one & other, border).astype(np.float32)
        steps = np.pad(np.abs(np.diff(grey, axis=axis)), border) * counts
        means.append(cv2.boxFilter(steps, -1, around) / np.maximum(cv2.boxFilter(counts, -1, around), 1e-3))
    return np.stack(means, 2)


def offers_patches(hole: Hole) -> bool:
    """Whether a picture with such a hole (H,W) shows a patch anywhere that is known."""
    return bool(_known_patches(hole, RADII[0]).any())


def _known_patches(hole: Hole, radius: int) -> Hole:
    """Where patches are centred of which all is known, (H,W)."""
    return ~_touched(hole, radius, beyond=1)


def _touched(hole: Hole, radius: int, *, beyond: int) -> Hole:
    """Where patches are centred that the hole touches, (H,W); what is beyond the picture is hole if `beyond` is 1."""
    reach = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    return cv2.dilate(hole.astype(np.uint8), reach, borderType=cv2.BORDER_CONSTANT, borderValue=(beyond,)) > 0


class _Offers:
    """Some of a size's sources, which all of its patches may be copied from.

    Attributes:
        sources: (S,) their centres.
        patches: (S,KC), and along the `axes` (KC,D) in which they differ most `shown`, (S,D).
        far: what a pixel of distance counts beside differences of patches, and so `there`, where they lie, (S,2).
    """

    def __init__(self, size: _Size, random: np.random.Generator) -> None:
        count = min(MOST, max(1, round(OFFERED * len(size.sources))))
        self.sources = random.permutation(size.sources)[:count]
        self.patches = size.patches(self.sources)
        self.axes = _principal(self.patches, DIMENSIONS[0])
        self.shown = self.patches @ self.axes
        spread = np.square(self.patches - self.patches.mean(0)).sum(1).mean()
        self.far = np.float32(np.sqrt(NEAR * spread * 6 / (size.height**2 + size.width**2)))
        self.there = size.coordinates(self.sources) * self.far


def _peel(size: _Size, offers: _Offers) -> None:
    """Fill the hole from its edge inwards, each time by the patches that fit best to what is known by then.

    Many fit about as well, and what they show beyond the edge differs. What most of them show is expected there, and
    the patch that fits best to this as well is taken: one that holds a part of something else is not.
    """
    left = np.zeros(len(size.pixels), bool)
    left[size.holes] = True
    size.pixels[size.holes] = 0
    known = np.where(left, 0, 1).astype(np.float32)
    channels = size.pixels.shape[1]
    # A product with these is the squared distance to each offer, but for the patch's own square: where a patch lies is
    # compared like one more of its pixels. What is partly known is compared to all the rest exactly.
    squares = np.square(offers.patches).reshape(len(offers.patches), -1, channels).sum(2)
    distances = np.square(offers.there).sum(1, keepdims=True)
    partly = np.hstack([squares, distances, -2 * offers.patches, -2 * offers.there]).T.copy()
    wholly = np.hstack([squares.sum(1, keepdims=True) + distances, -2 * offers.shown, -2 * offers.there]).T.copy()
    while left.any():
        covers = size.centres[:, None] + size.around
        seen = known[covers]
        share = seen.mean(1)
        waiting = left[covers].any(1)
        chosen = waiting & (share > _KNOWN_PEEL)
        if not chosen.any():
            chosen = waiting & (share > 0)
            if not chosen.any():
                return
        centres, seen, share = size.centres[chosen], seen[chosen], share[chosen, None]
        patches = size.patches(centres)  # what is not known is 0 in them
        here = size.coordinates(centres) * offers.far
        count = seen.sum(1, keepdims=True)
        gaps = np.hstack([seen, share, patches, share * here]) @ partly
        own = np.square(patches).sum(1, keepdims=True) + share * np.square(here).sum(1, keepdims=True)
        least = gaps.min(1, keepdims=True)
        scale = -1 / (ALIKE[0] * (least + own).clip(0) + ALIKE[1] * count)
        weights = gaps - least
        weights *= scale
        np.exp(weights, out=weights)
        expected = ((weights @ offers.shown) / weights.sum(1, keepdims=True)) @ offers.axes.T
        patches += expected * np.repeat(1 - seen, channels, 1)
        best = (np.hstack([np.ones_like(share), patches @ offers.axes, here]) @ wholly).argmin(1)
        gap = (gaps[np.arange(len(best)), best] + own[:, 0]).clip(0) / count[:, 0]
        reached = np.zeros(len(left), bool)
        reached[covers[chosen]] = True
        now = np.flatnonzero(left & reached)
        size.copy(now, centres, offers.sources[best], _relative(gap, _FITTING_PEEL) - 2 * np.log(share[:, 0]))
        known[now], left[now] = 1, False


def _search_everywhere(size: _Size, offers: _Offers, rounds: int) -> None:
    """Find the most similar offer for each patch, and copy it, so many times."""
    offered = np.hstack([offers.shown, offers.there])
    squares = np.square(offered).sum(1)
    here = size.coordinates(size.centres) * offers.far
    for _ in range(rounds):
        patches = np.hstack([size.patches(size.centres) @ offers.axes, here])
        best, gap = np.empty(len(patches), np.int64), np.empty(len(patches), np.float32)
        for start in range(0, len(patches), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            gaps = squares - 2 * (patches[some] @ offered.T)
            best[some] = gaps.argmin(1)
            gap[some] = np.take_along_axis(gaps, best[some, None], 1)[:, 0]
        gap = (gap + np.square(patches).sum(1)).clip(0)
        size.places[size.centres] = offers.sources[best]
        size.copy(size.holes, size.centres, offers.sources[best], _relative(gap, _FITTING) + size.depth / DEPTH)


def _enlarge(size: _Size, coarser: _Size, hole: Hole) -> Callable[[int, int], _Indices]:
    """Begin a size with the colours and the places of the one that is half as large; what gives more of its places."""
    enlarged = doubled(coarser.picture[..., : size.pixels.shape[1]])[: size.height, : size.width]
    size.picture[hole] = enlarged[hole]
    places_of = _places_of(size, coarser)
    size.places[size.centres] = places_of(0, 0)
    return places_of


def _places_of(size: _Size, coarser: _Size) -> Callable[[int, int], _Indices]:
    """What gives places for the centres of a size: those of the coarser one there, or so many of its pixels beside."""
    placed = np.flatnonzero(coarser.places)
    down, right = (coarser.coordinates(coarser.places[placed]) - coarser.coordinates(placed)).T.astype(np.int64)
    away = np.zeros(len(coarser.places), np.int64)
    away[placed] = 2 * (down * size.row + right)
    y, x = (n - size.border for n in np.divmod(size.centres, size.row))
    there = (y // 2 + coarser.border) * coarser.row + x // 2 + coarser.border

    def places(down: int, right: int) -> _Indices:
        steps = np.take(away, there + down * coarser.row + right)
        return np.where(steps != 0, size.known(size.centres + steps), 0)

    return places


def _search_near(
    size: _Size, places_of: Callable[[int, int], _Indices], rounds: int, random: np.random.Generator
) -> None:
    """Look for better places beside those of the coarser size, of neighbours, and at random.

    What is compared is copied from the places of the round before.
    """
    offered = size.patches(size.sources)
    axes = _principal(offered, min(DIMENSIONS[1], offered.shape[1]))
    features = np.zeros((len(size.pixels), axes.shape[1]), np.float32)
    features[size.sources] = offered @ axes
    cost = np.where(size.places[size.centres] > 0, size.depth, np.inf)
    for number in range(rounds):
        size.copy(size.holes, size.centres, size.places[size.centres], cost)
        patches = size.patches(size.centres) @ axes
        best, gap = np.zeros(len(patches), np.int64), np.full(len(patches), np.inf, np.float32)

        def compare(places: _Indices, patches: Array = patches, best: _Indices = best, gap: Array = gap) -> None:
            error = np.take(features, places, axis=0) - patches
            error = np.einsum("nk,nk->n", error, error)
            better = (error < gap) & (places > 0)
            best[better], gap[better] = places[better], error[better]

        compare(size.places[size.centres])
        if number == 0:
            for down, right in _NEIGHBOURS:
                compare(places_of(down, right))
            begun = best.copy()
            for step in (1, -1, size.row, -size.row):
                compare(np.where(begun > 0, size.known(begun + step), 0))
        else:
            reach = 2 ** (number % 3)
            for step in (reach, -reach, reach * size.row, -reach * size.row):
                theirs = size.places[np.clip(size.centres + step, 0, len(size.places) - 1)]
                compare(np.where(theirs > 0, size.known(theirs - step), 0))
        if rounds > 1:
            for narrower in range(2):
                reach = max(2, (max(size.height, size.width) // 4) >> (2 * narrower + number % 2))
                down, right = random.integers(-reach, reach + 1, (2, len(best)))
                compare(np.where(best > 0, size.known(best + down * size.row + right), 0))
        none = best == 0
        best[none], gap[none] = random.choice(size.sources, int(none.sum())), 1
        size.places[size.centres] = best
        cost = _relative(gap, _FITTING) + size.depth / DEPTH


def _relative(gap: Array, quantile: float) -> Array:
    """Squared distances of patches, beside that which so many of them do not exceed."""
    rank = int(quantile * (len(gap) - 1))
    return gap / (2 * np.partition(gap, rank)[rank] + 1e-6)


def _principal(patches: Array, count: int) -> Array:
    """The directions (D,count) in which patches (N,D) have most of what they have."""
    some = patches[:: max(1, len(patches) // 2000)]
    _, axes = np.linalg.eigh(some.T @ some)
    return np.ascontiguousarray(axes[:, ::-1][:, :count], np.float32)
