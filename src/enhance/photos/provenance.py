"""The file says so: what was invented, by what, and how to have it again, in words that other programs read.

Every enhanced photo carries XMP with IPTC's digital source type and what `Stamp` holds, beside what was there. With a
certificate it also carries content credentials (C2PA), which show if anything was changed since, and the original as
what it was made from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from enhance.errors import EnhanceError, PhotoError
from enhance.files import replacing, sha256

if TYPE_CHECKING:
    from enhance.inference.model import Model
    from enhance.photos.canvas import Canvas
    from enhance.photos.photo import Photo

Box = tuple[float, float, float, float]

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
INVENTED = SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"
"""A trained network made part of the picture."""
ENLARGED = SOURCE_TYPES + "algorithmicallyEnhanced"
"""Every pixel follows from the original: nothing was redrawn."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
OURS = "urn:enhance:invented-detail:1"
NAMES = {"rdf": RDF, "ext": IPTC_EXTENSION, "enhance": OURS}
MOST_IN_JPEG = 65_504
"""Bytes of XMP that a JPEG holds in one piece."""

CREDENTIALS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".avif", ".gif"}
"""Endings of files that hold content credentials."""
MISSING = "content credentials need c2pa-python: pip install 'enhance[c2pa]'"


@dataclass(frozen=True)
class Stamp:
    """What is said of an enhanced photo.

    Attributes:
        software: name and version of the program.
        model: names of the networks that drew anything, those of faces first, with " + " between; empty for bicubic.
        version: the first twelve digits of the sha256 of each one's weights, likewise.
        seed: of the noise.
        lr_psnr: how well the photo agrees with its input when made small again, in dB.
        faces: left, top, right, bottom of the redrawn faces, in pixels of the enhanced photo.
        everywhere: whether what is not a face was invented too.
    """

    software: str
    model: str
    version: str
    seed: int
    lr_psnr: float
    faces: tuple[tuple[int, int, int, int], ...]
    everywhere: bool = False

    @property
    def invented(self) -> bool:
        """Whether any detail of the photo was."""
        return bool(self.faces) or self.everywhere

    @property
    def source_type(self) -> str:
        """IPTC's digital source type."""
        return INVENTED if self.model else ENLARGED


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
    alone = _description(stamp, b"")
    return (
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + RDF.encode() + b'">\n' + alone + b"</rdf:RDF>"
        b'</x:xmpmeta>\n<?xpacket end="w"?>'
    )


def _description(stamp: Stamp, about: bytes) -> bytes:
    faces = "".join(f"<rdf:li>{' '.join(map(str, box))}</rdf:li>" for box in stamp.faces)
    said = {
        "Software": stamp.software,
        "Model": stamp.model,
        "ModelVersion": stamp.version,
        "Seed": str(stamp.seed),
        "LrPsnr": f"{stamp.lr_psnr:.2f}",
        "InventedEverywhere": "yes" if stamp.everywhere else "no",
    }
    lines = "".join(f"<enhance:{name}>{escape(value)}</enhance:{name}>" for name, value in said.items())
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
    said: dict[str, Any] = {}
    for part in root.iter(f"{{{RDF}}}Description"):
        source = part.get(f"{{{IPTC_EXTENSION}}}DigitalSourceType")
        element = part.find("ext:DigitalSourceType", NAMES)
        if element is not None:
            source = element.text or element.get(f"{{{RDF}}}resource")
        if source:
            said["digital_source_type"] = source
        for child in part:
            name = child.tag.removeprefix(f"{{{OURS}}}")
            if name == "Faces":
                boxes = (item.text or "" for item in child.iter(f"{{{RDF}}}li"))
                said["redrawn_faces"] = [[int(edge) for edge in box.split() if edge.isdigit()] for box in boxes]
            elif name != child.tag:
                said[re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()] = child.text
    return said


