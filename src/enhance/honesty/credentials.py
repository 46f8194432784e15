"""Content credentials (C2PA): who made a file and how, signed, so that it shows if anything was changed since.

They need a certificate, and name the original as what the photo was made from. `inspect` reads them, and the XMP record
of `photos.provenance`, which anybody could have written.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from enhance.counts import counted
from enhance.errors import EnhanceError, PhotoError
from enhance.files import replacing
from enhance.photos.decoders import bytes_of
from enhance.photos.movies import VIDEO_SUFFIXES
from enhance.photos.provenance import INVENTED, Stamp, read_stamp

CREDENTIALS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".avif", ".gif"}
"""Endings of files that hold content credentials."""
_MISSING = "content credentials need c2pa-python: pip install 'enhance[c2pa]'"


def sign(
    path: Path, original: Path, certificate: Path, key: Path, stamp: Stamp, *, title: str | None = None
) -> dict[str, Any]:
    """Give a written file content credentials, and read them back.

    Args:
        path: the enhanced photo; it is replaced by the same with credentials.
        original: what it was made from; its thumbnail and hash go into the credentials.
        certificate: PEM, the signer's first, then those that vouch for it.
        key: PEM, the signer's private key, not encrypted.
        title: what the credentials call the file; None: its name.

    Returns:
        What `credentials` reads from the signed file.

    Raises:
        EnhanceError: c2pa-python is not installed, or certificate and key cannot be used.
        PhotoError: this kind of file holds no credentials, or cannot be written.
    """
    refuse_unsignable(path, certificate, key)
    import c2pa

    try:
        signer = c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(_algorithm(key), certificate.read_bytes(), key.read_bytes(), None)
        )
        with replacing(path, suffix=path.suffix) as part:
            with c2pa.Builder(_manifest(title or path.name, stamp)) as builder, original.open("rb") as source:
                ingredient = {"title": original.name, "relationship": "parentOf", "label": "original"}
                builder.add_ingredient(ingredient, _mime(original), source)
                builder.sign_file(path, part, signer)
            read_back = credentials(part)
            if read_back is None or read_back["state"] == "Invalid":
                problems = read_back and ", ".join(map(str, read_back["problems"]))
                raise EnhanceError(
                    f"{certificate}: what it signs does not hold when read back ({problems}); "
                    "docs/honesty.md says how to make a certificate that works"
                )
    except c2pa.C2paError as error:
        reason = " ".join(str(error).split())
        raise EnhanceError(
            f"{certificate}: cannot sign {title or path} ({reason}); docs/honesty.md says how to make a certificate "
            "that works"
        ) from error
    except OSError as error:
        raise PhotoError(f"{error.filename or path}: cannot be used to sign ({error.strerror})") from error
    return read_back


def refuse_unsignable(path: Path, certificate: Path, key: Path) -> None:
    """Say before a photo is enhanced what would fail when it is signed.

    Raises:
        EnhanceError: c2pa-python is not installed, or certificate and key cannot be read.
        PhotoError: this kind of file holds no credentials.
    """
    try:
        import c2pa  # noqa: F401
    except ModuleNotFoundError as error:
        raise EnhanceError(_MISSING) from error
    if path.suffix.lower() not in CREDENTIALS:
        raise PhotoError(f"{path}: {path.suffix} holds no content credentials; use {', '.join(sorted(CREDENTIALS))}")
    try:
        certificate.read_bytes()
        _algorithm(key)
    except OSError as error:
        raise PhotoError(f"{error.filename}: cannot be used to sign ({error.strerror})") from error


def _manifest(title: str, stamp: Stamp) -> dict[str, Any]:
    name, _, version = stamp.software.partition(" ")
    agent = {"name": name, "version": version}
    actions: list[dict[str, Any]] = [
        {"action": "c2pa.opened", "parameters": {"ingredientIds": ["original"]}},
        {"action": "c2pa.resized", "softwareAgent": agent},
    ]
    if stamp.invented:
        what = f"{stamp.sentence} Drawn by {stamp.model} ({stamp.version}), seed {stamp.seed}."
        drawn = {"action": "c2pa.edited", "softwareAgent": agent, "digitalSourceType": INVENTED, "description": what}
        actions.append(drawn)
    return {
        "claim_generator_info": [agent],
        "title": title,
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
    return "image/" + {"jpg": "jpeg", "tif": "tiff"}.get(ending, ending)


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
        raise EnhanceError(_MISSING) from error
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
        PhotoError: it cannot be read, or is not a picture.
    """
    if path.suffix.lower() in VIDEO_SUFFIXES:
        raise PhotoError(f"{path}: is a video; what was made up is told in its comment, which players show")
    content, _ = bytes_of(path)
    try:
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
            record: dict[str, Any] = {"file": str(path), "format": image.format, "size": list(image.size)}
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PhotoError(f"{path}: cannot be read as a picture; give one that `enhance` wrote") from error
    record["stamp"] = read_stamp(xmp.encode() if isinstance(xmp, str) else xmp)
    try:
        record["credentials"] = credentials(path)
    except EnhanceError as error:
        record["credentials"] = str(error)
    return record


def describe(record: dict[str, Any]) -> str:
    """`inspect`'s answer for people."""
    stamp, signed = record["stamp"], record["credentials"]
    width, height = record["size"]
    lines = [f"{record['file']}: {record['format']}, {width}x{height}"]
    if "sheet" in stamp:
        lines.append(f"made by {stamp['software']}: a {stamp['sheet']}, no photo")
    elif "software" in stamp:
        faces = stamp.get("redrawn_faces", [])
        drawn_by = f"{stamp['model']} ({stamp.get('model_version')})" if stamp.get("model") else "bicubic"
        lines.append(f"made by {stamp['software']} with {drawn_by}")
        part = stamp.get("part", "face")
        done = f"{counted(len(faces), part)} {'filled' if part == 'hole' else 'redrawn'}"
        what = [f"{done}, in invented detail"] if faces else []
        if "words" in stamp:
            what.append(f"invented from the words: {stamp['words']}")
        elif "after_drawing" in stamp:
            what.append("invented after a drawing")
        elif stamp.get("invented_everywhere") == "yes":
            what.append("what is not a face is invented detail too")
        lines.append(f"{', and '.join(what) or 'nothing redrawn'}; seed {stamp.get('seed')}")
        if "lr_psnr" in stamp:
            lines.append(f"made small again, it agrees with its original to {stamp.get('lr_psnr')} dB")
        lines += [f"  {part} at {', '.join(map(str, box))} (left, top, right, bottom)" for box in faces]
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
