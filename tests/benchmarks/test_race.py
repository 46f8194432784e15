"""benchmarks/race.py: what it keeps of the peers, on made-up faces."""

from pathlib import Path

import race
from enhance.pixels import Planes
from enhance.tasks.upscale import benchmark


def test_peers_are_measured_once_and_again_for_other_faces_or_peers(folder: Path, tmp_path: Path) -> None:
    drawn = []

    def peer(lr: Planes) -> Planes:
        drawn.append(len(lr))
        return benchmark.bicubic(lr)

    def measured(names: tuple[str, ...], limit: int, degraded: bool = False) -> int:
        drawn.clear()
        faces = benchmark.faces([folder], sizes=[16], limit=limit, degraded=degraded)
        kept = tmp_path / "kept" / "16.json"
        found = race.of_peers(dict.fromkeys(names, peer), faces, kept)
        assert {row.model for row in found.rows} == {"bicubic", *names}
        assert found.score(names[0], 16, "PSNR") == found.score("bicubic", 16, "PSNR")
        return sum(drawn)

    assert measured(("one",), 3) == 3
    assert measured(("one",), 3) == 0
    assert measured(("one",), 2) == 2
    assert measured(("one", "two"), 2) == 4
    assert measured(("one", "two"), 2, True) == 4
    assert measured(("one", "two"), 2, True) == 0
