"""What the manifest of a folder remembers of how its photos were made, and whether that is what is asked for now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enhance.options import option
from enhance.tasks.upscale.options import FACE_MODEL, MEMORY, MOST_PIXELS, RESTORATION_MODEL, UpscaleOptions


@dataclass(frozen=True)
class Size:
    """How large the result is, instead of a scale: at most one of these."""

    width: int | None = option(None, "Pixels across the result, instead of --scale.", kind=int, least=1)
    height: int | None = option(None, "Pixels down the result, instead of --scale.", kind=int, least=1)
    megapixels: float | None = option(None, "Its size, instead of --scale.", kind=float, above=0)


@dataclass(frozen=True)
class Limits:
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
    report: bool = option(False, "Say of each face how much was made up, and whether it is still anybody.")
    heat: bool = option(False, "Also write where detail was made up, as heat and as numbers.", flag="--map")
    mark: bool = option(False, "Write into the corner that detail was invented.")
    sign: Path | None = option(None, "Certificate (PEM) for content credentials; with --key.", kind=Path)
    key: Path | None = option(None, "The certificate's private key (PEM).", kind=Path)

    def beside(self) -> dict[str, str]:
        """What is made besides the picture; a folder in which more of it was made need not be done again."""
        made = {
            "faces_only": self.faces_only,
            "compare": self.compare or None,
            "original": self.original,
            "report": self.report or None,
            "map": self.heat or None,
        }
        return {name: str(value) for name, value in made.items() if value is not None}


def settings_of(options: UpscaleOptions, size: Size, extras: Extras) -> str:
    """All that the results in a folder depend on besides the photos, as JSON."""
    return json.dumps(
        {
            "options": json.loads(options.fingerprint()),
            "size": [size.width, size.height, size.megapixels],
            "mark": extras.mark,
            "signed": None if extras.sign is None else str(extras.sign),
            "beside": extras.beside(),
        }
    )


def accepted(settings: str, options: UpscaleOptions, size: Size, extras: Extras) -> Callable[[str], bool]:
    """Whether a photo that was done with other settings is done for these too."""
    now = json.loads(settings)
    old = None if extras.beside() or _is_new(options) else _old_settings(options, size, extras)

    def accepts(recorded: str) -> bool:
        try:
            before = json.loads(recorded)
        except ValueError:
            return False
        if not isinstance(before, Mapping) or not isinstance(before.get("beside", {}), Mapping):
            return False
        made = before.get("beside", {})
        more = {**before, "beside": {name: made.get(name) for name in now["beside"]}}
        return before == old or more == now

    return accepts


def _is_new(options: UpscaleOptions) -> bool:
    """Whether something is asked for that version 0.1.0 did not know."""
    plain = UpscaleOptions()
    return any(getattr(options, name) != getattr(plain, name) for name in ("strength", "faces", "fidelity"))


def _old_settings(options: UpscaleOptions, size: Size, extras: Extras) -> dict[str, Any]:
    """What version 0.1.0 wrote into manifests; folders done by it are not done again."""
    from enhance.inference.model import Model

    names = (FACE_MODEL, RESTORATION_MODEL) if options.model is None else (options.model, options.model)
    models = [name if isinstance(name, Model) else Model.load(name) for name in names]
    return {
        "scale": options.scale,
        "width": size.width,
        "height": size.height,
        "megapixels": size.megapixels,
        "rest": options.background,
        "aligned": options.aligned,
        "force": options.force,
        "consistent": options.consistent,
        "seed": options.seed,
        "mark": extras.mark,
        "signed": str(extras.sign),
        "model": hashlib.sha256(b"".join(model.path.read_bytes() for model in models)).hexdigest(),
    }
