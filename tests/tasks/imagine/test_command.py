import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from PIL import Image

from enhance.cli.program import commands
from enhance.errors import EnhanceError, PhotoError
from enhance.tasks.imagine.words import SentenceError

pytestmark = pytest.mark.usefixtures("untrained")
SENTENCE = "a crimson bird with a blue head, wearing a top hat"


def call(*args: str) -> str:
    """What the command prints; it raises what `enhance` would say in one line."""
    found = CliRunner().invoke(commands, ["imagine", *args], standalone_mode=False)
    if found.exception:
        raise found.exception
    return found.output


def test_one_bird(tmp_path: Path) -> None:
    said = call(SENTENCE, "-o", str(tmp_path / "new" / "red.jpg"), "--size", "128")
    with Image.open(tmp_path / "new" / "red.jpg") as picture:
        assert max(picture.size) == 128
    assert re.search(r"red\.jpg: a bird that never was, .*crimson for red.*without effect.*hat", said)
    assert said.count("\n") == 1


def test_several_are_numbered_by_their_seeds(tmp_path: Path) -> None:
    call(SENTENCE, "-n", "3", "--seed", "5", "-o", str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bird_5.png", "bird_6.png", "bird_7.png"]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (("",), SentenceError),
        (("red bird " * 600,), SentenceError),
        (("an essay on tax law",), SentenceError),
        (("red bird", "-o", "bird.xyz"), PhotoError),
        (("red bird", "--size", "9"), click.ClickException),
        (("red bird", "-n", "0"), click.ClickException),
        (("red bird", "--facing", "up"), click.ClickException),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    args: tuple[str, ...], error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error) as raised:
        call(*args)
    said = raised.value.format_message() if isinstance(raised.value, click.ClickException) else str(raised.value)
    assert "\n" not in said
    assert len(said) < 250
    assert raised.value.exit_code == 2 if isinstance(raised.value, EnhanceError | click.ClickException) else False
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten_unless_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bird.png").write_text("mine")
    with pytest.raises(PhotoError, match="is there"):
        call("red bird")
    assert (tmp_path / "bird.png").read_text() == "mine"
    call("red bird", "--overwrite")
    assert (tmp_path / "bird.png").read_bytes()[:4] == b"\x89PNG"
