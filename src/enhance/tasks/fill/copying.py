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

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from enhance.pixels import Array
from enhance.tasks.fill.masks import Hole
from enhance.tasks.fill.painter import doubled, halved, halved_hole, put

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
_LEARNT_FROM = 2000
"""Patches, about, whose principal components are taken, at the sizes beyond the coarsest."""
_AT_ONCE = 256
"""Patches that are compared to all offers at once: what is worked out for them stays in the processor's cache."""
_LEAST = -40.0
"""Logarithm of the least weight. Smaller ones change nothing, and processors are slow where numbers are next to 0."""

_Indices = NDArray[np.int64 | np.int32]


class _Size:
    """One size of the picture, as one row of pixels with a border: a neighbour is found by adding to an index.

    Args:
        picture: (H,W,C), colours and what else patches are compared by; hole: (H,W).
        radius: of patches.

    Attributes:
        pixels: (P,C), which the search fills.
        holes: indices of the hole's pixels, and of those of the border that continue it.
        centres: (T,) of the patches that touch the hole.
        is_source: (P,), whether a patch that is known is centred there.
        places: (P,) the source of each centre's patch; 0 where there is none.
        around: (K,) from a patch's centre to its pixels.
    """

    def __init__(self, picture: Array, hole: Hole, radius: int) -> None:
        self.height, self.width = hole.shape
        self.border = 2 * radius
        self.row = self.width + 2 * self.border
        steps = np.arange(-radius, radius + 1)
        self.around = (steps[:, None] * self.row + steps).ravel()
        bordered = cv2.copyMakeBorder(picture, *(self.border,) * 4, cv2.BORDER_REPLICATE)
        self.pixels = np.asarray(bordered, np.float32).reshape(-1, picture.shape[2])
        # What continues the hole beyond the picture's edge is not known either.
        beyond = cv2.copyMakeBorder(hole.view(np.uint8), *(radius,) * 4, cv2.BORDER_REPLICATE)
        self.hole = hole
        self.holes = np.flatnonzero(np.pad(beyond, self.border - radius))
        self.centres = np.flatnonzero(np.pad(_touched(hole, radius, beyond=0), self.border))
        self.is_source = np.pad(_known_patches(hole, radius), self.border).ravel()
        self.places = np.zeros(len(self.pixels), np.int32)
        # A patch is a few runs of pixels that lie one behind the other: fewer things to gather.
        run = np.dtype((np.void, len(steps) * self.pixels[0].nbytes))
        self._runs = np.ndarray(len(self.pixels) - 2 * radius, run, self.pixels, strides=self.pixels.strides[:1])
        self._run_starts = steps * self.row - radius

    @cached_property
    def sources(self) -> _Indices:
        """Centres of patches that are known, (S,)."""
        return np.flatnonzero(self.is_source)

    @cached_property
    def depth(self) -> Array:
        """How deep in the hole the centres lie, (T,)."""
        deep = np.asarray(cv2.distanceTransform(self.hole.view(np.uint8), cv2.DIST_L2, 3), np.float32)
        return np.pad(deep, self.border).ravel()[self.centres]

    @property
    def picture(self) -> Array:
        """As it is by now, (H,W,C): a view."""
        inside = slice(self.border, -self.border)
        return self.pixels.reshape(-1, self.row, self.pixels.shape[1])[inside, inside]

    def coordinates(self, indices: _Indices) -> tuple[_Indices, _Indices]:
        """Their rows and columns, (N,) each."""
        rows = indices // self.row
        return rows, indices - rows * self.row

    def patches(self, centres: _Indices) -> Array:
        """Their pixels, (N,KC)."""
        return self._runs[centres[:, None] + self._run_starts].view(np.float32)

    def known(self, indices: _Indices) -> _Indices:
        """The same indices, 0 where there is no source."""
        return np.where(np.take(self.is_source, indices, mode="clip"), indices, 0)

    def copy(self, into: _Indices, centres: _Indices, cost: Array) -> None:
        """Copy into pixels, each from the place of the cheapest of the centres whose patches cover it."""
        price = np.full(len(self.pixels), np.inf, np.float32)
        price[centres] = cost
        covering = into[:, None] + self.around
        asked = np.take(price, covering)
        cheapest = asked.argmin(1)
        each = np.arange(len(into))
        covered = np.isfinite(asked[each, cheapest])
        own = np.take(self.places, covering[each, cheapest]) - np.take(self.around, cheapest)
        self.pixels[into[covered]] = np.take(self.pixels, own[covered], axis=0)

    def copy_places(self) -> None:
        """Copy each pixel of the hole from its own place: nothing of patches is left but where they come from.

        Where its neighbours come from elsewhere, what they would continue with is mixed in.
        """
        here = self.holes[np.take(self.places, self.holes) > 0]
        own = np.take(self.places, here)
        steps = 1, -1, self.row, -self.row
        beside = [np.take(self.places, here + step) - step for step in steps]
        differs = np.zeros(len(here), bool)
        for places in beside:
            differs |= places != own
        seam = np.flatnonzero(differs)
        copied = np.take(self.pixels, own, axis=0)
        mixed, total = np.take(copied, seam, axis=0), np.ones((len(seam), 1), np.float32)
        for places, step in zip(beside, steps, strict=True):
            # A patch lies around each place, and all of it is known.
            theirs = np.take(places, seam)
            weight = np.where(theirs + step > 0, np.float32(_BESIDE), np.float32(0))[:, None]
            mixed += weight * np.take(self.pixels, theirs, axis=0, mode="clip")
            total += weight
        copied[seam] = mixed / total
        self.pixels[here] = copied


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
            is_searched = step < len(ROUNDS)
            places = _enlarge(size, coarser, beside=is_searched)
            if is_searched:
                _search_near(size, places, ROUNDS[step], random)
        coarser = size
    size.copy_places()
    put(size.picture[..., :3], hole, rgb)


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
            picture = np.asarray(cv2.merge([picture, *_roughness(picture, there)]), np.float32)
        sizes.append((picture, there))
    return sizes[::-1]