def sign(path: Path, original: Path, certificate: Path, key: Path, stamp: Stamp) -> dict[str, Any]:
    """Gives a written file content credentials, and reads them back.

    Args:
        path: the enhanced photo; it is replaced by the same with credentials.
        original: what it was made from; its thumbnail and hash go into the credentials.
        certificate: PEM, the signer's first, then those that vouch for it.
        key: PEM, the signer's private key, not encrypted.

    Returns:
        What `credentials` reads from the signed file.

    Raises:
        EnhanceError: c2pa-python is not installed, or certificate and key cannot be used.
        PhotoError: this kind of file holds no credentials, or cannot be written.
    """
    try:
        import c2pa
    except ModuleNotFoundError as error:
        raise EnhanceError(MISSING) from error
    if path.suffix.lower() not in CREDENTIALS:
        raise PhotoError(f"{path}: {path.suffix} holds no content credentials; use {', '.join(sorted(CREDENTIALS))}")
    try:
        signer = c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(_algorithm(key), certificate.read_bytes(), key.read_bytes(), None)
        )
        with replacing(path, suffix=path.suffix) as part:
            with c2pa.Builder(_manifest(path, stamp)) as builder, original.open("rb") as source:
                ingredient = {"title": original.name, "relationship": "parentOf", "label": "original"}
                builder.add_ingredient(ingredient, _mime(original), source)
                builder.sign_file(path, part, signer)
            said = credentials(part)
            if said is None or said["state"] == "Invalid":
                raise EnhanceError(f"{path}: the credentials do not hold when read back: {said and said['problems']}")
    except c2pa.C2paError as error:
        reason = " ".join(str(error).split())
        raise EnhanceError(
            f"{certificate}: cannot sign {path} ({reason}); give a certificate for C2PA and its key"
        ) from error
    except OSError as error:
        raise PhotoError(f"{error.filename or path}: cannot be used to sign ({error.strerror})") from error
    return said


def _manifest(path: Path, stamp: Stamp) -> dict[str, Any]:
    name, _, version = stamp.software.partition(" ")
    agent = {"name": name, "version": version}
    actions: list[dict[str, Any]] = [
        {"action": "c2pa.opened", "parameters": {"ingredientIds": ["original"]}},
        {"action": "c2pa.resized", "softwareAgent": agent},
    ]
    if stamp.invented:
        what = (
            f"{len(stamp.faces)} faces{' and all around them' * stamp.everywhere} redrawn by {stamp.model} "
            f"({stamp.version}), seed {stamp.seed}: invented detail"
        )
        drawn = {"action": "c2pa.edited", "softwareAgent": agent, "digitalSourceType": INVENTED, "description": what}
        actions.append(drawn)
    return {
        "claim_generator_info": [agent],
        "title": path.name,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }


def _algorithm(key: Path) -> str:
    """C2PA's name of the signature that this key makes."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key(key.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise EnhanceError(f"{key}: is not an unencrypted private key in PEM") from error
    if isinstance(private, ec.EllipticCurvePrivateKey):
        named = {256: "es256", 384: "es384", 521: "es512"}.get(private.curve.key_size)
    else:
        kinds = {rsa.RSAPrivateKey: "ps256", ed25519.Ed25519PrivateKey: "ed25519"}
        named = next((name for kind, name in kinds.items() if isinstance(private, kind)), None)
    if named is None:
        raise EnhanceError(f"{key}: is a kind of key that C2PA does not use; take ES256, PS256 or Ed25519")
    return named


def _mime(path: Path) -> str:
    ending = path.suffix.lower().removeprefix(".")
    return f"image/{ {'jpg': 'jpeg', 'tif': 'tiff'}.get(ending, ending) }".replace(" ", "")


def credentials(path: Path) -> dict[str, Any] | None:
    """The content credentials of a file; None where it has none.

    Returns:
        state: Trusted, Valid (whole, but by an unknown signer) or Invalid; signer; actions, each a name and a source
        type; ingredients by name; problems, in C2PA's words.

    Raises:
        EnhanceError: c2pa-python is not installed.
    """
    try:
        import c2pa
    except ModuleNotFoundError as error:
        raise EnhanceError(MISSING) from error
    try:
        with c2pa.Reader(path) as reader:
            store = json.loads(reader.json())
            state = reader.get_validation_state()
    except c2pa.C2paError as error:
        if (
            "ManifestNotFound" in type(error).__name__
            or "ManifestNotFound" in str(error)
            or "NotSupported" in str(error)
        ):
            return None
        return {"state": "Invalid", "signer": None, "actions": [], "ingredients": [], "problems": [str(error)]}
    active = store["manifests"][store["active_manifest"]]
    actions = [
        {"action": action["action"], "source_type": action.get("digitalSourceType"), "what": action.get("description")}
        for assertion in active.get("assertions", [])
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]
    return {
        "state": str(state),
        "signer": active.get("signature_info", {}).get("common_name") or active.get("signature_info", {}).get("issuer"),
        "actions": actions,
        "ingredients": [one.get("title") for one in active.get("ingredients", [])],
        "problems": [one.get("code") for one in store.get("validation_status", [])],
    }


def inspect(path: Path) -> dict[str, Any]:
    """All that a file says of how it was made: its stamp, and its content credentials.

    Raises:
        PhotoError: it is not a picture.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            image.load()
            found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
            said: dict[str, Any] = {"file": str(path), "format": image.format, "size": list(image.size)}
    except FileNotFoundError:
        raise PhotoError(f"{path}: no such file") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PhotoError(f"{path}: cannot be read as a picture; give one that `enhance` wrote") from error
    said["stamp"] = read_stamp(found.encode() if isinstance(found, str) else found)
    try:
        said["credentials"] = credentials(path)
    except EnhanceError as error:
        said["credentials"] = str(error)
    return said


