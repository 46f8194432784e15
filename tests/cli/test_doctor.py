"""What a machine is said to have."""

import importlib
import json

import pytest

from enhance.inference import shipped
from tests.cli.test_cli import enhance


def test_what_there_is_fits_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENHANCE_DEVICE", "cuda")
    monkeypatch.setenv("ENHANCE_THREADS", "3")
    told = enhance("doctor")
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("\n") <= 24
    found = dict(line.split(maxsplit=1) for line in told.stdout.splitlines())
    assert found["device"].startswith("cuda (ENHANCE_DEVICE=cuda) cannot be used:")
    assert "threads of each: 3" in found["cores"]
    assert "cpu" in found["onnxruntime"]
    assert all(name in found["weights"] for name in shipped.names())


def test_what_is_missing_is_said_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    doctor = importlib.import_module("enhance.cli.doctor")
    monkeypatch.setattr(doctor, "EXTRAS", {"heic": ("no_such_module",), "web": ("json",)})
    found = doctor.examined()
    assert found["missing"] == "heic (pip install 'enhance[heic]')"
    assert found["extras"] == "web"
    assert found["device"] == "cpu (the default; --device names another)"
    assert json.dumps(found)
