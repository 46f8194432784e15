"""Files for clusters, which no test can run: that they are well formed, and that the options in them exist."""

import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest

from enhance.cli import commands

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
