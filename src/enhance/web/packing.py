"""How the large files of the site lie in it: small, and in ways that `browser/` unpacks.

Numbers of 8 bits that were learnt repeat nothing: all that can be saved is that some of them are more frequent than
others. They are coded by asymmetric numeral systems (Duda, 2013; with many states side by side: Giesen, 2014), which
takes what entropy says, 3 % less than gzip. What else is in a network goes through LZMA, as WebAssembly does, but for
scales that are a product of others that are there.
"""

from __future__ import annotations

import lzma
import re
import struct

import numpy as np
from numpy.typing import NDArray

from enhance.inference.floats import (
    DTYPES,
    FLOAT,
    GRAPH_INITIALIZER,
    INT8,
    MODEL_GRAPH,
    TENSOR_FLOATS,
    TENSOR_RAW,
    TENSOR_TYPE,
)
from enhance.inference.protobuf import as_bytes, one, parse

NETWORK = 0x4E
"""What a packed network begins with: no LZMA of ours and no gzip does."""
LARGE = 1024
"""Bytes of an array that is coded by itself, at least."""
PRODUCT = 64
"""Bytes of an array of which it is tried whether it is a product, at least."""
SMALL = 1 << 20
"""Bytes of a network below which it is tried whether LZMA alone makes less of it."""
MATRIX = 8192
"""Bytes of an array of floats that is rounded, at least."""
BLOCK, LANES = 512, 256
"""Numbers that share a table of frequencies, and states that take turns; a block is whole turns."""
TABLES, ROUNDS = 8, 8
PRECISION = 14
"""Bits of a frequency; `browser/weights.js` has the same numbers."""

Bytes = NDArray[np.uint8]


def squeezed(content: bytes, preset: int = 9 | lzma.PRESET_EXTREME, *, lc: int = 3, lp: int = 0) -> bytes:
    """LZMA with the size in its head, which `browser/lzma.js` reads: two fifths less than gzip makes of WebAssembly."""
    filters = [{"id": lzma.FILTER_LZMA1, "preset": preset, "dict_size": 1 << 24, "lc": lc, "lp": lp, "pb": 0}]
    packed = lzma.compress(content, lzma.FORMAT_ALONE, filters=filters)
    return packed[:5] + len(content).to_bytes(8, "little") + packed[13:]


def packed(model: bytes) -> bytes:
    """A network, from its ONNX file; `browser/weights.js` makes the same file of it again."""
    products = _products(model)
    arrays = [array for array in _arrays(model) if array[0] not in {start for start, *_ in products}]
    # In a small network, such as the finder of faces, tables of frequencies take more than they save.
    coded = [arrays, []] if len(model) < SMALL else [arrays]
    return min((_packed(model, chosen, products) for chosen in coded), key=len)


