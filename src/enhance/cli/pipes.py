"""`-`: a photo from standard input, and a result to standard output."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from enhance.errors import PhotoError

STREAM = "-"


@dataclass(frozen=True)
class Piped:
    """Files in the place of streams.

    Attributes:
        source: the photo.
        output: what is said by `-o`; None for a place beside the photo.
        folder: where the files lie that are removed again.
        writes: whether the result goes to standard output.
    """

    source: Path
    output: str | None
    folder: Path
    writes: bool

    def named(self, text: str) -> str:
        """Return the text with streams called by their names instead of the temporary files."""
        for name in ("stdin", "stdout"):
            for path in sorted(self.folder.glob(f"{name}.*"), key=lambda path: -len(path.name)):
                text = text.replace(str(path), name)
            text = text.replace(str(self.folder / name), name)
        return text

    def send(self, target: Path) -> None:
        """Write the result to standard output, if it is to go there and there is one."""
        if not self.writes or not target.is_file():
            return
        sys.stdout.flush()
        with suppress(BrokenPipeError):
            sys.stdout.buffer.write(target.read_bytes())
            sys.stdout.buffer.flush()


@contextmanager
def piped(source: Path | None, output: str | Path | None, ending: str | None = None) -> Iterator[Piped]:
    """Read standard input, if it is the source, into a file; a result for standard output has a file till then.

    Args:
        source: the photo, or `-`; None if there is none.
        output: as given; `-` for standard output, where also goes what is made of standard input unless told otherwise.
        ending: the format that is asked for.

    Raises:
        PhotoError: standard output is a terminal, or standard input is empty.
    """
    output = None if output is None else str(output)
    reads = str(source) == STREAM
    writes = output == STREAM or (reads and output is None)
    source = source or Path("nothing")
    if not reads and not writes:
        yield Piped(source, output, source.parent, False)
        return
    if writes and sys.stdout.isatty():
        raise PhotoError("stdout: is a terminal; write > FILE behind the command, or name a file with -o")
    with tempfile.TemporaryDirectory(prefix="enhance-") as name:
        folder = Path(name)
        if reads:
            content = sys.stdin.buffer.read()
            source = folder / f"stdin{_suffix(content)}"
            source.write_bytes(content)
        if writes:
            suffix = f".{ending}" if ending else source.suffix
            output = str(folder / f"stdout{suffix if suffix.lower() in _formats() else '.png'}")
        files = Piped(source, output, folder, writes)
        try:
            yield files
        except PhotoError as error:
            raise PhotoError(files.named(str(error))) from error


def only_one(sources: Sequence[Path | str], output: object, *, answers: int = 1) -> None:
    """Raise UsageError where several would have to go through one stream."""
    if STREAM in (str(output), *map(str, sources)) and (len(sources) > 1 or answers > 1):
        raise click.UsageError("- is for one picture alone")


def _formats() -> dict[str, str]:
    from enhance.photos.encoders import FORMATS

    return FORMATS


def _suffix(content: bytes) -> str:
    """The ending of a file with this content; none where it is no picture."""
    from PIL import Image

    if content[4:8] == b"ftyp" and content[8:12] in (b"heic", b"heix", b"mif1"):
        return ".heic"
    try:
        with Image.open(io.BytesIO(content)) as image:
            kind = image.format
    except Exception:  # whoever reads it says what is wrong with it
        return ""
    return next((suffix for suffix, name in _formats().items() if name == kind), "")
