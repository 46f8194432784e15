"""How the service is set up, and what one request may cost. Light: the command line reads it for its help."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from enhance.options import option

TOKEN = "ENHANCE_TOKEN"
"""Variable of the environment that holds the token."""


@dataclass(frozen=True)
class Address:
    """Where the service listens, and whom it lets in."""

    host: str = option("127.0.0.1", "Address to listen on; 0.0.0.0 for all.")
    port: int = option(8000, "Port to listen on.", least=1, most=65535)
    names: tuple[str, ...] = option(
        (), "A name by which browsers may call this service.", kind=str, flag="--allow-host", multiple=True
    )
    origins: tuple[str, ...] = option(
        (),
        "Another site whose pages may use it: https://NAME.",
        kind=str,
        flag="--allow-origin",
        multiple=True,
    )
    proxies: tuple[str, ...] = option(
        (), "Address of a proxy that says for whom it asks.", kind=str, flag="--proxy", multiple=True
    )
    token_file: Path | None = option(None, "What clients must know.", kind=Path, unset=f"environment: {TOKEN}")


@dataclass(frozen=True)
class ServeOptions:
    """What one request may cost, and how the service is run."""

    max_megabytes: float = option(40.0, "Of a photo's file.", above=0)
    max_pixels: float = option(50.0, "Megapixels of a photo that is looked at.", above=0)
    max_drawn: float = option(4.0, "Megapixels of a photo that are drawn at a time.", above=0)
    max_result: float = option(64.0, "Megapixels of an answer.", above=0)
    memory: int = option(512, "Megabytes for a job to work in, besides photo and answer.", least=32)
    seconds: float = option(120.0, "To receive a photo, and again to wait and draw.", above=0)
    places: int = option(8, "Jobs waiting or at work.", least=1)
    workers: int = option(1, "Jobs drawn at a time.", least=1, most=64)
    grace: float = option(6.0, "Seconds that running jobs are given when the service is told to end.", least=0)
    per_client: int = option(0, "Jobs of one client at a time; 0 for any number.", least=0)
    rate: int = option(0, "Jobs of one client a minute; 0 for any number.", least=0)
    root_path: str = option("", "Path below which a proxy shows the service, as in /enhance.")
    access_log: bool = option(False, "A line for each request, without its query, to standard error.")


@dataclass(frozen=True)
class Limits:
    """What one request may cost.

    Attributes:
        body: bytes of a request.
        look: pixels of a photo that is decoded and searched for faces.
        draw: of them, those that are drawn at a time.
        result: pixels of an answer.
        memory: megabytes for a job to work in, besides photo and answer.
        seconds: for receiving a photo, and again for waiting and drawing.
        stall: seconds without a byte, or with fewer than `trickle` of them a second, after which an upload is given up.
        trickle: bytes a second.
        arriving: bytes of all photos that are being received.
        places: jobs waiting or at work at a time.
        workers: of them, those at work.
        kept_seconds, kept_bytes: how long answers are kept that are asked to be, and how much all of them may take.
        grace: seconds that running jobs have, once the service is told to end.
        per_client, rate: jobs of one client at a time, and in a minute; 0 for any number.
    """

    body: int = 40_000_000
    look: int = 50_000_000
    draw: int = 4_000_000
    result: int = 64_000_000
    memory: int = 512
    seconds: float = 120.0
    stall: float = 5.0
    trickle: int = 2_000
    arriving: int = 400_000_000
    places: int = 8
    workers: int = 1
    kept_seconds: float = 600.0
    kept_bytes: int = 300_000_000
    grace: float = 6.0
    per_client: int = 0
    rate: int = 0

    @classmethod
    def of(cls, options: ServeOptions) -> Limits:
        """The limits that the command line sets."""
        return cls(
            body=round(options.max_megabytes * 1e6),
            look=round(options.max_pixels * 1e6),
            draw=round(options.max_drawn * 1e6),
            result=round(options.max_result * 1e6),
            memory=options.memory,
            seconds=options.seconds,
            places=max(options.places, options.workers),
            workers=options.workers,
            grace=options.grace,
            per_client=options.per_client,
            rate=options.rate,
        )


@dataclass(frozen=True)
class Access:
    """Who may use the service, and from where.

    Attributes:
        hosts: names by which it may be called, in small letters; addresses in digits are always known.
        origins: of other sites whose pages may use it, and of a proxy that shows its own page under another name.
        token: what everybody must know; empty for nothing.
        proxies: addresses of proxies that are believed when they say whom they speak for.
    """

    hosts: frozenset[str] = frozenset({"localhost"})
    origins: frozenset[str] = frozenset()
    token: str = ""
    proxies: tuple[str, ...] = ()