def _packed(model: bytes, arrays: list[tuple[int, int, int]], products: list[tuple[int, int, int, int, int]]) -> bytes:
    whole = np.frombuffer(model, np.uint8)
    left_out = sorted([*((*array, 0, 0) for array in arrays), *products])
    parts = [whole[start : start + length].reshape(-1, width).T.ravel() for start, length, width in arrays]
    numbers = np.concatenate(parts) if parts else np.zeros(0, np.uint8)
    numbers = np.append(numbers, np.zeros(-len(numbers) % BLOCK, np.uint8))
    tables, chosen = _tables(numbers.reshape(-1, BLOCK))
    rest = np.ones(len(whole), bool)
    for start, length, *_ in left_out:
        rest[start : start + length] = False
    head = np.array([len(whole), len(left_out), len(chosen), len(tables), *np.ravel(left_out)], "<u4")
    plain = head.tobytes() + tables.astype("<u2").tobytes() + chosen.tobytes() + whole[rest].tobytes()
    small = min((squeezed(plain, lc=lc, lp=lp) for lc, lp in ((3, 0), (0, 2))), key=len)
    states, words = _coded(numbers.reshape(-1, LANES), tables, np.repeat(chosen, BLOCK // LANES))
    return struct.pack("<BI", NETWORK, len(small)) + small + states.tobytes() + words.tobytes()


def coarse(model: bytes, kept: int) -> bytes:
    """The same network, with its large arrays of floats rounded to so many of their 32 bits, which pack well.

    Small ones stay as they are: means and scales of what goes in, by which much is divided, are among them.
    """
    whole = np.frombuffer(model, np.uint8).copy()
    dropped = np.uint32(32 - kept)
    for start, length, width in _arrays(model):
        if width == 4 and length >= MATRIX:
            bits = whole[start : start + length].view("<u4")
            bits += np.uint32((1 << 31 - kept) - 1) + (bits >> dropped & np.uint32(1))
            bits &= ~np.uint32((1 << 32 - kept) - 1)
    return whole.tobytes()


def bare(script: str) -> str:
    """A script or a style sheet without its comments, and without what sets it in."""
    script = re.sub(r"^[\t ]*/\*.*?\*/\n", "", script, flags=re.M | re.S)
    return re.sub(r"^[\t ]*//.*\n|^[\t ]+", "", script, flags=re.M)


def _tensors(model: bytes, least: int) -> list[tuple[int, int, int]]:
    """The arrays of a network from so many bytes on: where in its file, how many bytes, and of which type."""
    found, after = [], 0
    for number, value in parse(one(parse(model), MODEL_GRAPH)):
        if number != GRAPH_INITIALIZER:
            continue
        tensor = parse(value)
        for raw in (as_bytes(content) for field, content in tensor if field in (TENSOR_RAW, TENSOR_FLOATS)):
            if len(raw) >= least:
                after = model.index(raw, after)
                found.append((after, len(raw), int(one(tensor, TENSOR_TYPE))))
                after += len(raw)
    return found


def _arrays(model: bytes) -> list[tuple[int, int, int]]:
    """The large arrays of a network: where in its file, how many bytes, and how many of them a number has."""
    return [
        (start, length, np.dtype(DTYPES[kind]).itemsize)
        for start, length, kind in _tensors(model, LARGE)
        if kind in (INT8, FLOAT)
    ]


def _products(model: bytes) -> list[tuple[int, int, int, int, int]]:
    """Arrays of floats that are others times a number: scales of biases are those of weights times that of the input.

    Returns:
        For each where it is, how many bytes it has, 0, where the other one is, and the bits of the number.
    """
    found: list[tuple[int, int, int, int, int]] = []
    others: list[tuple[int, NDArray[np.float32]]] = []
    for start, length, kind in _tensors(model, PRODUCT):
        if kind != FLOAT or length >= MATRIX:
            continue
        array = np.frombuffer(model, "<f4", length // 4, start)
        for place, other in others:
            if len(other) == len(array) and other[0]:
                factor = np.float32(array[0] / other[0])
                near = (factor, np.nextafter(factor, np.float32(0)), np.nextafter(factor, np.float32(np.inf)))
                same = [one for one in near if np.array_equal(other * one, array)]
                if same:
                    found.append((start, length, 0, place, int(same[0].view(np.uint32))))
                    break
        else:
            others.append((start, array))
    return found


def _tables(blocks: Bytes) -> tuple[NDArray[np.uint16], Bytes]:
    """Tables of frequencies (n,256), and for each block which of them makes it smallest."""
    counts = np.stack([np.bincount(block, minlength=256) for block in blocks]) if len(blocks) else np.zeros((0, 256))
    shares = counts / BLOCK
    order = np.argsort(-(shares * np.log2(shares, out=np.zeros_like(shares), where=shares > 0)).sum(1), kind="stable")
    chosen = np.empty(len(blocks), np.int64)
    chosen[order] = np.arange(len(blocks)) * TABLES // max(len(blocks), 1)
    for _ in range(ROUNDS):
        sums = np.stack([counts[chosen == n].sum(0) for n in range(TABLES)])
        bits = -np.log2((sums + 0.02) / (sums + 0.02).sum(1, keepdims=True))
        chosen = np.argmin(counts @ bits.T, 1)
    used = np.unique(chosen)
    tables = np.stack([_frequencies(counts[chosen == n].sum(0)) for n in used]) if len(used) else np.zeros((0, 256))
    return tables.astype(np.uint16), np.searchsorted(used, chosen).astype(np.uint8)


def _frequencies(counts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers that add up to all, none of them 0 where something is to be coded."""
    whole = 1 << PRECISION
    there: NDArray[np.int64] = np.maximum(np.round(counts / counts.sum() * whole), counts > 0).astype(np.int64)
    while (off := whole - there.sum()) != 0:
        largest = np.argsort(-there)[: min(abs(off), np.count_nonzero(there > 1))]
        there[largest] += np.sign(off)
    return there


def _coded(turns: Bytes, tables: NDArray[np.uint16], chosen: Bytes) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    """States (LANES,) to begin with and the words to read; turns (n,LANES) of numbers, each with its table."""
    often = tables.astype(np.uint64)
    before = np.cumsum(often, 1) - often
    states = np.full(LANES, 1 << 16, np.uint64)
    words = []
    room, half = np.uint64(32 - PRECISION), np.uint64(16)
    for numbers, table in zip(turns[::-1], chosen[::-1], strict=True):
        share = often[table, numbers]
        full = states >= share << room
        if full.any():
            words.append(states[full].astype(np.uint16))
            states[full] >>= half
        times, left = np.divmod(states, share)
        states = (times << np.uint64(PRECISION)) + left + before[table, numbers]
    return states.astype("<u4"), (np.concatenate(words[::-1]) if words else np.zeros(0)).astype("<u2")
