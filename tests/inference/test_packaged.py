from pathlib import Path

import pytest

from enhance.errors import EnhanceError
from enhance.inference import packaged


def test_a_file_is_found_without_importing_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "touchy").mkdir()
    (tmp_path / "touchy" / "__init__.py").write_text("raise RuntimeError('imported')")
    (tmp_path / "touchy" / "a.pth").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert packaged.find_in_package("touchy", "a.pth") == tmp_path / "touchy" / "a.pth"


@pytest.mark.parametrize(("package", "file"), [("no_such_package", "a.pth"), ("json", "a.pth")])
def test_what_is_missing_says_how_to_get_it(package: str, file: str) -> None:
    with pytest.raises(EnhanceError, match=r"enhance\[train\]"):
        packaged.find_in_package(package, file)
