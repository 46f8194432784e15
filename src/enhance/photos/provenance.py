"""The file says so: what was invented, by what, and how to have it again, in words that other programs read.

Every enhanced photo carries XMP with IPTC's digital source type and what `Stamp` holds, beside what was there. Content
credentials, which are signed, are `honesty.credentials`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from enhance.counts import counted
from enhance.errors import PhotoError
from enhance.files import sha256
from enhance.inference.model import Model
from enhance.photos import metadata
from enhance.photos.canvas import Canvas
from enhance.photos.decoders import decoding, ready
from enhance.photos.photo import Photo
from enhance.pixels import Box, PixelBox, to_float

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
INVENTED = SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"
"""A trained network made part of the picture."""
IMAGINED = SOURCE_TYPES + "trainedAlgorithmicMedia"
"""A trained network made all of it, from words or after a drawing."""
ENLARGED = SOURCE_TYPES + "algorithmicallyEnhanced"
"""Every pixel follows from the original: nothing was redrawn."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
OURS = "urn:enhance:invented-detail:1"
NAMES = {"rdf": RDF, "ext": IPTC_EXTENSION, "enhance": OURS}
AND = " + "
"""Between the names of several networks, and between their versions."""
MOST_IN_JPEG = 65_504
"""Bytes of XMP that a JPEG holds in one piece."""


@dataclass(frozen=True)
class Stamp:
    """What is said of an enhanced photo.

    Attributes:
        software: name and version of the program.
        model: names of the networks that drew anything, those of faces first, with " + " between; empty for bicubic.
            The one that restored the photo before it was enlarged is the last.
        version: the first twelve digits of the sha256 of each one's weights, likewise.
        seed: of the noise.
        lr_psnr: how well the photo agrees with its input when made small again, in dB.
        faces: left, top, right, bottom of the redrawn faces, in pixels of the enhanced photo.
        everywhere: whether what is not a face was invented too.
        words: the sentence that all of it was made from, where there was no photo.
        drawing: whether all of it was made after a drawing.
        part: what the boxes of `faces` hold, if not faces: "hole" or "animal". Such a photo keeps its size.
        invention: what was invented, where the rest does not say it: "a bird"; of a part, "the stripes are invented".
        fidelity: the share of the photo's own pixels in redrawn faces, 0 to 1.
    """

    software: str
    model: str
    version: str
    seed: int
    lr_psnr: float
    faces: tuple[PixelBox, ...]
    everywhere: bool = False
    words: str = ""
    drawing: bool = False
    part: str = "face"
    invention: str = ""
    fidelity: float = 0.0

    @property
    def sentence(self) -> str:
        """What was invented, in a sentence or two."""
        if self.words:
            return f'All of it is invented: {self.invention or "a picture"}, drawn from the words "{self.words}".'
        if self.drawing:
            return f"All of it is invented: {self.invention or 'a picture'}, painted after a drawing."
        count = len(self.faces)
        parts = counted(count, self.part)
        if self.part == "hole":
            many, there = ("A hole is", "it") if count == 1 else ("Holes are", "them")
            return f"{many} filled: {self.invention or f'what is in {there} is invented'}. All else is as it was."
        if self.part != "face":
            return f"{parts} redrawn: {self.invention or 'their look is invented'}. All else is as it was."
        if self.everywhere:
            return f"All detail is invented{f', that of {parts} too' * bool(count)}: it identifies nobody."
        if count:
            its = "its" if count == 1 else "their"
            return f"{parts} redrawn: {its} detail is invented and identifies nobody. The rest follows from the photo."
        return "Nothing is redrawn: every pixel follows from the photo."

    @property
    def invented(self) -> bool:
        """Whether any detail of the photo was."""
        return bool(self.faces) or self.everywhere

    @property
    def source_type(self) -> str:
        """IPTC's digital source type."""
        if self.words or self.drawing:
            return IMAGINED
        return INVENTED if self.model else ENLARGED


def of_frames(stamps: Sequence[Stamp]) -> Stamp:
    """What is said of an animation: what is said of the frame with the most redrawn faces, all networks that drew in
    any frame, and the agreement of the worst."""
    chief = max(stamps, key=lambda stamp: len(stamp.faces))
    versions: dict[str, str] = {}
    for stamp in (chief, *stamps):
        for name, digits in zip(stamp.model.split(AND), stamp.version.split(AND), strict=True):
            if name:
                versions.setdefault(name, digits)
    return replace(
        chief,
        model=AND.join(versions),
        version=AND.join(versions.values()),
        lr_psnr=min(stamp.lr_psnr for stamp in stamps),
        everywhere=any(stamp.everywhere for stamp in stamps),
    )


