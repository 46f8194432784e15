import platform
import sys
from pathlib import Path

import pytest

import install_size


def test_the_core_install_is_small() -> None:
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("other systems have other wheels")
    if others := install_size.other_versions():
        pytest.skip(f"{', '.join(others)}: pyproject.toml asks for other versions")
    sizes = install_size.measure()
    assert {name.split()[0] for name in sizes} >= {"enhance", "numpy", "onnxruntime", "flatbuffers"}
    assert install_size.total(sizes.values()).files < install_size.LIMIT


def test_compiled_files_are_counted_apart(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_bytes(b"#" * 3000)
    (tmp_path / "module.cpython-311.pyc").write_bytes(b"#" * 2000)
    assert install_size.size(tmp_path.iterdir()) == install_size.Size(0.003, 0.002)


def test_small_packages_share_a_row() -> None:
    size = install_size.Size
    lines = install_size.table({"large 1": size(60, 5), "small 1": size(1, 0), "small 2": size(0.5, 0.5)})
    assert lines[2:] == ["| large 1 | 60.0 | 5.0 |", "| 2 others | 1.5 | 0.5 |", "| **together** | 61.5 | 5.5 |"]
