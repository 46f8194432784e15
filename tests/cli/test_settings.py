"""What is remembered of a folder."""

from dataclasses import replace
from pathlib import Path

import pytest

from enhance.cli.command_options import Extras, TargetSize
from enhance.cli.settings import accepted, settings_of
from enhance.tasks.upscale.options import UpscaleOptions

PLAIN, SCALED = UpscaleOptions(), TargetSize(None, None, None)
NOTHING = Extras(None, False, None, False, False, False, None, None)
OLD = (
    '{"scale": 4.0, "width": null, "height": null, "megapixels": null, "rest": "photo_x4_pixel", "aligned": false, '
    '"force": false, "consistent": null, "seed": 0, "mark": false, "signed": "None", "model": "%s"}'
)
"""As version 0.1.0 wrote it."""


def done_before(before: Extras, now: Extras, options: UpscaleOptions = PLAIN) -> bool:
    return accepted(settings_of(options, SCALED, now), options, SCALED, now)(settings_of(PLAIN, SCALED, before))


def test_what_is_wanted_besides_the_picture_is_made_though_the_picture_was() -> None:
    mapped = replace(NOTHING, heat=True, report=True)
    assert not done_before(NOTHING, mapped)
    assert done_before(mapped, mapped)
    assert done_before(mapped, NOTHING)
    assert not done_before(mapped, replace(mapped, faces_only=Path("faces")))


def test_another_option_or_a_mark_is_another_picture() -> None:
    assert done_before(NOTHING, NOTHING)
    assert not done_before(NOTHING, NOTHING, UpscaleOptions(seed=1))
    assert not done_before(NOTHING, replace(NOTHING, mark=True))
    assert not done_before(replace(NOTHING, mark=True), NOTHING)


@pytest.mark.parametrize(("extras", "done"), [(NOTHING, True), (replace(NOTHING, heat=True), False)])
def test_a_folder_done_by_the_version_before_is_not_done_again(extras: Extras, done: bool) -> None:
    import hashlib

    from enhance.inference.shipped import weights_of

    weights = b"".join(weights_of(name).read_bytes() for name in ("face_x4_gan", "face_x4_grainy"))
    accepts = accepted(settings_of(PLAIN, SCALED, extras), PLAIN, SCALED, extras)
    assert accepts(OLD % hashlib.sha256(weights).hexdigest()) is done
    assert not accepts(OLD % "another")
    assert not accepts("no JSON")
    assert not accepts("[]")


@pytest.mark.parametrize("asked", [{"fidelity": 0.5}, {"faces": "none"}, {"strength": 0.0}])
def test_what_the_version_before_did_not_know_is_done_anew(asked: dict[str, object]) -> None:
    import hashlib

    from enhance.inference.shipped import weights_of

    weights = b"".join(weights_of(name).read_bytes() for name in ("face_x4_gan", "face_x4_grainy"))
    options = replace(PLAIN, **asked)  # type: ignore[arg-type]
    accepts = accepted(settings_of(options, SCALED, NOTHING), options, SCALED, NOTHING)
    assert not accepts(OLD % hashlib.sha256(weights).hexdigest())
