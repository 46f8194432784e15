"""What the manifest of a folder remembers of how its photos were made, and whether that is what is asked for now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from enhance.cli.command_options import Extras, TargetSize
from enhance.photos.coding import FINE, Coding
from enhance.tasks.upscale.options import AUTO, BACKGROUND_MODEL, FACE_MODEL, RESTORATION_MODEL, UpscaleOptions


def settings_of(options: UpscaleOptions, size: TargetSize, extras: Extras, coding: Coding = FINE) -> str:
    """All that the results in a folder depend on besides the photos, as JSON."""
    # What was done before there was a choice of coding is not done again for it.
    coded = {} if coding == FINE else {"coding": [coding.quality, coding.chroma]}
    return json.dumps(
        {
            **coded,
            "options": json.loads(options.fingerprint()),
            "size": [size.width, size.height, size.megapixels],
            "mark": extras.mark,
            "signed": None if extras.sign is None else str(extras.sign),
            "beside": extras.beside(),
        }
    )


def accepted(settings: str, options: UpscaleOptions, size: TargetSize, extras: Extras) -> Callable[[str], bool]:
    """Whether a photo that was done with other settings is done for these too."""
    now = json.loads(settings)
    old = None if extras.beside() or "coding" in now or _is_new(options) else _old_settings(options, size, extras)

    def accepts(recorded: str) -> bool:
        try:
            before = json.loads(recorded)
        except ValueError:
            return False
        if not isinstance(before, Mapping) or not isinstance(before.get("beside", {}), Mapping):
            return False
        extras_before = before.get("beside", {})
        more = {**before, "beside": {name: extras_before.get(name) for name in now["beside"]}}
        return before == old or more == now

    return accepts


def _is_new(options: UpscaleOptions) -> bool:
    """Whether something is asked for that version 0.1.0 did not know."""
    plain = UpscaleOptions()
    return any(getattr(options, name) != getattr(plain, name) for name in ("strength", "faces", "fidelity"))


def _old_settings(options: UpscaleOptions, size: TargetSize, extras: Extras) -> dict[str, Any]:
    """What version 0.1.0 wrote into manifests; folders done by it are not done again."""
    from enhance.inference.model import Model

    names = (FACE_MODEL, RESTORATION_MODEL) if options.model is None else (options.model, options.model)
    models = [name if isinstance(name, Model) else Model.load(name) for name in names]
    return {
        "scale": options.scale,
        "width": size.width,
        "height": size.height,
        "megapixels": size.megapixels,
        "rest": BACKGROUND_MODEL if options.background == AUTO else options.background,
        "aligned": options.aligned,
        "force": options.force,
        "consistent": options.consistent,
        "seed": options.seed,
        "mark": extras.mark,
        "signed": str(extras.sign),
        "model": hashlib.sha256(b"".join(model.path.read_bytes() for model in models)).hexdigest(),
    }
