"""docs/new-task.md: its code blocks, one after the other, are a program that trains, resumes, exports and runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "new-task.md"


def test_the_blocks_are_a_program_that_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(blocks) > 7
    (tmp_path / "brighter.py").write_text("\n".join(blocks), encoding="utf-8")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "brighter.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "brighter.onnx").is_file()
    assert {"last.pt", "best.pt", "log.jsonl", "curves.png"} <= {
        path.name for path in (tmp_path / "runs/brighter").iterdir()
    }
