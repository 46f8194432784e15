"""The options of `upscale`, and that Python, the command line and the service have the same."""

import inspect
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

import enhance
from enhance.cli.upscale import photo as command
from enhance.errors import ModelError
from enhance.inference.shipped import weights_of
from enhance.options import options_of
from enhance.tasks.upscale.options import BACKGROUND_MODEL, BICUBIC, LineupOptions, UpscaleOptions
from enhance.web.queries import query_model, taken


def test_pictures_that_follow_each_other_are_not_invented_anew() -> None:
    assert UpscaleOptions(seed=3).of_frames() == UpscaleOptions(seed=3, background=BACKGROUND_MODEL)
    asked = UpscaleOptions(background="photo_x4")
    assert asked.of_frames() == asked


def test_python_the_command_line_and_the_service_have_the_same_options() -> None:
    options = options_of(UpscaleOptions)
    in_python = inspect.signature(enhance.upscale).parameters
    assert {*in_python} - {"photo", "device", "details"} == {*options} - {"background"} | {"rest"}
    in_shell = {one.name: one for one in command.params}
    asked = query_model("UpscaleQuery", (UpscaleOptions,)).model_json_schema()["properties"]
    assert {*asked} == {one.name_over_http for one in options.values()}
    for name, one in options.items():
        assert in_shell[name].opts == [one.flag]
        assert in_shell[name].default == one.default
        python = "rest" if name == "background" else name
        assert in_python[python].default == one.default
    of_lineup = {*inspect.signature(enhance.lineup).parameters} - {"photo", "device", "explore"}
    assert of_lineup == {*options_of(LineupOptions)}


def test_a_query_gives_options() -> None:
    query = query_model("UpscaleQuery", (UpscaleOptions,), {"model": ("face_x4_gan", BICUBIC)})
    given = {"scale": "2", "rest": "bicubic", "model": "auto", "seed": "7", "faces": "1,3", "fidelity": "0.5"}
    wanted = taken(UpscaleOptions, query.model_validate(given))
    assert wanted == UpscaleOptions(scale=2, background=BICUBIC, seed=7, faces="1,3", fidelity=0.5)
    for wrong in ({"scale": "9"}, {"model": "/etc/passwd"}, {"faces": "some"}, {"fidelity": "2"}):
        with pytest.raises(ValidationError):
            query.model_validate(wrong)


def test_a_fingerprint_names_every_option_and_the_content_of_every_model(tmp_path: Path) -> None:
    plain = UpscaleOptions()
    assert json.loads(plain.fingerprint()).keys() == options_of(UpscaleOptions).keys() | {"restorer"}
    other = {
        "scale": 2.0,
        "strength": 0.5,
        "faces": "largest",
        "fidelity": 0.5,
        "model": "face_x4_pixel",
        "background": "photo_x4",
        "consistent": True,
        "seed": 1,
        "aligned": True,
        "force": True,
    }
    assert other.keys() == options_of(UpscaleOptions).keys()
    seen = {replace(plain, **{name: value}).fingerprint() for name, value in other.items()}
    assert len({plain.fingerprint(), *seen}) == len(other) + 1

    for name in ("model", "background"):
        path = tmp_path / "mine.onnx"
        path.write_bytes(weights_of("photo_x4").read_bytes())
        asked = replace(plain, **{name: str(path)})
        before = asked.fingerprint()
        path.write_bytes(weights_of("photo_x4_pixel").read_bytes())
        os.utime(path, ns=(1, 1))
        assert asked.fingerprint() != before
    with pytest.raises(ModelError, match="no model is called nonsense"):
        replace(plain, model="nonsense").fingerprint()
