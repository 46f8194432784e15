"""What docs/service.md shows is what happens."""

import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

pytest.importorskip("fastapi", reason="the web extra is not installed")

from tests.web.conftest import SAMPLES, Served
from tests.web.test_tasks import ASTRONAUT, opened

PAGE = (Path(__file__).parents[2] / "docs" / "service.md").read_text()
LOCAL = "http://127.0.0.1:8000"
CLIENT = next(iter(re.findall(r"```python\n(.*?)```", PAGE, re.S)))


def folder(tmp_path: Path) -> Path:
    """Where the files lie that the page names."""
    for name in ("photo.jpg", "horse.jpg"):
        shutil.copy(SAMPLES / "astronaut.jpg", tmp_path / name)
    with Image.open(io.BytesIO(ASTRONAUT)) as image:
        image.save(tmp_path / "photo.png")
    mask = Image.new("L", (224, 224))
    ImageDraw.Draw(mask).rectangle((10, 150, 40, 180), fill=255)
    mask.save(tmp_path / "mask.png")
    lines = '<path d="M2 9L3 1L6 4L9 1L10 9Q6 13 2 9" stroke="#000" fill="none" stroke-width=".2"/>'
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 12">{lines}</svg>'
    (tmp_path / "drawing.svg").write_text(drawing)
    return tmp_path


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_line_of_curl_works(served: Served, tmp_path: Path) -> None:
    where = folder(tmp_path)
    commands = [line[2:] for line in PAGE.splitlines() if line.startswith("$ curl")]
    assert len(commands) > 12
    for command in commands:
        command = command.replace(LOCAL, served.url).replace("face=2&n=8", "face=1&n=2").split(" > ")[0]
        if "/result" in command or "/facts" in command:
            until_done(served, "holiday")
        words = [*shlex.split(command), "--fail-with-body", "--silent", "--show-error"]
        done = subprocess.run(words, cwd=where, capture_output=True, check=False, timeout=300)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        if "-o" in words:
            with Image.open(where / words[words.index("-o") + 1]) as image:
                image.load()


def until_done(served: Served, name: str) -> None:
    served.ask("GET", f"/v1/jobs/{name}/events")
    assert json.loads(served.ask("GET", f"/v1/jobs/{name}")[2])["stage"] == "done"


def test_the_client_in_fifty_lines(served: Served, tmp_path: Path) -> None:
    assert len([line for line in CLIENT.splitlines() if line.strip()]) <= 50
    where = folder(tmp_path)
    (where / "client.py").write_text(CLIENT.replace(LOCAL, served.url))
    command = [sys.executable, "client.py", "photo.jpg", "large.png"]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout == "896x896, faces made up: 1\n"
    assert opened((where / "large.png").read_bytes()).shape == (896, 896, 3)
    later = (
        "from client import Enhance; from pathlib import Path; photo = Path('photo.jpg').read_bytes();"
        "picture, facts = Enhance().later('enhance', photo, scale=1.5, model='bicubic')(); print(len(facts));"
        "Path('later.png').write_bytes(picture)"
    )
    subprocess.run([sys.executable, "-c", later], cwd=where, check=True, timeout=300)
    assert opened((where / "later.png").read_bytes()).shape == (336, 336, 3)
