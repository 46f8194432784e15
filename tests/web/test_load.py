"""Many clients at once, of every task."""

import io
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="the web extra is not installed")

from enhance.inference import shipped
from tests.web.conftest import Served, running
from tests.web.test_tasks import ASTRONAUT, cat

HEAD = "box=56,0,140,84"
ASKED = (
    ("", f"/v1/enhance?{HEAD}", ASTRONAUT),
    ("", f"/v1/lineup?n=2&{HEAD}", ASTRONAUT),
    ("", f"/v1/explore?{HEAD}", ASTRONAUT),
    ("", "/v1/faces", ASTRONAUT),
    ("face_fill", "/v1/fill?region=40,0,110,110&hole=90,20,20,20", ASTRONAUT),
    ("", f"/v1/map?{HEAD}", ASTRONAUT),
    ("zebra", "/v1/translate?region=0,0,96,96&force=true", ASTRONAUT),
    ("horse", "/v1/translate?to=horse&region=0,0,96,96&force=true", ASTRONAUT),
    ("sketch_cat", "/v1/sketch?size=128&format=webp", cat()),
    ("bird", "/v1/imagine?size=64", b"a small red bird"),
)
SECONDS, CLIENTS = 60, 32


@pytest.mark.slow
def test_many_clients_of_every_task(served: Served) -> None:
    """No answer but 200 and 429, and no more memory in the second half than in the first."""
    asked = [(path, body) for name, path, body in ASKED if not name or shipped.weights_of(name).is_file()]
    for path, body in asked:
        assert served.ask("POST", path, body)[0] == 200, path
    until = time.monotonic() + SECONDS
    memory: list[float] = []

    def client(first: int) -> list[int]:
        statuses = []
        for n in range(first, 10**6):
            if time.monotonic() > until:
                break
            path, body = asked[n % len(asked)]
            status, headers, _ = served.ask("POST", path, body)
            statuses.append(status)
            if status == 429:
                time.sleep(int(headers["retry-after"]) / 4)
            memory.append(served.memory())
        return statuses

    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = [status for one in pool.map(client, range(CLIENTS)) for status in one]
    assert set(statuses) == {200, 429}
    half = len(memory) // 2
    print(f"{statuses.count(200)} answers, {statuses.count(429)} refusals; {max(memory[:half]):.0f} MB, then "
          f"{max(memory[half:]):.0f}")  # fmt: skip
    assert max(memory[half:]) < 1.1 * max(memory[:half]) + 20


@pytest.mark.slow
def test_the_largest_answer_takes_little_more_memory_than_itself(tmp_path: Path) -> None:
    """A file of some kilobytes that asks for 64 megapixels: 192 MB in memory."""
    buffer = io.BytesIO()
    Image.new("RGB", (1000, 1000), "teal").save(buffer, "JPEG")
    for service in running(tmp_path / "log"):
        before = service.memory()
        status, _, body = service.ask("POST", "/v1/enhance?model=bicubic&scale=8&format=jpg", buffer.getvalue())
        assert status == 200, body
        peak = re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{service.process.pid}/status").read_text())
        assert int(peak[0]) / 1024 - before < 1000
