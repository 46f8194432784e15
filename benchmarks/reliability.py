"""What does it take to break it? Damaged files, hostile folders, full disks, and signals at random moments.

    python benchmarks/reliability.py [--files 2100] [--stops 12] [--write docs/reliability.md]

Exits with 1 if anything ended in a traceback, a hang, half a file or a lost one. A full and a read-only disk are
mounted, which only root may do; without that they are left out, and said to be.
"""

import argparse
import io
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PIL import Image

from enhance.batch.plan import PhotoTask
from enhance.batch.processes import in_processes
from enhance.batch.run import run as run_all

SAMPLE = Path(__file__).parents[1] / "samples" / "astronaut.jpg"
HANG = 60
"""Seconds after which a file of a few hundred bytes, or a run of a few photos, hangs."""
MOST_ENLARGED = 250_000
"""Pixels; a damaged header may promise millions, whose enlargement would test only the patience."""
ELSEWHERE = "## Memory and videos"
"""Where begins what is measured by other commands."""


def main() -> int:
    """Parse, try, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2100, help="how many damaged files (default 2100)")
    parser.add_argument("--stops", type=int, default=12, help="how many signals of each kind (default 12)")
    parser.add_argument("--seed", type=int, default=0, help="names other files and moments")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write what was found as Markdown")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = [mutations(folder, options.files, options.seed), crafted(folder / "crafted")]
        if options.stops:
            parts += [stops(folder, options.stops, options.seed)]
    lines = [line for part, _ in parts for line in part]
    broken = [line for _, found in parts for line in found]
    text = "\n".join(lines)
    print(text)
    print("\n".join(broken), file=sys.stderr)
    if options.write:
        before = options.write.read_text() if options.write.exists() else ""
        options.write.write_text(page(text, broken) + elsewhere(before))
    return 1 if broken else 0


def page(text: str, broken: list[str]) -> str:
    """docs/reliability.md."""
    found = "Nothing broke." if not broken else "What broke:\n\n" + "\n".join(f"- {line}" for line in broken)
    return (
        "# Reliability\n\n"
        "Damaged files, hostile folders, full disks, and signals at random moments: no traceback, no hang, no half\n"
        "file, nothing lost. Made by `python benchmarks/reliability.py --write docs/reliability.md` (as root, on\n"
        "Linux); the slow tests run it too.\n\n"
        f"{text}\n{found}\n"
    )


def elsewhere(before: str) -> str:
    """What the page says that is measured by other commands, which it names."""
    start = before.find(ELSEWHERE)
    return "" if start < 0 else f"\n{before[start:]}"


def mutations(folder: Path, count: int, seed: int) -> tuple[list[str], list[str]]:
    """Files of every format, cut or changed at random places, read and enlarged in a process of their own."""
    chance, given = random.Random(seed), folder / "mutated"
    given.mkdir()
    whole = originals()
    tasks = []
    for n in range(count + len(whole)):
        kind, content = whole[n % len(whole)]
        path = given / f"{n:05d}-{kind}"
        path.write_bytes(content if n >= count else damaged(content, chance))
        tasks.append(PhotoTask(str(path), str(folder / "made" / f"{n:05d}.png")))
    summary = run_all(tasks, partial(in_processes, work=small_enlargement, jobs=1, remember=False), None)
    intact = {task.source for task in tasks[count:]}
    broken = [f"not even undamaged: {why}" for name, why in summary.failed.items() if name in intact]
    for name, why in summary.failed.items():
        if "internal error" in why or "ended its process" in why or "\n" in why or name not in why:
            broken.append(why)
    made = {path.name for path in (folder / "made").iterdir()}
    left = [name for name in made if name.startswith(".")]
    broken += [f"{name}: half a file" for name in left]
    refused: Counter[str] = Counter(Path(name).name.partition("-")[2] for name in summary.failed)
    every: Counter[str] = Counter(Path(task.source).name.partition("-")[2] for task in tasks[:count])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    lines = [
        "## Damaged files",
        "",
        "| file | damaged | enhanced all the same | refused in one line |",
        "|---|---|---|---|",
    ]
    lines += [f"| {kind} | {n} | {n - refused[kind]} | {refused[kind]} |" for kind, n in sorted(every.items())]
    lines += [
        f"| **all** | **{count}** | **{summary.enhanced - len(intact)}** | **{len(summary.failed)}** |",
        "",
        "Cut at a random byte, or up to 20 bytes changed, or a piece taken out, doubled or zeroed; the undamaged files",
        f"are all enhanced. One process, {peak:.0f} MB at most; seed {seed}.",
        "Where only pixels are wrong, no program can know.",
        "",
    ]
    return lines, broken


def originals() -> list[tuple[str, bytes]]:
    """A small photo in every format and mode that is read: its ending with what is particular, and the file."""
    with Image.open(SAMPLE) as image:
        photo = image.convert("RGB").crop((100, 20, 124, 40))
    alpha = photo.copy()
    alpha.putalpha(photo.convert("L"))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "upright"
    frames = {"save_all": True, "append_images": [photo.rotate(90), photo.rotate(180)], "duration": 50}
    kinds: list[tuple[str, Image.Image, str, dict[str, object]]] = [
        ("photo.jpg", photo, "JPEG", {"exif": exif}),
        ("progressive.jpg", photo, "JPEG", {"progressive": True}),
        ("cmyk.jpg", photo.convert("CMYK"), "JPEG", {}),
        ("photo.png", photo, "PNG", {"exif": exif}),
        ("alpha.png", alpha, "PNG", {}),
        ("palette.png", photo.quantize(16), "PNG", {}),
        ("deep.png", photo.convert("L").convert("I").point(lambda v: v * 257).convert("I;16"), "PNG", {}),
        ("one-bit.png", photo.convert("1"), "PNG", {}),
        ("photo.webp", photo, "WEBP", {"exif": exif}),
        ("alpha.webp", alpha, "WEBP", {"lossless": True}),
        ("moving.webp", photo, "WEBP", frames),
        ("photo.tiff", photo, "TIFF", {}),
        ("lzw.tiff", alpha, "TIFF", {"compression": "tiff_lzw"}),
        ("jpeg.tiff", photo, "TIFF", {"compression": "jpeg"}),
        ("photo.bmp", photo, "BMP", {}),
        ("photo.gif", photo.quantize(32), "GIF", {}),
        ("moving.gif", photo, "GIF", frames),
        ("photo.avif", photo, "AVIF", {}),
    ]
    try:
        import pillow_heif

        pillow_heif.register_heif_opener()
        kinds.append(("photo.heic", photo.resize((64, 64)), "HEIF", {}))
    except ImportError:
        print("HEIC is left out: pip install 'enhance[heic]'", file=sys.stderr)
    made = []
    for name, picture, kind, options in kinds:
        file = io.BytesIO()
        picture.save(file, kind, **options)
        made.append((name, file.getvalue()))
    deep = bytes(range(256)) * 8
    made.append(
        ("colour-deep.png", png(16, 20, 16, 2, b"".join(b"\0" + deep[n * 96 : n * 96 + 96] for n in range(20))))
    )
    return made


def damaged(content: bytes, chance: random.Random) -> bytes:
    """A file with something wrong in it, more often near its beginning, where the structure is."""
    data, size = bytearray(content), len(content)
    place = chance.randrange(size) if chance.random() < 0.5 else chance.randrange(min(size, 200))
    length = chance.randint(1, 40)
    way = chance.randrange(5)
    if way == 0:
        return bytes(data[: chance.randrange(size)])
    if way == 1:
        for _ in range(chance.randint(1, 20)):
            at = chance.randrange(size) if chance.random() < 0.5 else chance.randrange(min(size, 200))
            data[at] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
    elif way == 2:
        del data[place : place + length]
    elif way == 3:
        data[place:place] = data[place : place + length]
    else:
        data[place : place + length] = bytes(len(data[place : place + length]))
    return bytes(data)


def small_enlargement(source: Path, target: Path) -> str:
    """What a photo goes through, but not for long: a process that hangs is ended by its alarm."""
    from enhance.photos.photo import frames, read
    from enhance.photos.writing import write
    from enhance.tasks.upscale.enhance import enhance_photo
    from enhance.tasks.upscale.options import UpscaleOptions

    signal.alarm(HANG)
    photo = read(source)
    for _ in frames(source) if photo.frames > 1 else ():
        pass
    if photo.width * photo.height <= MOST_ENLARGED:
        write(enhance_photo(photo, UpscaleOptions(scale=2)).canvas, target)
    signal.alarm(0)
    return "enhanced"


def png(width: int, height: int, bits: int, colour: int, rows: bytes) -> bytes:
    """A PNG that says of itself what it is told to."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    parts = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def crafted(folder: Path) -> tuple[list[str], list[str]]:
    """Files and folders that are hostile, through the command line."""
    folder.mkdir()
    lines = ["## Hostile files and folders", "", "| what | exit code | what is said |", "|---|---|---|"]
    broken: list[str] = []

    def tried(what: str, codes: tuple[int, ...], *words: object, user: tuple[str, ...] = ()) -> None:
        code, said = command(*words, user=user)
        told = said.strip().replace(str(folder), "").replace("|", "/").splitlines()
        lines.append(f"| {what} | {code} | {told[-1][:150] if told else ''} |")
        left = [path.name for path in folder.rglob("*.part")]
        if code not in codes or "Traceback" in said or "internal error" in said or left:
            broken.append(f"{what}: {code} {said.strip()[-300:]} {' '.join(left)}")

    files = {
        "a decompression bomb, 30,000x30,000 in 1 MB": png(30000, 30000, 1, 0, bytes(3751 * 30000)),
        "no width": png(0, 20, 8, 0, b""),
        "2,147,483,647 pixels across": png(2**31 - 1, 1, 8, 0, b""),
        "a PNG that ends too early but properly: the rest is black": png(24, 4000, 8, 0, bytes(25)),
        "one pixel": png(1, 1, 8, 0, b"\0\0"),
        "a ZIP": b"PK\3\4" + bytes(100),
        "nothing but zeros": bytes(1000),
    }
    for n, (what, content) in enumerate(files.items()):
        path = folder / f"{n}.png"
        path.write_bytes(content)
        tried(
            what,
            (0, 2) if what in ("one pixel", "a PNG that ends too early but properly: the rest is black") else (2,),
            path,
        )
    good = folder / "good.png"
    with Image.open(SAMPLE) as image:
        image.convert("RGB").crop((100, 20, 124, 44)).save(good)
    content = good.read_bytes()
    (folder / "wrong.jpg").write_bytes(content)
    tried("a PNG that is called .jpg", (0,), folder / "wrong.jpg")
    tree = folder / "tree"
    (tree / "sub").mkdir(parents=True)
    for name in (
        b"\xc3\xbcn\xc3\xaf \xe9\xa1\x94 \xf0\x9f\x98\x80.png",
        b"not \xff text.png",
        b"line\nbreak.png",
        b"-o.png",
    ):
        (tree / os.fsdecode(name)).write_bytes(content)
    (tree / "link.png").symlink_to(good)
    (tree / "sub" / "circle.png").symlink_to("circle.png")
    (tree / "sub" / "up").symlink_to(tree, target_is_directory=True)
    (tree / "sub" / "nowhere.png").symlink_to("gone.png")
    (tree / f"{'x' * 251}.png").write_bytes(content)
    os.mkfifo(tree / "pipe.png")
    tried("names beyond text, links in circles, a pipe", (3,), tree, "--recursive", "-o", folder / "out")
    made = sorted(path.name for path in (folder / "out").rglob("*.png"))
    if len(made) != 6:
        broken.append(f"of six photos with strange names there are {made}")
    tried("a target below a file", (2,), good, "-o", f"{good}/below/")
    tried("a target of 300 letters", (2,), good, "-o", folder / f"{'y' * 300}.png")
    for what, options in (("a full disk", "size=256k"), ("a read-only disk", "size=1m,ro")):
        with mounted(folder / "disk", options) as there:
            if there is None:
                lines.append(f"| {what} | | not tried: it takes root to mount one |")
                continue
            if what == "a full disk":
                fill(there / "ballast")
            tried(f"{what}, one photo", (2,), good, "-o", f"{there}/")
            tried(f"{what}, a folder", (2, 3), tree, "--recursive", "-o", there / "out")
            if what == "a full disk":
                (there / "ballast").unlink()
                tried("the same when there is room again", (3,), tree, "--recursive", "-o", there / "out")
    locked = folder / "locked"
    locked.mkdir()
    if os.geteuid() == 0:
        locked.chmod(0o555)
        # Root without its privilege to write anywhere: another user might not be let into this clone.
        privileges = "-dac_override,-dac_read_search"
        bound = ("setpriv", f"--bounding-set={privileges}", f"--inh-caps={privileges}")
        tried("a folder that may not be written to", (2,), good, "-o", f"{locked}/", user=bound)
    if good.read_bytes() != content:
        broken.append("an input was changed")
    return [*lines, ""], broken