def stamped(packet: bytes | None, stamp: Stamp, most: int | None = None) -> bytes:
    """XMP that says what the stamp says, and all that the packet said before, but for an older digital source type.

    Args:
        packet: XMP in UTF-8, or None.
        most: bytes that the file can hold; if all does not fit, the stamp alone is kept.
    """
    own = _description(stamp, _about(packet))
    if packet is not None and b"</rdf:RDF>" in packet:
        kept = _without(packet)
        before, after = kept.rsplit(b"</rdf:RDF>", 1)
        together = before + own + b"</rdf:RDF>" + after
        if _is_well_formed(together) and (most is None or len(together) <= most):
            return together
    return _packet(_description(stamp, b""))


def write_stamp(canvas: Canvas, stamp: Stamp) -> None:
    """Have the file of a canvas say what the stamp says, beside all that the photo's file said."""
    most = MOST_IN_JPEG if canvas.photo.format == "JPEG" else None
    canvas.info["xmp"] = stamped(canvas.info.get("xmp"), stamp, most)


def _packet(descriptions: bytes) -> bytes:
    return (
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="'
        + RDF.encode()
        + b'">\n'
        + descriptions
        + b'</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    )


def _description(stamp: Stamp, about: bytes) -> bytes:
    faces = "".join(f"<rdf:li>{' '.join(map(str, box))}</rdf:li>" for box in stamp.faces)
    fields = {
        "Software": stamp.software,
        "Model": stamp.model,
        "ModelVersion": stamp.version,
        "Seed": str(stamp.seed),
        "LrPsnr": f"{stamp.lr_psnr:.2f}",
        "InventedEverywhere": "yes" if stamp.everywhere else "no",
        "Invention": stamp.sentence,
    }
    if stamp.fidelity:
        fields["Fidelity"] = f"{stamp.fidelity:g}"
    if stamp.words or stamp.drawing:
        del fields["LrPsnr"]  # there is nothing that it could agree with
        fields |= {"Words": stamp.words} if stamp.words else {"AfterDrawing": "yes"}
    elif stamp.part != "face":
        del fields["LrPsnr"]  # the rest is as it was
        fields["Part"] = stamp.part
    lines = "".join(f"<enhance:{name}>{escape(value)}</enhance:{name}>" for name, value in fields.items())
    return (
        f'<rdf:Description rdf:about={quoteattr(about.decode(errors="replace"))} xmlns:enhance="{OURS}" '
        f'xmlns:Iptc4xmpExt="{IPTC_EXTENSION}">'
        f"<Iptc4xmpExt:DigitalSourceType>{stamp.source_type}</Iptc4xmpExt:DigitalSourceType>{lines}"
        f"<enhance:Faces><rdf:Bag>{faces}</rdf:Bag></enhance:Faces></rdf:Description>\n"
    ).encode()


def _about(packet: bytes | None) -> bytes:
    """What the packet is about: all its parts have to say the same."""
    found = re.search(rb"""rdf:about\s*=\s*["']([^"'<>&]*)["']""", packet or b"")
    return found.group(1) if found else b""


def _without(packet: bytes) -> bytes:
    """The packet without an older stamp and without a digital source type, which would contradict ours."""
    ours = re.escape(OURS.encode())
    packet = re.sub(
        rb"<rdf:Description[^>]*xmlns:enhance=[\"']" + ours + rb"[\"'].*?</rdf:Description>\s*", b"", packet, flags=re.S
    )
    for name in re.findall(rb"xmlns:(\w+)\s*=\s*[\"']" + re.escape(IPTC_EXTENSION.encode()) + rb"[\"']", packet):
        kind = re.escape(name) + rb":DigitalSourceType"
        packet = re.sub(rb"\s" + kind + rb"\s*=\s*(\"[^\"]*\"|'[^']*')", b"", packet)
        packet = re.sub(rb"<" + kind + rb"\b[^>]*?(/>|>.*?</" + kind + rb">)", b"", packet, flags=re.S)
    return packet


def _is_well_formed(packet: bytes) -> bool:
    try:
        ElementTree.fromstring(_bare(packet))
    except (ElementTree.ParseError, ValueError):
        return False
    return True


def _bare(packet: bytes) -> bytes:
    """The XML alone, without the wrapper and its padding."""
    return re.sub(rb"<\?xpacket.*?\?>", b"", packet.strip(b"\0"), flags=re.S).strip()


def read_stamp(packet: bytes) -> dict[str, Any]:
    """What XMP says of an enhanced photo; empty where it says nothing of the kind.

    Whatever is found was written by whoever wrote the file: only content credentials show that it was not changed.
    """
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        return {}  # no XMP has these, and they can be made to fill the memory
    try:
        root = ElementTree.fromstring(_bare(packet))
    except (ElementTree.ParseError, ValueError):
        return {}
    record: dict[str, Any] = {}
    for part in root.iter(f"{{{RDF}}}Description"):
        source = part.get(f"{{{IPTC_EXTENSION}}}DigitalSourceType")
        element = part.find("ext:DigitalSourceType", NAMES)
        if element is not None:
            source = element.text or element.get(f"{{{RDF}}}resource")
        if source:
            record["digital_source_type"] = source
        for child in part:
            name = child.tag.removeprefix(f"{{{OURS}}}")
            if name == "Faces":
                boxes = (item.text or "" for item in child.iter(f"{{{RDF}}}li"))
                record["redrawn_faces"] = [[int(edge) for edge in box.split() if edge.isdigit()] for box in boxes]
            elif name != child.tag:
                record[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()] = child.text
    return record


def as_face(image: Image.Image, model: str, version: str, seed: int, lr_psnr: float) -> Image.Image:
    """The same image, whose file will say that all of it is a redrawn face; arguments as for `Stamp`."""
    image.info["xmp"] = stamped(None, Stamp(software(), model, version, seed, lr_psnr, ((0, 0, *image.size),)))
    return image


def version_of(model: Model) -> str:
    """The first twelve digits of the sha256 of a model's weights."""
    return sha256(model.path)[:12]


def labelled(image: Image.Image, sheet: str) -> Image.Image:
    """The same image, whose file will say that it is no photo, but was made beside one by this program.

    Args:
        sheet: what it is: "comparison", "line-up", "map" or "mask".
    """
    fields = f"<enhance:Software>{software()}</enhance:Software><enhance:Sheet>{sheet}</enhance:Sheet>"
    own = f'<rdf:Description rdf:about="" xmlns:enhance="{OURS}">{fields}</rdf:Description>\n'
    image.info["xmp"] = _packet(own.encode())
    return image


def made_here(path: Path) -> bool:
    """Whether a file says that this program enlarged it, or that it made it beside such a photo.

    What was drawn, painted, filled or translated is a photo like any other. Only the head of the file is read.
    """
    return bool({"lr_psnr", "sheet"} & _said(path).keys())


def written_here(path: Path) -> bool:
    """Whether a file says that this program wrote it, whatever it is. Only the head of the file is read."""
    return "software" in _said(path)


def _said(path: Path) -> dict[str, Any]:
    """What `read_stamp` finds in a file; nothing where it cannot be read, of which whoever reads it will say why."""
    try:
        if path.suffix.lower() in (".heic", ".heif"):
            ready("HEIF", path)
        with decoding(str(path), 2**48), Image.open(path) as image:
            return read_stamp(metadata.xmp_of(image) or b"")
    except PhotoError:
        return {}


def enlarged(packet: bytes | None) -> bool:
    """Whether XMP says that this program enlarged the photo."""
    return "lr_psnr" in read_stamp(packet or b"")


def mark(canvas: Canvas, everywhere: bool = False) -> None:
    """Write into the lower right corner, for everyone to see, that the faces (or everything) are invented."""
    text = f"{'' if everywhere else 'faces '}enhanced: detail invented"
    letters = max(9, min(canvas.width, canvas.height) // 36)
    while letters > 5:
        font = ImageFont.load_default(letters)
        width = round(font.getlength(text)) + letters
        if width <= canvas.width:
            break
        letters -= 1
    width, height = min(width, canvas.width), min(2 * letters, canvas.height)
    label = Image.new("RGB", (width, height), (22, 22, 24))
    ImageDraw.Draw(label).text((width / 2, height / 2), text, (235, 235, 230), font, anchor="mm")
    canvas.put(canvas.width - width, canvas.height - height, to_float(np.asarray(label)))


def stamp(
    photo: Photo,
    drawn_by: Sequence[Model | None],
    seed: int,
    lr_psnr: float,
    faces: Sequence[Box],
    canvas: Canvas,
) -> Stamp:
    """What to say of a photo that was drawn on this canvas, with faces redrawn in these boxes of the photo.

    Args:
        drawn_by: the network that drew the faces; then those that drew the rest, and that restored the photo before.
    """
    boxes = []
    across, down = canvas.width / photo.width, canvas.height / photo.height
    for box in faces:
        left, top, right, bottom = (round(edge * ratio) for edge, ratio in zip(box, (across, down) * 2, strict=True))
        boxes.append((max(left, 0), max(top, 0), min(right, canvas.width), min(bottom, canvas.height)))
    networks = [network for network in drawn_by if network]
    everywhere = any(network.facts.invents for network in drawn_by[1:] if network)
    names = AND.join(network.facts.name for network in networks)
    digits = AND.join(map(version_of, networks))
    return Stamp(software(), names, digits, seed, lr_psnr, tuple(boxes), everywhere)


@cache
def software() -> str:
    """Name and version of this program, which Python looks up in a file each time that it is asked."""
    return f"enhance {version('enhance')}"
