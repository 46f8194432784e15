"""Weights from a hub, which is played here: no test asks the network."""

import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from enhance.errors import ModelError
from enhance.inference.model import Model
from enhance.inference.shipped import weights_of


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """What a hub is asked for that has user/net with one file, user/two with two and nothing else."""
    calls: list[tuple[str, str | None]] = []
    for name in ("net/net.onnx", "two/a.onnx", "two/b.onnx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(weights_of("face_x4_pixel"), tmp_path / name)

    def snapshot_download(repository: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        calls.append((repository, revision))
        assert allow_patterns == ["*.onnx"]
        folder = tmp_path / repository.partition("/")[2]
        if not folder.exists():
            raise RuntimeError("404\nnot found")
        return str(folder)

    hub: Any = ModuleType("huggingface_hub")
    hub.snapshot_download = snapshot_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    return calls


def test_a_model_of_a_repository(asked: list[tuple[str, str | None]]) -> None:
    assert Model.load("hf:user/net@v1").facts.name == "face_x4_pixel"
    assert Model.load("hf:user/net").path.name == "net.onnx"
    assert asked == [("user/net", "v1"), ("user/net", None)]


def test_what_is_not_there_is_said_in_a_line(
    asked: list[tuple[str, str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, words in {
        "hf:net": "is no repository",
        "hf:user/none": r"cannot be fetched \(404 not found\)",
        "hf:user/two": "a.onnx, b.onnx",
    }.items():
        with pytest.raises(ModelError, match=f"^{name}: .*{words}"):
            Model.load(name)
    assert asked
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ModelError, match="pip install huggingface_hub"):
        Model.load("hf:user/net")
