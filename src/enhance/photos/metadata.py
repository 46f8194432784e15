"""What a file says besides its pixels: EXIF, XMP, IPTC and dots per inch, taken out, put right, and laid in again.

EXIF is changed where it lies: camera makers' notes point into the block by place, and are lost when it is built anew.
"""

import io
import re
import struct
from collections.abc import Iterator
from typing import Any

from PIL import Image, TiffImagePlugin

ORIENTATION, EXIF_FOLDER, GPS_FOLDER, INTEROPERABILITY = 0x0112, 0x8769, 0x8825, 0xA005
WIDTHS, HEIGHTS = (0x0100, 0xA002, 0x1001), (0x0101, 0xA003, 0x1002)
THUMBNAIL, THUMBNAIL_LENGTH = 0x0201, 0x0202
RESOLUTION = (0x011A, 0x011B, 0x0128)
XMP, IPTC = 700, 33723
"""Where a TIFF keeps them."""
DESCRIPTIVE = (
    *(0x010D, 0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298, 0x4746, 0x4749),
    *range(0x9C9B, 0x9CA0),
)
"""Document, description, maker, camera, program, date, artist, computer, copyright, rating and Windows' titles: the
other tags of a TIFF's first folder say where its pixels lie."""
SHORT, _LONG = 3, 4
IPTC_RESOURCE = 0x0404
PNG_IPTC = "Raw profile type iptc"
PREFIX = b"Exif\0\0"
MAKER_NOTE = 0x927C
MOST_IN_SEGMENT = 65533
MOST_XMP_IN_SEGMENT = MOST_IN_SEGMENT - len(b"http://ns.adobe.com/xap/1.0/\0")
"""Bytes that one segment of a JPEG holds."""


def exif_of(image: Image.Image) -> bytes | None:
    """The EXIF of an image as Pillow takes it, upright; None where there is none or it is damaged."""
    try:
        if image.format == "TIFF":
            kept = described(image.getexif())
            return kept.tobytes() if len(kept) else None
        raw = image.info.get("exif") or bytes.fromhex(
            "".join(image.info.get("Raw profile type exif", "").split("\n")[3:])
        )
        block = bytearray(raw.removeprefix(PREFIX))
        order, folders = _folders(block)
    except Exception:  # damaged EXIF is common, and no reason to refuse the picture
        return None
    for at in folders:
        for tag, kind, place in _entries(block, order, at):
            if tag == ORIENTATION:
                _set(block, order, kind, place, 1)
    return PREFIX + bytes(block)


def described(exif: Image.Exif) -> Image.Exif:
    """EXIF of what describes the photo alone, fit to be laid into a TIFF's own folders."""
    kept = Image.Exif()
    kept.update({tag: exif[tag] for tag in DESCRIPTIVE if tag in exif})
    for folder in (EXIF_FOLDER, GPS_FOLDER):
        if inside := exif.get_ifd(folder):
            kept[folder] = inside
    return kept


def resized_exif(exif: bytes, width: int, height: int) -> bytes:
    """The same EXIF for a picture of another size."""
    block = bytearray(exif.removeprefix(PREFIX))
    try:
        order, folders = _folders(block)
        for at in folders:
            for tag, kind, place in _entries(block, order, at):
                if tag in (*WIDTHS, *HEIGHTS):
                    _set(block, order, kind, place, width if tag in WIDTHS else height)
    except (KeyError, struct.error):
        return exif
    return PREFIX + bytes(block)


def with_thumbnail(exif: bytes, picture: Image.Image) -> bytes:
    """The same EXIF with a thumbnail of this picture, if it had one."""
    block = bytearray(exif.removeprefix(PREFIX))
    try:
        _replace_thumbnail(block, _folders(block)[0], picture)
    except (KeyError, struct.error):
        return exif
    return PREFIX + bytes(block)


