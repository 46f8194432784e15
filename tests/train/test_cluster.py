"""Processes on a real Ray cluster of this machine that learn together."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.processes import ran
from tests.train.test_distributed import EXAMPLES, ROOT, losses

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: pip install 'enhance[ray]'")
LEARN = "from tests.train.test_distributed import *; teach({!r}, {})"
FAIL = "import os, sys, time; os.environ['RANK'] == '1' and sys.exit(7); time.sleep(999)"


@pytest.mark.slow
def test_two_processes_of_a_cluster_learn_as_one_and_fail_as_one(tmp_path: Path) -> None:
    # In a process of its own: what Ray leaves open is not ours to complain about.
    code = f"""
import os, sys
os.environ["OMP_NUM_THREADS"] = "1"
import ray
from enhance.errors import TrainingError
from enhance.train.cluster import launched
start = ray.init
ray.init = lambda **how: start(num_cpus=2, object_store_memory=100 << 20, **how)
print(launched(2, [sys.executable, "-c", {LEARN.format(str(tmp_path / "run"), 20 * EXAMPLES)!r}]))
print(launched(2, [sys.executable, "-c", {FAIL!r}]))
try:
    launched(3, [sys.executable, "-c", ""])
except TrainingError as error:
    print(error)
"""
    paths = os.pathsep.join((str(ROOT), str(ROOT / "src")))
    done = ran([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}, limit=900)
    assert done.stdout.splitlines() == ["0", "7", "the cluster has 2 CPUs, not 3; use fewer --workers"], done.stderr
    by_two = losses(tmp_path / "run")
    assert len(by_two) == 20
    assert by_two[-1]["error"] < by_two[0]["error"]
