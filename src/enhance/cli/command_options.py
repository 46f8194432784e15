"""Options that commands have besides those of their tasks: each option once, with its help and its range."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from enhance.options import option
from enhance.photos.coding import Coding
from enhance.tasks.upscale.options import MEMORY, MOST_PIXELS, UpscaleOptions

ENDINGS = ("jpg", "png", "webp", "tiff", "bmp", "gif", "avif", "heic")
MOST_ANSWERS = 64


@dataclass(frozen=True)
class Output:
    """Where the result of a command goes. Each command says where it goes without this."""

    output: str | None = option(
        None,
        "File to write, folder (a name without an ending, or with / behind), or - for stdout.",
        kind=str,
        short="-o",
        metavar="PATH",
        pattern=r"(?s).+",
        form="the name of a file or folder",
    )


@dataclass(frozen=True)
class OutputFolder:
    """The folder that a command writes."""

    output: Path | None = option(None, "Folder to write.", kind=Path, short="-o")


@dataclass(frozen=True)
class Overwrite:
    """Whether anything may be overwritten, and not only what a command made before, or what `-o` names."""

    overwrite: bool = option(False, "Also over inputs, and over files that this program did not make.")


@dataclass(frozen=True)
class Answers:
    """How many results are drawn of one input."""

    count: int = option(1, "How many; their seeds follow each other.", flag="-n", least=1, most=MOST_ANSWERS)


@dataclass(frozen=True)
class Json:
    """Whether a command answers a program."""

    as_json: bool = option(False, "As JSON, one object a line.", flag="--json")


@dataclass(frozen=True)
class Writing:
    """How the results of `enhance PHOTO...` are written, and what is said of them."""

    ending: str | None = option(
        None, "What to write.", kind=str, flag="--format", choices=ENDINGS, unset="the photo's own format"
    )
    as_json: bool = option(False, "Say what was done as JSON, one object a line.", flag="--json")


@dataclass(frozen=True)
class TargetSize:
    """How large the result is, instead of a scale: at most one of these."""

    width: int | None = option(None, "Pixels across the result, instead of --scale.", kind=int, least=1)
    height: int | None = option(None, "Pixels down the result, instead of --scale.", kind=int, least=1)
    megapixels: float | None = option(None, "Its size, instead of --scale.", kind=float, above=0)


@dataclass(frozen=True)
class ResourceLimits:
    """How much of the machine a photo may take."""

    memory: int = option(MEMORY, "Megabytes to work in, besides photo and result.", least=1)
    max_pixels: float = option(90.0, "Megapixels above which a photo is refused.", above=0)
    max_result: float = option(MOST_PIXELS / 1e6, "Megapixels above which a result is refused.", above=0)


ENGINES = ("local", "ray")


@dataclass(frozen=True)
class Many:
    """How a folder, or several photos, are gone through."""

    recursive: bool = option(False, "Of a folder, also the photos in its folders.")
    again: bool = option(False, "Of several, also photos that this program made.")
    jobs: int | None = option(None, "Photos at a time.", kind=int, least=1, unset="half the cores, but at least 2")
    shard: str = option("1/1", "Only the I-th of N parts, as I/N, for several machines.")
    dry_run: bool = option(False, "Of several photos, only say what would be done.")
    engine: str = option("local", "Who works: processes here, or a Ray cluster.", choices=ENGINES)
    address: str | None = option(
        None, "With ray: HOST:PORT of a cluster, or auto.", kind=str, unset="one on this machine alone"
    )
    cpus: int | None = option(None, "With ray: cores for each photo.", kind=int, least=1, unset="2")


@dataclass(frozen=True)
class Extras:
    """What is made of a photo besides its enlargement, and written into that."""

    faces_only: Path | None = option(None, "Folder for each face as drawn, and where it lies.", kind=Path)
    compare: bool = option(False, "Also write input | bicubic | pixel loss | GAN side by side.")
    original: Path | None = option(None, "The true large photo, to show in the comparison.", kind=Path)
    report: bool = option(False, "Say of each face how much was made up, and whether it is still the same person.")
    heat: bool = option(False, "Also write where detail was made up, as heat and as numbers.", flag="--map")
    mark: bool = option(False, "Write into the corner that detail was invented.")
    sign: Path | None = option(None, "Certificate (PEM) for content credentials; with --key.", kind=Path)
    key: Path | None = option(None, "The certificate's private key (PEM).", kind=Path)

    def beside(self) -> dict[str, str]:
        """What is made besides the picture; a folder in which more of it was made need not be done again."""
        files = {
            "faces_only": self.faces_only,
            "compare": self.compare or None,
            "original": self.original,
            "report": self.report or None,
            "map": self.heat or None,
        }
        return {name: str(value) for name, value in files.items() if value is not None}


@dataclass(frozen=True)
class Request:
    """What `enhance photo` is to do: all of its options."""

    output: str | None
    ending: str | None
    options: UpscaleOptions
    size: TargetSize
    extras: Extras
    many: Many
    limits: ResourceLimits
    coding: Coding
    overwrite: bool
    as_json: bool
    debug: bool