def fitting_exif(exif: bytes) -> bytes | None:
    """EXIF that one segment of a JPEG holds: if need be, without the maker's notes or, at the last, none."""
    if len(exif) <= MOST_IN_SEGMENT:
        return exif
    parsed = Image.Exif()
    parsed.load(exif)
    parsed = described(parsed)
    if isinstance(parsed.get(EXIF_FOLDER), dict):
        parsed[EXIF_FOLDER] = {tag: value for tag, value in parsed[EXIF_FOLDER].items() if tag != MAKER_NOTE}
    exif = parsed.tobytes()
    return exif if len(exif) <= MOST_IN_SEGMENT else None


def with_resolution(exif: bytes | None, dpi: tuple[float, float]) -> bytes:
    """EXIF that gives dots per inch, for formats that have no other place for them."""
    parsed = Image.Exif()
    if exif is not None:
        parsed.load(exif)
        if RESOLUTION[0] in parsed:
            return exif
    parsed.update(zip(RESOLUTION, (*(TiffImagePlugin.IFDRational(round(n * 100), 100) for n in dpi), 2), strict=True))
    return parsed.tobytes()


def dpi_of(image: Image.Image) -> tuple[float, float] | None:
    """Dots per inch, across and down, where the file gives numbers that can be written again."""
    try:
        if "dpi" in image.info:
            across, down = (float(value) for value in image.info["dpi"])
        else:
            exif = image.getexif()
            inches = 2.54 if exif.get(RESOLUTION[2]) == 3 else 1.0
            across, down = (float(exif[tag]) * inches for tag in RESOLUTION[:2])
    except Exception:  # whatever stands there in place of a number
        return None
    return (across, down) if 0 < across < 65536 and 0 < down < 65536 else None


def xmp_of(image: Image.Image) -> bytes | None:
    """The XMP packet of an image, upright and without its thumbnail."""
    packet = image.info.get("xmp")
    if isinstance(packet, str):
        packet = packet.encode()
    if not isinstance(packet, bytes) or not packet:
        return None
    packet = _property(packet, rb"tiff:Orientation", b"1")
    return re.sub(rb"<(xmp|xap):Thumbnails>.*?</\1:Thumbnails>", b"", packet, flags=re.DOTALL)


def resized_xmp(packet: bytes, width: int, height: int) -> bytes:
    """The same XMP for a picture of another size."""
    packet = _property(packet, rb"(?:tiff:ImageWidth|exif:PixelXDimension)", str(width).encode())
    return _property(packet, rb"(?:tiff:ImageLength|exif:PixelYDimension)", str(height).encode())


def iptc_of(image: Image.Image) -> bytes | None:
    """The IPTC records of a JPEG, a TIFF, or a PNG that ImageMagick or ExifTool gave them."""
    records: Any = None
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        # As it lies in the file: many programs say of these bytes that they were numbers of four.
        records = getattr(image.tag_v2, "_tagdata", {}).get(IPTC) or image.tag_v2.get(IPTC)
    elif PNG_IPTC in image.info:
        try:
            records = bytes.fromhex("".join(str(image.info[PNG_IPTC]).split("\n")[3:]))
        except ValueError:
            return None
        if records.startswith(b"8BIM"):
            records = records[12 : 12 + int.from_bytes(records[8:12], "big")] if records[4:8] == b"\4\4\0\0" else None
    elif isinstance(image.info.get("photoshop"), dict):
        records = image.info["photoshop"].get(IPTC_RESOURCE)
    return records if isinstance(records, bytes) and records else None


def iptc_resource(records: bytes) -> bytes:
    """IPTC records as Photoshop's resource, which JPEG and PNG carry."""
    return b"8BIM" + struct.pack(">HHI", IPTC_RESOURCE, 0, len(records)) + records + b"\0" * (len(records) % 2)


def jpeg_segment(records: bytes) -> bytes:
    """The segment of a JPEG that holds IPTC records; nothing where they do not fit."""
    content = b"Photoshop 3.0\0" + iptc_resource(records)
    return b"\xff\xed" + struct.pack(">H", len(content) + 2) + content if len(content) <= MOST_IN_SEGMENT else b""


