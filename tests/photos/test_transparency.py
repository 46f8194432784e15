import numpy as np

from enhance.photos import photo


def test_hidden_colours_come_from_near_by() -> None:
    """Whatever part of a large picture they are in: left is red, right is blue, and between them nothing shows."""
    given = np.zeros((701, 90, 4), np.uint8)
    given[:, :30], given[:, 60:] = (255, 0, 0, 255), (0, 0, 255, 255)
    found = photo.read(given).pixels
    assert (found[:, 30:32, 0] > 200).all()
    assert (found[:, 58:60, 2] > 200).all()
    assert (found.sum(-1, dtype=int) > 240).all()
    assert np.ptp(found, axis=0).max() <= 1


def test_what_is_half_transparent_keeps_its_colour() -> None:
    given = np.random.default_rng(2).integers(0, 255, (9, 7, 4), dtype=np.uint8)
    given[..., 3] = np.maximum(given[..., 3], 20)
    assert np.array_equal(photo.read(given).pixels, given[..., :3])
