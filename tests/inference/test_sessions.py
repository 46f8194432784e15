import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from enhance.errors import ModelError
from enhance.inference import sessions
from enhance.inference.model import Model
from enhance.inference.shipped import weights_of

PHOTO = str(weights_of("photo_x4_pixel"))


def threads_of(session: object) -> int:
    return session.get_session_options().intra_op_num_threads  # type: ignore[attr-defined]


def test_threads_are_an_argument_or_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENHANCE_THREADS", raising=False)
    assert threads_of(sessions.open_session(PHOTO)) == 0
    monkeypatch.setenv("ENHANCE_THREADS", "2")
    assert threads_of(sessions.open_session(PHOTO)) == 2
    assert threads_of(sessions.open_session(PHOTO, threads=1)) == 1
    assert threads_of(Model.load(PHOTO).session) == 2
    assert threads_of(Model.load(PHOTO, threads=1).session) == 1


def test_a_device_is_an_argument_or_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sessions.open_session(PHOTO, device="cpu").get_providers() == ["CPUExecutionProvider"]
    monkeypatch.setenv("ENHANCE_DEVICE", "abacus")
    with pytest.raises(ModelError, match="device abacus: is unknown; use one of cpu, cuda"):
        Model.load(PHOTO)
    Model.load(PHOTO, device="cpu")


def test_a_device_is_chosen_for_all_that_is_loaded_within(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENHANCE_DEVICE", "abacus")
    with sessions.on_device("cpu"):
        assert sessions.default_device() == "cpu"
        Model.load(PHOTO)
        with sessions.on_device(None):
            assert sessions.default_device() == "cpu"
    assert sessions.default_device() == "abacus"
    with pytest.raises(ModelError, match="device nonsense: is unknown"), sessions.on_device("nonsense"):
        pass


@pytest.mark.parametrize("name", ["upscale", "lineup", "translate", "fill", "sketch", "imagine"])
def test_every_function_takes_a_device_and_refuses_what_is_none(name: str) -> None:
    import enhance

    given = "a red bird" if name == "imagine" else np.zeros((32, 32, 3), np.uint8)
    with pytest.raises(ModelError, match="device abacus: is unknown"):
        getattr(enhance, name)(given, device="abacus")


def test_a_device_that_this_build_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ModelError, match="device cuda: this build of onnxruntime has only cpu"):
        Model.load(PHOTO, device="cuda")


def test_a_device_without_its_driver_is_not_silently_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime warns and goes on with the CPU."""
    import onnxruntime

    real = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(sessions.PROVIDERS.values()))
    monkeypatch.setattr(
        onnxruntime, "InferenceSession", lambda model, options, **_: real(model, options, providers=[sessions.CPU])
    )
    with pytest.raises(ModelError, match="device cuda: its driver or libraries"):
        sessions.open_session(PHOTO, device="cuda")


@pytest.mark.parametrize(("device", "then"), [("cuda", ()), ("tensorrt", ("CUDAExecutionProvider",))])
def test_what_a_device_cannot_compute_the_next_one_does(
    device: str, then: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    class Session:
        def __init__(self, _model: object, _options: object, providers: list[str]) -> None:
            self.get_providers = lambda: providers

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: list(sessions.PROVIDERS.values()))
    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    session = sessions.open_session(PHOTO, device=device)
    assert session.get_providers() == [sessions.PROVIDERS[device], *then, sessions.CPU]


def test_a_number_of_threads_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENHANCE_THREADS", "many")
    with pytest.raises(ModelError, match="ENHANCE_THREADS=many"):
        Model.load(PHOTO)


def test_outputs_come_by_their_names() -> None:
    session = sessions.open_session(PHOTO)
    picture = np.zeros((1, 3, 4, 4), np.float32)
    assert {name: made.shape for name, made in sessions.run_session(session, {"lr": picture}).items()} == {
        "hr": (1, 3, 16, 16)
    }


def test_nothing_is_left_behind_or_sent(tmp_path: Path) -> None:
    """ONNX Runtime would report to its makers, and keep what is yet to be sent in the home of the user."""
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    kept = {name: value for name, value in os.environ.items() if name not in ("ORT_DISABLE_TELEMETRY", "CI")}
    sample = Path(__file__).parents[2] / "samples" / "logo.png"
    code = f"import enhance; enhance.upscale({str(sample)!r}, aligned=True, force=True)"
    subprocess.run([sys.executable, "-c", code], env=kept | home, check=True)
    assert list(tmp_path.iterdir()) == []