def stops(folder: Path, count: int, seed: int) -> tuple[list[str], list[str]]:
    """Runs over a folder that are stopped at random moments, and then go on to the end."""
    chance, given = random.Random(seed), folder / "photos"
    (given / "sub").mkdir(parents=True)
    with Image.open(SAMPLE) as image:
        for n, name in enumerate(f"{'sub/' if n % 2 else ''}{n}.{'png' if n % 3 else 'jpg'}" for n in range(9)):
            image.convert("RGB").crop((60 + n, 10, 130 + n, 80)).save(given / name)
    before = {path: path.read_bytes() for path in given.rglob("*") if path.is_file()}
    words = (given, "--recursive", "--jobs", 2, "-o")
    started = time.monotonic()
    command(*words, folder / "whole")
    whole = time.monotonic() - started
    wanted = {path.relative_to(folder / "whole") for path in pictures(folder / "whole")}
    lines = [
        "## Stopped at random moments",
        "",
        "| signal | sent | runs that had ended before | tracebacks | half files | lost |",
    ]
    lines += ["|---|---|---|---|---|---|"]
    broken: list[str] = []
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        late = traced = half = lost = 0
        for n in range(count):
            out = folder / f"{how.name}{n // 3}"
            run = subprocess.Popen(
                line(*words, out), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
            )
            # Not before Python itself has started: what it says then is not ours.
            time.sleep(0.5 + chance.random() * whole / 2)
            late += run.poll() is not None
            if run.poll() is None:
                (os.killpg if how == signal.SIGINT else os.kill)(run.pid, how)
            try:
                said = run.communicate(timeout=HANG)[1]
            except subprocess.TimeoutExpired:
                broken.append(f"{how.name}: hangs")
                os.killpg(run.pid, signal.SIGKILL)
                said = run.communicate()[1]
            traced += b"Traceback" in said
            half += sum(not sound(path) for path in pictures(out))
            if how == signal.SIGINT:
                half += len(list(out.rglob("*.part")))
            if n % 3 < 2 and n < count - 1:
                continue  # the same run is stopped three times before it may end
            code, words_ = command(*words, out)
            there = {path.relative_to(out) for path in pictures(out)}
            lost += len(wanted - there)
            if code or there != wanted or list(out.rglob("*.part")):
                broken.append(f"{how.name}: {code} {words_.strip()[-300:]}, there is {sorted(map(str, there))}")
        lost += sum(path.read_bytes() != content for path, content in before.items())
        lines.append(f"| {how.name} | {count} | {late} | {traced} | {half} | {lost} |")
        if traced or half or lost:
            broken.append(lines[-1])
    lines += [
        "",
        f"Nine photos, two at a time; a run is stopped three times, and is then let end; seed {seed}.",
        "No signal is sent in the first half second: what Python says while it starts is not this program's.",
        "",
    ]
    return lines, broken


def pictures(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def sound(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
    except OSError:
        return False
    return True


def line(*words: object) -> list[str]:
    return [sys.executable, "-m", "enhance.cli", *map(str, words)]


def command(*words: object, user: tuple[str, ...] = ()) -> tuple[int, str]:
    """Exit code and stderr of the command line; -1 where it hangs."""
    try:
        done = subprocess.run([*user, *line(*words)], capture_output=True, timeout=HANG, check=False)
    except subprocess.TimeoutExpired:
        return -1, "hangs"
    return done.returncode, (done.stderr or done.stdout).decode(errors="replace")


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass


@contextmanager
def mounted(place: Path, options: str) -> Iterator[Path | None]:
    """A small disk in memory; None where it cannot be had."""
    place.mkdir(exist_ok=True)
    try:
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, check=False)
        there = made.returncode == 0
    except FileNotFoundError:
        there = False
    try:
        yield place if there else None
    finally:
        if there:
            subprocess.run(["umount", place], check=False)


if __name__ == "__main__":
    sys.exit(main())
