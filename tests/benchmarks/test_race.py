"""benchmarks/race.py: what it keeps of the peers, on made-up faces."""

from pathlib import Path

import race
from enhance.evaluate import protocol
from enhance.evaluate.comparison import bicubic
from enhance.evaluate.protocol import Pictures


def test_peers_are_measured_once_and_again_for_other_faces_or_peers(folder: Path, tmp_path: Path) -> None:
    drawn = []

    def peer(lr: Pictures) -> Pictures:
        drawn.append(len(lr))
        return bicubic(lr)

    def measured(names: tuple[str, ...], limit: int, degradation: protocol.Degradation = protocol.clean) -> int:
        drawn.clear()
        kept = tmp_path / "kept" / "16.json"
        found = race.of_peers(dict.fromkeys(names, peer), [folder], 16, limit, degradation, kept)
        assert {row.model for row in found.rows} == {"bicubic", *names}
        assert found.score(names[0], 16, "PSNR") == found.score("bicubic", 16, "PSNR")
        return sum(drawn)

    assert measured(("one",), 3) == 3
    assert measured(("one",), 3) == 0
    assert measured(("one",), 2) == 2
    assert measured(("one", "two"), 2) == 4
    assert measured(("one", "two"), 2, protocol.grainy) == 4
    assert measured(("one", "two"), 2, protocol.grainy) == 0
