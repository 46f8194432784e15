"""What README and docs show is what happens: every command parses, and all but the long ones are run as they stand."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from PIL import Image

import command_line
import enhance
from enhance.cli.program import commands

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
TRAINING = (ROOT / "docs" / "training.md").read_text()
SHOWN = "".join(path.read_text() for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))))


def shown() -> list[tuple[str, list[str]]]:
    """The commands of the console blocks, each with the lines that it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", SHOWN, re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((re.sub(r"\s{2,}#.*| \| .*", "", line[2:]), []))
            elif line.strip():
                found[-1][1].append(line)
    return found


OURS = [(command, lines) for command, lines in shown() if command.startswith("enhance ")]


def run(command: str, where: Path, home: Path) -> str:
    arguments = shlex.split(command.replace("~", str(home)))
    environment = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "enhance.cli", *arguments[1:]],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def like(lines: list[str]) -> str:
    """The lines without what differs from machine to machine: seconds and decibels."""
    return re.sub(r"[\d.]+ (s|dB)\b", r"N \1", "\n".join(line.strip() for line in lines))


@pytest.mark.parametrize("command", dict.fromkeys(command for command, _ in OURS))
def test_a_command_parses(command: str) -> None:
    context = commands.make_context("enhance", shlex.split(command)[1:])
    name, chosen, rest = commands.resolve_command(context, [*context._protected_args, *context.args])
    assert chosen is not None
    chosen.make_context(name, rest)


def test_every_command_is_shown() -> None:
    hidden = [name for name in commands.commands if name != "photo" and f"enhance {name}" not in SHOWN]
    assert not hidden, f"no page shows {hidden}"


def test_the_tables_of_options_are_what_the_commands_say() -> None:
    page = command_line.PAGE.read_text()
    assert command_line.page(page) == page, "run `python benchmarks/command_line.py --write`"
    for name, command in commands.commands.items():
        shown = page.split(command_line.BEGIN.format(name))[1].split(command_line.END)[0]
        flags = {flag for one in command.params if isinstance(one, click.Option) for flag in one.opts}
        assert flags <= set(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", shown)), name


def options_named(text: str) -> set[str]:
    """Options of `enhance` that a page names in code: those of other programs stand in commands of these."""
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))
    ours = [span for span in spans if span.startswith(("--", "enhance ")) or re.match(r"-[a-z]\b", span)]
    return {flag for span in ours for flag in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", span)}


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda path: path.name
)
def test_no_page_names_an_option_that_is_not(path: Path) -> None:
    known = {flag for command in commands.commands.values() for one in command.params for flag in one.opts}
    known |= {flag for command in commands.commands.values() for one in command.params for flag in one.secondary_opts}
    scripts = " ".join(script.read_text() for script in (ROOT / "benchmarks").glob("*.py"))
    assert {flag for flag in options_named(path.read_text()) - known if f'"{flag}"' not in scripts} == set()


def test_every_target_of_make_exists() -> None:
    for command in (command for command, _ in shown() if command.startswith("make ")):
        subprocess.run([*shlex.split(command), "--dry-run"], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("command", dict.fromkeys(command for command, _ in OURS if "samples/" in command))
def test_a_command_on_the_samples_prints_what_is_shown(command: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    printed = like(run(command, tmp_path, tmp_path).splitlines())
    for lines in (lines for shown, lines in OURS if shown == command and lines):
        assert printed == like(lines)


def test_the_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    shutil.copy(ROOT / "samples" / "astronaut.jpg", tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    names = {"lr": np.zeros((1, 3, 16, 16), np.float32)}
    exec(code, names)
    with Image.open("larger.png") as larger:
        assert larger.size == (896, 896)
    assert names["hr"].shape == (1, 3, 64, 64)


def test_training_runs_from_photos_to_an_enhanced_photo(tmp_path: Path) -> None:
    """The walk of docs/training.md, with one batch where the page has minutes."""
    (tmp_path / "Photos").mkdir()
    shutil.copy(ROOT / "samples" / "astronaut.jpg", tmp_path / "photo.jpg")
    enhance.upscale(tmp_path / "photo.jpg").save(tmp_path / "Photos" / "large.png")
    walk = TRAINING.split("\n## ")[0]
    ran = [command for command, _ in OURS if command in walk]
    for command in ran:
        short = re.sub(r"--minutes \d+", "--images 1", command)
        run(short, tmp_path, tmp_path)
    assert len(ran) >= 5
    with Image.open(tmp_path / "photo_x4.jpg") as enhanced:
        assert enhanced.size == (896, 896)