def _roughness(rgb: Array, hole: Hole) -> list[Array]:
    """By how much neighbours below and beside each other differ, on average around each pixel, (H,W) each."""
    grey, known = (rgb[..., 0] + rgb[..., 1] + rgb[..., 2]) / 3, ~hole
    around = (2 * AROUND + 1,) * 2
    means = []
    for down, right in ((1, 0), (0, 1)):
        one, other = np.s_[down:, right:], np.s_[: grey.shape[0] - down, : grey.shape[1] - right]
        border = (0, down), (0, right)
        counts = np.pad(known[one] & known[other], border).astype(np.float32)
        steps = np.pad(np.abs(grey[one] - grey[other]), border) * counts
        mean = cv2.boxFilter(steps, -1, around) / np.maximum(cv2.boxFilter(counts, -1, around), 1e-3)
        means.append(np.asarray(ROUGHNESS * mean, np.float32))
    return means


def offers_patches(hole: Hole) -> bool:
    """Whether a picture with such a hole (H,W) shows a patch anywhere that is known."""
    return bool(_known_patches(hole, RADII[0]).any())


def _known_patches(hole: Hole, radius: int) -> Hole:
    """Where patches are centred of which all is known, (H,W)."""
    return ~_touched(hole, radius, beyond=1)


def _touched(hole: Hole, radius: int, *, beyond: int) -> Hole:
    """Where patches are centred that the hole touches, (H,W); what is beyond the picture is hole if `beyond` is 1."""
    reach = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    return cv2.dilate(hole.view(np.uint8), reach, borderType=cv2.BORDER_CONSTANT, borderValue=(beyond,)) > 0


