"""The result of a job: facts, and pictures as the bytes of their files; and in which form it is answered."""

from __future__ import annotations

import base64
import io
import json
import re
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from starlette.responses import JSONResponse, Response

from enhance import cancellation
from enhance.errors import PhotoError
from enhance.photos import provenance
from enhance.photos.canvas import Canvas
from enhance.photos.png16 import png_options
from enhance.photos.writing import write
from enhance.pixels import RGB, png_bytes
from enhance.web.answers import ZipItem
from enhance.web.queries import Query, taken
from enhance.web.query_options import ANSWER_FORMATS, FileOptions

ENDINGS = {kind: ending for ending, kind in ANSWER_FORMATS.items()}
JSON = "application/json"
MOST_IN_HEADER = 3000
"""Bytes of facts in a header: a proxy's buffer for all headers may have 4 kB."""
LISTS = ("notes", "sentences", "faces", "animals")
"""What is shortened where facts are longer, and in this order; the last is shortened first."""


@dataclass(frozen=True)
class MadePicture:
    """A picture in a file.

    Attributes:
        kind: its content type.
        seed: the noise that it was drawn for.
    """

    data: bytes
    kind: str
    seed: int = 0


@dataclass(frozen=True)
class Made:
    """The result of a job.

    Attributes:
        facts: as JSON can hold them.
        pictures: none where the facts are all.
        mask: the file of a grey picture of what was changed.
        as_facts: whether the answer is JSON whatever was asked for.
    """

    facts: dict[str, Any]
    pictures: tuple[MadePicture, ...] = ()
    mask: bytes | None = None
    as_facts: bool = False

    @property
    def bytes(self) -> int:
        """Return the bytes that it takes."""
        return sum(len(picture.data) for picture in self.pictures) + len(self.mask or b"") + len(json.dumps(self.facts))

    def header(self) -> str:
        """Return the facts, short enough for a header: of lists that are too long only the beginning."""
        facts, text = self.facts, json.dumps(self.facts, ensure_ascii=True)
        for name in reversed(LISTS):
            while len(text) > MOST_IN_HEADER and facts.get(name):
                facts = {**facts, name: facts[name][: len(facts[name]) // 2], "shortened": True}
                text = json.dumps(facts, ensure_ascii=True)
        return text

    def everything(self) -> dict[str, Any]:
        """Facts and pictures as JSON can hold them."""
        if not self.pictures:
            return self.facts
        answers = [
            {"seed": one.seed, "type": one.kind, "data": base64.b64encode(one.data).decode()} for one in self.pictures
        ]
        mask = {} if self.mask is None else {"mask": base64.b64encode(self.mask).decode()}
        return {**self.facts, "answers": answers, **mask}


def encoded(canvas: Canvas, ending: str, seed: int = 0) -> MadePicture:
    """A picture as a file of one of `ANSWER_FORMATS`.

    Raises:
        PhotoError: the format cannot hold it.
    """
    cancellation.raise_if_cancelled()
    with tempfile.TemporaryDirectory(prefix="enhance-") as folder:
        path = Path(folder) / f"photo.{ending}"
        try:
            write(canvas, path)
        except PhotoError as error:
            raise PhotoError(str(error).replace(f"{folder}/photo.{ending}", "photo")) from error
        return MadePicture(path.read_bytes(), ANSWER_FORMATS[ending], seed)


def grey_png(mask: NDArray[np.uint8]) -> bytes:
    """A mask (H,W) as a PNG, which says what it is."""
    return png_file(provenance.labelled(Image.fromarray(mask), "mask"))


def png_file(image: Image.Image) -> bytes:
    """An image as a PNG, with its record."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **png_options(image.info))
    return buffer.getvalue()


def png(rgb: RGB) -> str:
    """A picture (H,W,3) in [0,1] as base64 of a PNG."""
    return base64.b64encode(png_bytes(rgb)).decode()


def preferred(accept: str, kinds: tuple[str, ...]) -> str:
    """The first of some content types, or the one that a header Accept likes better."""
    best, liking = kinds[0], 0.0
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            wanted = float(quality)
        except ValueError:
            wanted = 0.0
        matching = [kind for kind in kinds if kind == name or (name.endswith("/*") and kind.startswith(name[:-1]))]
        if name == "*/*":
            matching = [kinds[0]]
        if matching and wanted > liking:
            best, liking = matching[0], wanted
    return best


def ending_for(accept: str, query: Query) -> str:
    """The ending of the pictures that are wanted: what the query says, or else the header Accept."""
    if "format" in type(query).model_fields and (chosen := taken(FileOptions, query).format):
        return chosen
    return ENDINGS[preferred(accept, tuple(ENDINGS))]


def rendered(result: Made, accept: str) -> Response:
    """Return the result of a job in the form that the client prefers."""
    if not result.pictures:
        return JSONResponse(result.facts)
    first = result.pictures[0]
    if result.as_facts or preferred(accept, (first.kind, JSON)) == JSON:
        return JSONResponse(result.everything())
    headers = {
        "enhance-facts": result.header(),
        "content-disposition": f'inline; filename="photo.{ENDINGS[first.kind]}"',
        "vary": "Accept",
    }
    return Response(first.data, media_type=first.kind, headers=headers)


def zipped(results: list[tuple[ZipItem, Made]]) -> bytes:
    """An archive of all pictures."""
    buffer, taken_names = io.BytesIO(), set[str]()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for item, one in results:
            for picture in one.pictures:
                stem = re.sub(r'[\x00-\x1f/\\:*?"<>|]', "_", item.name).strip(". ") or item.job
                stem += f"_{picture.seed}" if len(one.pictures) > 1 else ""
                ending, again = ENDINGS[picture.kind], 2
                name = f"{stem}.{ending}"
                while name in taken_names:
                    name, again = f"{stem}_{again}.{ending}", again + 1
                taken_names.add(name)
                archive.writestr(name, picture.data)
    return buffer.getvalue()