def in_words(said: dict[str, Any]) -> str:
    """`inspect`'s answer for people."""
    stamp, signed = said["stamp"], said["credentials"]
    width, height = said["size"]
    lines = [f"{said['file']}: {said['format']}, {width}x{height}"]
    if "software" in stamp:
        faces = stamp.get("redrawn_faces", [])
        drawn_by = f"{stamp['model']} ({stamp.get('model_version')})" if stamp.get("model") else "bicubic"
        lines.append(f"made by {stamp['software']} with {drawn_by}")
        what = [f"{len(faces)} face{'' if len(faces) == 1 else 's'} redrawn, in invented detail"] if faces else []
        if stamp.get("invented_everywhere") == "yes":
            what.append("what is not a face is invented detail too")
        lines.append(f"{', and '.join(what) or 'nothing redrawn'}; seed {stamp.get('seed')}")
        lines.append(f"made small again, it agrees with its original to {stamp.get('lr_psnr')} dB")
        lines += [f"  face at {', '.join(map(str, box))} (left, top, right, bottom)" for box in faces]
    elif not stamp:
        lines.append("says nothing of having been enhanced")
    if "digital_source_type" in stamp:
        lines.append(f"digital source type: {stamp['digital_source_type']}")
    if isinstance(signed, dict):
        sure = {"Valid": "whole, but nobody vouches for the signer", "Trusted": "whole and trusted"}
        lines.append(f"content credentials by {signed['signer']}: {sure.get(signed['state'], 'BROKEN')}")
        lines += [f"  {one['action']}{': ' + one['what'] if one['what'] else ''}" for one in signed["actions"]]
        lines += [f"  made from {name}" for name in signed["ingredients"]]
        lines += [f"  {problem}" for problem in signed["problems"]]
    else:
        lines.append(signed or "no content credentials")
    return "\n".join(lines)


def mark(canvas: Canvas, everywhere: bool = False) -> None:
    """Writes into the lower right corner, for everyone to see, that the faces (or everything) are invented."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

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
    canvas.put(canvas.width - width, canvas.height - height, np.asarray(label, np.float32) / np.float32(255))


def stamp(
    photo: Photo,
    drawn_by: tuple[Model | None, Model | None],
    seed: int,
    lr_psnr: float,
    faces: Sequence[Box],
    canvas: Canvas,
) -> Stamp:
    """What to say of a photo that was drawn on this canvas, with faces redrawn in these boxes of the photo.

    Args:
        drawn_by: the networks that drew the faces, and the rest.
    """
    from importlib.metadata import version

    found = []
    across, down = canvas.width / photo.width, canvas.height / photo.height
    for box in faces:
        left, top, right, bottom = (round(edge * ratio) for edge, ratio in zip(box, (across, down) * 2, strict=True))
        found.append((max(left, 0), max(top, 0), min(right, canvas.width), min(bottom, canvas.height)))
    networks, rest = [network for network in drawn_by if network], drawn_by[1]
    names = " + ".join(network.facts.name for network in networks)
    digits = " + ".join(sha256(network.path)[:12] for network in networks)
    return Stamp(
        f"enhance {version('enhance')}", names, digits, seed, lr_psnr, tuple(found), bool(rest and rest.facts.invents)
    )
