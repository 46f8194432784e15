"""recipes/*.sh: every shipped model has one; all stages are commands that `enhance` takes, with recipes it knows."""

import os
import subprocess
from pathlib import Path

import click
import pytest

from enhance import tasks
from enhance.cli.prepare import prepare
from enhance.cli.train import export, train

RECIPES = Path(__file__).parents[1] / "recipes"
SCRIPTS = sorted(path for path in RECIPES.glob("*.sh") if path.name != "stages.sh")
COMMANDS = {"train": train, "export": export, "prepare": prepare}
EARLIER = {"face_x4_grainy_finish_again", "face_x4_gan", "photo_x4", "photo_x4_grainy", "photo_fill"}
"""Runs of other scripts, which are to be run before."""
FAKE = """#!/bin/sh
for word in "$@"; do printf '%s\\t' "$word"; done >> "$CALLS"; echo >> "$CALLS"
while [ $# -gt 0 ]; do [ "$1" = --out ] && case $2 in *.onnx) ;; *) mkdir -p "$2" ;; esac; shift; done
"""


def test_every_shipped_model_has_a_script() -> None:
    weights = RECIPES.parent / "src" / "enhance" / "weights"
    assert {path.stem for path in SCRIPTS} == {path.name for path in weights.iterdir() if path.is_dir()}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_stages_are_commands_in_order(script: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("enhance", "python"):
        (tmp_path / "bin" / name).write_text(FAKE)
        (tmp_path / "bin" / name).chmod(0o755)
    calls = tmp_path / "calls"
    environment = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "CALLS": str(calls)}
    command = ["sh", str(script), "data", str(tmp_path / "runs"), "0.5"]
    subprocess.run(command, env=environment, check=True)
    lines = [line.rstrip("\t").split("\t") for line in calls.read_text().splitlines()]
    before: set[str] = set()
    for line in lines:
        if line[0] not in COMMANDS:
            continue
        with click.Context(COMMANDS[line[0]]) as context:
            COMMANDS[line[0]].parse_args(context, line[1:])  # refuses options that there are not
        given = context.params
        if line[0] == "train":
            assert tasks.recipe_named(given["recipe"]).name == given["recipe"]
            init = given["init"]
            assert init is None or init.name in before or init.name in EARLIER
            before.add(given["out"].name)
        elif line[0] == "export":
            runs = [run.parent if run.suffix == ".pt" else run for run in (given["run"], *given["others"])]
            assert {run.stem for run in runs} <= before | EARLIER
    assert any(line[0] == "export" and line[line.index("--out") + 1].endswith(f"/{script.stem}.onnx") for line in lines)

    again = len(lines)
    subprocess.run(command, env=environment, check=True)
    trained = [line for line in calls.read_text().splitlines()[again:] if line.startswith("train")]
    assert not trained, "a stage that is done is not trained again"