class _Offers:
    """Some of a size's sources, which all of its patches may be copied from.

    Attributes:
        sources: (S,) their centres.
    """

    def __init__(self, size: _Size, random: np.random.Generator) -> None:
        count = min(MOST, max(1, round(OFFERED * len(size.sources))))
        self.sources = random.permutation(size.sources)[:count]
        self._size = size
        patches = size.patches(self.sources)
        self._axes = _principal(patches, DIMENSIONS[0])
        self._shown = patches @ self._axes
        spread = np.square(patches - patches.mean(0)).sum(1).mean()
        self._far = np.float32(np.sqrt(NEAR * spread * 6 / (size.height**2 + size.width**2)))
        there = self._where(self.sources)
        # A product with these is the squared distance to each offer, but for the patch's own square: where a patch lies
        # is compared like one more of its pixels. What is partly known is compared to all the rest exactly.
        squares = np.square(patches).reshape(count, len(size.around), -1).sum(2)
        distances = np.square(there).sum(1, keepdims=True)
        self._partly = np.hstack([squares, distances, -2 * patches, -2 * there]).T.copy()
        ends = -2 * self._shown, -2 * there
        self._expected = np.hstack([squares.sum(1, keepdims=True) + distances, *ends]).T.copy()
        self._wholly = np.hstack([np.square(self._shown).sum(1, keepdims=True) + distances, *ends]).T.copy()
        self._gaps, self._weights = np.empty((2, _AT_ONCE, count), np.float32)

    def most_similar(self, centres: _Indices) -> tuple[_Indices, Array]:
        """The source most similar to each patch, (N,), and their squared distance."""
        patches = self._shown_at(centres, self._size.patches(centres))
        best, gap = np.empty(len(patches), np.int64), np.square(patches[:, 1:]).sum(1)
        for some in _blocks(len(patches)):
            gaps = np.matmul(patches[some], self._wholly, out=self._gaps[: len(patches[some])])
            best[some] = gaps.argmin(1)
            gap[some] += _of_each(gaps, best[some])
        return self.sources[best], gap.clip(0)

    def fitting(self, centres: _Indices, seen: Array) -> tuple[_Indices, Array]:
        """The source that fits best to what is `seen` (N,K) of each patch, (N,), and their squared distance there.

        Many fit about as well, and what they show beyond the edge differs. What most of them show is expected there,
        and the patch that fits best to this as well is taken: one that holds a part of something else is not.
        """
        best, gap = np.empty(len(centres), np.int64), np.empty(len(centres), np.float32)
        for some in _blocks(len(centres)):
            best[some], gap[some] = self._fitting(centres[some], seen[some])
        return self.sources[best], gap

    def _fitting(self, centres: _Indices, seen: Array) -> tuple[_Indices, Array]:
        patches = self._size.patches(centres)  # what is not known is 0 in them
        share, here = seen.mean(1, keepdims=True), self._where(centres)
        gaps, weights = self._gaps[: len(centres)], self._weights[: len(centres)]
        np.matmul(np.hstack([seen, share, patches, share * here]), self._partly, out=gaps)
        own = np.square(patches).sum(1, keepdims=True) + share * np.square(here).sum(1, keepdims=True)
        least = gaps.min(1, keepdims=True)
        alike = ALIKE[0] * (least + own).clip(0) + ALIKE[1] * seen.sum(1, keepdims=True)
        np.subtract(gaps, least, out=weights)
        weights /= -alike
        np.exp(np.maximum(weights, np.float32(_LEAST), out=weights), out=weights)
        expected = (weights @ self._shown) / weights.sum(1, keepdims=True) @ self._axes.T
        patches += expected * np.repeat(1 - seen, patches.shape[1] // seen.shape[1], 1)
        best = np.matmul(self._shown_at(centres, patches), self._expected, out=weights).argmin(1)
        return best, (_of_each(gaps, best) + own[:, 0]).clip(0)

    def _shown_at(self, centres: _Indices, patches: Array) -> Array:
        """What is compared of whole patches, (N,1+D+2): 1, what they are along the axes, and where they lie."""
        return np.hstack([np.ones((len(centres), 1), np.float32), patches @ self._axes, self._where(centres)])

    def _where(self, centres: _Indices) -> Array:
        """Where patches lie, (N,2), as it counts beside differences of patches."""
        return np.stack(self._size.coordinates(centres), 1).astype(np.float32) * self._far


def _blocks(count: int) -> list[slice]:
    """So many rows, `_AT_ONCE` at a time."""
    return [slice(start, min(start + _AT_ONCE, count)) for start in range(0, count, _AT_ONCE)]


def _of_each(rows: Array, columns: _Indices) -> Array:
    """A value of each row (N,M), in a column of its own, (N,)."""
    return rows[np.arange(len(rows)), columns]


def _peel(size: _Size, offers: _Offers) -> None:
    """Fill the hole from its edge inwards, each time by the patches that fit best to what is known by then."""
    left = np.zeros(len(size.pixels), bool)
    left[size.holes] = True
    size.pixels[size.holes] = 0
    known = np.where(left, 0, 1).astype(np.float32)
    covers = size.centres[:, None] + size.around
    while left.any():
        seen = known[covers]
        share = seen.mean(1)
        chosen = (share < 1) & (share > _KNOWN_PEEL)
        if not chosen.any():
            chosen = (share < 1) & (share > 0)
            if not chosen.any():
                return
        centres, seen, share = size.centres[chosen], seen[chosen], share[chosen]
        size.places[centres], gap = offers.fitting(centres, seen)
        reached = np.zeros(len(left), bool)
        reached[covers[chosen]] = True
        now = np.flatnonzero(left & reached)
        size.copy(now, centres, _relative(gap / seen.sum(1), _FITTING_PEEL) - 2 * np.log(share))
        known[now], left[now] = 1, False


def _search_everywhere(size: _Size, offers: _Offers, rounds: int) -> None:
    """Find the most similar offer for each patch, and copy it, so many times."""
    for _ in range(rounds):
        size.places[size.centres], gap = offers.most_similar(size.centres)
        size.copy(size.holes, size.centres, _relative(gap, _FITTING) + size.depth / DEPTH)


def _enlarge(size: _Size, coarser: _Size, *, beside: bool) -> list[_Indices]:
    """Begin a size with the colours and the places of the one that is half as large.

    Returns:
        Places for its centres, (T,) each: those of the coarser size there and, if they are asked for, of its pixels
        beside, below and above.
    """
    enlarged = doubled(coarser.picture[..., : size.pixels.shape[1]])[: size.height, : size.width]
    put(enlarged, size.hole, size.picture)
    placed = np.flatnonzero(coarser.places)
    row, column = coarser.coordinates(placed)
    to_row, to_column = coarser.coordinates(coarser.places[placed])
    away = np.zeros(len(coarser.places), np.int32)
    away[placed] = 2 * ((to_row - row) * size.row + to_column - column)
    y, x = (n - size.border for n in size.coordinates(size.centres))
    there = (y // 2 + coarser.border) * coarser.row + x // 2 + coarser.border
    places = []
    for step in (0, 1, -1, coarser.row, -coarser.row) if beside else (0,):
        steps = np.take(away, there + step)
        places.append(np.where(steps != 0, size.known(size.centres + steps), 0))
    size.places[size.centres] = places[0]
    return places


def _search_near(size: _Size, places: list[_Indices], rounds: int, random: np.random.Generator) -> None:
    """Look for better places than these (T,) of the coarser size: beside them, of neighbours, and at random.

    What is compared is copied from the places of the round before.
    """
    asked = size.sources if rounds > 1 else _beside(size, places)
    axes = _principal(size.patches(size.sources[:: max(1, len(size.sources) // _LEARNT_FROM)]), DIMENSIONS[1])
    features = np.empty((len(size.pixels), axes.shape[1]), np.float32)
    features[asked] = size.patches(asked) @ axes
    cost = np.where(size.places[size.centres] > 0, size.depth, np.inf)
    for number in range(rounds):
        size.copy(size.holes, size.centres, cost)
        patches = size.patches(size.centres) @ axes
        best, gap = np.zeros(len(patches), np.int32), np.full(len(patches), np.inf, np.float32)

        def compare(places: _Indices, patches: Array = patches, best: _Indices = best, gap: Array = gap) -> None:
            new = np.flatnonzero((places > 0) & (places != best))
            there = np.take(places, new)
            error = np.take(features, there, axis=0)
            error -= np.take(patches, new, axis=0)
            error = np.einsum("nk,nk->n", error, error)
            better = error < np.take(gap, new)
            new = new[better]
            best[new], gap[new] = there[better], error[better]

        if number == 0:
            for coarser in places:
                compare(coarser)
            begun = best.copy()
            for step in (1, -1, size.row, -size.row):
                compare(np.where(begun > 0, size.known(begun + step), 0))
        else:
            compare(size.places[size.centres])
            reach = 2 ** (number % 3)
            for step in (reach, -reach, reach * size.row, -reach * size.row):
                theirs = np.take(size.places, size.centres + step, mode="clip")
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


def _beside(size: _Size, places: list[_Indices]) -> _Indices:
    """The sources among places, and beside them, (S,)."""
    asked = np.zeros((size.height + 2 * size.border, size.row), np.uint8)
    for some in places:
        asked.ravel()[some] = 1
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    return np.flatnonzero(size.is_source & (cv2.dilate(asked, cross).ravel() > 0))


def _relative(gap: Array, quantile: float) -> Array:
    """Squared distances of patches, beside that which so many of them do not exceed."""
    rank = int(quantile * (len(gap) - 1))
    return gap / (2 * np.partition(gap, rank)[rank] + 1e-6)


def _principal(patches: Array, count: int) -> Array:
    """The directions (D,count) in which patches (N,D) have most of what they have."""
    _, axes = np.linalg.eigh(patches.T @ patches)
    return np.ascontiguousarray(axes[:, ::-1][:, :count], np.float32)
