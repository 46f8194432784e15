"""Files for clusters, which no test can run: that they are well formed, and that the options in them exist."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest

from enhance.cli.program import commands

DEPLOY = Path(__file__).parents[1] / "deploy"


def accepted(words: list[str]) -> None:
    """Lets click read a command line, without running it."""
    name, *rest = words if words[0] in commands.commands else ["photo", *words]
    command = commands.commands[name]
    command.make_context(name, rest, resilient_parsing=False)


def test_the_job_for_kubernetes() -> None:
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load((DEPLOY / "kuberay.yaml").read_text())
    assert (job["kind"], job["apiVersion"]) == ("RayJob", "ray.io/v1")
    program, *words = shlex.split(job["spec"]["entrypoint"])
    assert program == "enhance"
    assert words[words.index("--engine") :][:2] == ["--engine", "ray"]
    accepted(words)
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    keys = [group["template"]["spec"]["containers"][0]["envFrom"] for group in groups]
    assert keys[0] == keys[1] != []


def test_the_script_for_slurm() -> None:
    script = DEPLOY / "slurm.sh"
    subprocess.run(["bash", "-n", script], check=True)
    text = script.read_text()
    ways = [words for group in re.findall(r"WORDS=\((.*)\)", text) for words in [shlex.split(group)]]
    assert len(ways) == 2
    for words in ways:
        accepted(["train", *words])
    assert "-m enhance.cli train" in text
    with pytest.raises(click.UsageError):
        accepted(["train", "--no-such-option"])


def test_the_script_for_slurm_starts_a_run_and_goes_on_with_it(tmp_path: Path) -> None:
    for name, what in {"scontrol": "printf 'node1\\nnode2\\n'", "srun": 'printf "%s\\n" "$@"'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{what}\n")
        (tmp_path / name).chmod(0o755)
    run = tmp_path / "run"
    slurm = {"SLURM_JOB_NODELIST": "node[1-2]", "SLURM_NNODES": "2", "RUN": str(run), "DATA": str(tmp_path)}
    environment = {**os.environ, **slurm, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for expected in ([str(tmp_path), "--recipe", "face_x4_gan", "--out", str(run)], ["--resume", str(run)]):
        command = ["bash", DEPLOY / "slurm.sh"]
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        words = said.stdout.splitlines()
        assert words[:3] == ["torchrun", "--nnodes", "2"]
        assert "node1:29500" in words
        after = words[words.index("train") + 1 :]
        assert after[: len(expected)] == expected
        accepted(["train", *after])
        run.mkdir(exist_ok=True)
        (run / "last.pt").touch()
