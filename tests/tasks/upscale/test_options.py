"""The options of `upscale`, and that Python, the command line and the service have the same."""

import inspect
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

import enhance
from enhance.cli import photo as command
from enhance.errors import ModelError
from enhance.inference.shipped import weights_of
from enhance.options import options_of
from enhance.tasks.upscale.options import BICUBIC, LineupOptions, UpscaleOptions
from enhance.web import jobs, parameters


def test_python_the_command_line_and_the_service_have_the_same_options() -> None:
    options = options_of(UpscaleOptions)
    in_python = inspect.signature(enhance.upscale).parameters
    assert {*in_python} - {"photo", "device", "details"} == {*options} - {"background"} | {"rest"}
    in_shell = {one.name: one for one in command.params}
    asked = parameters.describe(UpscaleOptions)
    assert {one["name"] for one in asked} == {one.name_over_http for one in options.values()}
    for name, one in options.items():
        assert in_shell[name].opts == [one.flag]
        assert in_shell[name].default == one.default
        python = "rest" if name == "background" else name
        assert in_python[python].default == one.default
    assert {*inspect.signature(enhance.lineup).parameters} - {"photo", "device"} == {*options_of(LineupOptions)}


def test_a_query_gives_options() -> None:
    wanted = jobs.options({"scale": "2", "rest": "bicubic", "model": "auto", "seed": "7", "n": "3"}, ("face_x4_gan",))
    assert wanted.upscale == UpscaleOptions(scale=2, background=BICUBIC, seed=7)
    assert wanted.lineup == LineupOptions(n=3, seed=7)
    with pytest.raises(ValueError, match="scale is a number from 1 to 8"):
        jobs.options({"scale": "9"}, ())
    with pytest.raises(ValueError, match="model is one of face_x4_gan, bicubic"):
        jobs.options({"model": "/etc/passwd"}, ("face_x4_gan",))


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