def png_profile(records: bytes) -> str:
    """The text by which ImageMagick and ExifTool keep IPTC records in a PNG."""
    content = iptc_resource(records)
    lines = "\n".join(content.hex()[n : n + 72] for n in range(0, 2 * len(content), 72))
    return f"\nIPTC profile\n{len(content):8}\n{lines}\n"


def _property(packet: bytes, name: bytes, value: bytes) -> bytes:
    """XMP with another value of a property, where it has it, as an attribute or as an element."""
    packet = re.sub(rb"(" + name + rb"""\s*=\s*["'])[^"']*""", rb"\g<1>" + value, packet)
    return re.sub(rb"(<(" + name + rb")>)[^<]*(</\2>)", rb"\g<1>" + value + rb"\g<3>", packet)


def _folders(block: bytearray) -> tuple[str, list[int]]:
    """The byte order of an EXIF block, and where its first folder, its thumbnail's, and those inside them begin."""
    order = {b"II*\0": "<", b"MM\0*": ">"}[bytes(block[:4])]
    (first,) = struct.unpack_from(order + "I", block, 4)
    places = [first]
    if second := _following(block, order, first):
        places.append(second)
    for at in places:
        for tag, _, place in _entries(block, order, at):
            if tag in (EXIF_FOLDER, INTEROPERABILITY):
                (inside,) = struct.unpack_from(order + "I", block, place + 8)
                if inside not in places:
                    places.append(inside)
    return order, places


def _entries(block: bytearray, order: str, at: int) -> Iterator[tuple[int, int, int]]:
    """Tag, type and place of each entry of the folder at `at`, as many of them as there are."""
    if at + 2 > len(block):
        return
    (count,) = struct.unpack_from(order + "H", block, at)
    for place in range(at + 2, min(at + 2 + 12 * count, len(block) - 11), 12):
        tag, kind = struct.unpack_from(order + "HH", block, place)
        yield tag, kind, place


def _following(block: bytearray, order: str, at: int) -> int:
    """Where the next folder begins; 0 if this is the last."""
    (count,) = struct.unpack_from(order + "H", block, at)
    end = at + 2 + 12 * count
    return int(struct.unpack_from(order + "I", block, end)[0]) if end + 4 <= len(block) else 0


def _set(block: bytearray, order: str, kind: int, place: int, value: int) -> None:
    """Give the entry at `place` one number."""
    kind = SHORT if kind == SHORT and value < 65536 else _LONG
    number = struct.pack(order + ("HH" if kind == SHORT else "I"), *((value, 0) if kind == SHORT else (value,)))
    block[place + 2 : place + 12] = struct.pack(order + "HI", kind, 1) + number


def _replace_thumbnail(block: bytearray, order: str, picture: Image.Image) -> None:
    """Draw the thumbnail anew: in the room of the old one, or behind everything where it is too large for that."""
    (first,) = struct.unpack_from(order + "I", block, 4)
    second = _following(block, order, first)
    places = {tag: place for tag, _, place in _entries(block, order, second)} if second else {}
    if THUMBNAIL not in places or THUMBNAIL_LENGTH not in places:
        return
    (start,) = struct.unpack_from(order + "I", block, places[THUMBNAIL] + 8)
    (length,) = struct.unpack_from(order + "I", block, places[THUMBNAIL_LENGTH] + 8)
    length = max(0, min(length, len(block) - start))
    drawn = _thumbnail(picture)
    block[start : start + length] = bytes(length)
    if start + length == len(block):
        del block[start:]
    if len(drawn) > length or start >= len(block):
        start = len(block)
    block[start : start + len(drawn)] = drawn
    _set(block, order, _LONG, places[THUMBNAIL], start)
    _set(block, order, _LONG, places[THUMBNAIL_LENGTH], len(drawn))


def _thumbnail(picture: Image.Image) -> bytes:
    small = picture.copy()
    small.thumbnail((160, 160))
    if small.has_transparency_data:
        small = Image.alpha_composite(Image.new("RGBA", small.size, "white"), small.convert("RGBA"))
    content = io.BytesIO()
    small.convert("RGB").save(content, "JPEG", quality=80)
    return content.getvalue()
