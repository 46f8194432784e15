"""What a request carries: a photo by itself, parts of a form, or a sentence. Received in time, and in memory alone."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from enhance.web.refusals import RefusedError
from enhance.web.settings import Limits

FORM = "multipart/form-data"
_PICTURES = ("application/octet-stream", "application/x-www-form-urlencoded", "image/")
"""What a body may call itself: curl's --data-binary says it is a form. What it is, its content decides."""
SENTENCES = ("text/plain", "application/json", "application/x-www-form-urlencoded")
LONGEST_SENTENCE = 1000
"""Bytes."""
GRACE = 2.0
"""Seconds for which an upload may be as slow as it likes."""


@dataclass(frozen=True)
class Body:
    """The content of a request.

    Attributes:
        photo: a file, also of a drawing.
        mask: the file of a mask, if there was one.
        text: a sentence.
    """

    photo: bytes = b""
    mask: bytes | None = None
    text: str = ""


class Uploads:
    """Receives bodies, several at a time, as long as they come at some speed and fit into memory together."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.bytes = limits, 0

    async def receive(self, request: Request, most: int) -> bytes:
        """A body of so many bytes at most.

        Raises:
            RefusedError: it is too large, too slow, or not whole.
        """
        limits = self.limits
        announced = request.headers.get("content-length", "")
        too_large = RefusedError(413, "too_many_bytes", f"a body may have up to {most:,} bytes", CLOSE)
        if announced.isdigit() and int(announced) > most:
            raise too_large
        content, stream, started = bytearray(), request.stream(), time.monotonic()
        try:
            while True:
                spent = time.monotonic() - started
                async with asyncio.timeout(min(limits.stall, max(limits.seconds - spent, 0.001))):
                    chunk = await anext(stream, None)
                if chunk is None:
                    break
                content += chunk
                self.bytes += len(chunk)
                if len(content) > most:
                    raise too_large
                if self.bytes > limits.arriving:
                    raise RefusedError(429, "queue_full", "too many photos arrive; try again", {"retry-after": "5"})
                spent = time.monotonic() - started
                if spent > max(limits.stall, GRACE) and len(content) < limits.trickle * (spent - GRACE):
                    raise TimeoutError
        except TimeoutError:
            raise RefusedError(
                408,
                "too_slow",
                f"the photo did not arrive in time; {limits.stall:g} s without bytes are too long",
                CLOSE,
            ) from None
        except ClientDisconnect:
            raise RefusedError(400, "cut_short", "the photo did not arrive whole") from None
        finally:
            self.bytes -= len(content)
        return bytes(content)

    async def pictures(self, request: Request, names: tuple[str, ...]) -> Body:
        """A photo, and what may come with it.

        Args:
            names: of the parts that a form may have; the first is the photo.

        Raises:
            RefusedError: it is none, or it did not arrive well.
        """
        header = request.headers.get("content-type", _PICTURES[0])
        kind = header.split(";")[0].strip().lower()
        if kind != FORM and not kind.startswith(_PICTURES):
            raise RefusedError(
                415, "unsupported_media_type", "the body is the photo itself; call it image/jpeg, or send a form"
            )
        content = await self.receive(request, self.limits.body)
        if kind != FORM:
            if not content:
                raise RefusedError(422, "no_photo", "the body is empty; it has to be the photo's file")
            return Body(content)
        parts = form_parts(content, header, names)
        if not parts.get(names[0]):
            raise RefusedError(422, "no_photo", f"the form has no file called {names[0]}")
        return Body(parts[names[0]], parts.get("mask"))

    async def sentence(self, request: Request) -> Body:
        """A sentence.

        Raises:
            RefusedError: it is none, or too long.
        """
        header = request.headers.get("content-type", SENTENCES[0])
        kind = header.split(";")[0].strip().lower()
        if kind not in SENTENCES:
            raise RefusedError(415, "unsupported_media_type", "the body is the sentence; call it text/plain")
        content = await self.receive(request, 6 * LONGEST_SENTENCE)
        try:
            text: object = content.decode()
            if kind == "application/json":
                parsed = json.loads(content)
                text = parsed["sentence"] if isinstance(parsed, dict) and parsed.keys() == {"sentence"} else None
            if not isinstance(text, str):
                raise ValueError("no sentence")
        except (ValueError, RecursionError):
            raise RefusedError(422, "bad_sentence", "the body is text in UTF-8, or {sentence} as JSON") from None
        if len(text.encode(errors="replace")) > LONGEST_SENTENCE:
            raise RefusedError(422, "bad_sentence", f"a sentence may have up to {LONGEST_SENTENCE:,} bytes")
        if not text.strip():
            raise RefusedError(422, "bad_sentence", "the sentence is empty; say for example: a small red bird")
        return Body(text=text)


CLOSE = {"connection": "close"}


def form_parts(content: bytes, kind: str, names: tuple[str, ...]) -> dict[str, bytes]:
    """The parts of a form (RFC 7578) by their names.

    Raises:
        RefusedError: it is no form, or has other parts.
    """
    wrong = RefusedError(400, "bad_multipart", "the form cannot be read; send it as curl -F does")
    boundary = re.search(r'boundary="?([^";,]{1,70})', kind)
    if not boundary:
        raise wrong
    line = b"\r\n--" + boundary[1].strip().encode("latin-1", "replace")
    pieces = (b"\r\n" + content).split(line)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise wrong
    parts: dict[str, bytes] = {}
    for piece in pieces[1:-1]:
        head, blank, data = piece.partition(b"\r\n\r\n")
        called = re.search(rb'(?i)content-disposition:[^\r\n]*?[; ]name="?([^"\r\n;]*)', head)
        if not blank or not called:
            raise wrong
        name = called[1].decode("utf-8", "replace")
        if name not in names or name in parts:
            raise RefusedError(422, "bad_multipart", f"a form may have the parts {', '.join(names)}, each once")
        parts[name] = data
    return parts
