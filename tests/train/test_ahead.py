"""Batches that are made before they are asked for."""

import threading
from collections.abc import Sequence

import pytest
import torch

from enhance.train import ahead
from enhance.train.task import Batch


class Steps:
    digest = "none"

    def __init__(self) -> None:
        self.threads: dict[int, threading.Thread] = {}

    def batch(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        if step == 5:
            raise ValueError("the fifth")
        self.threads[step] = threading.current_thread()
        return {"x": torch.tensor([step, rank, world])}

    def held_out(self) -> Sequence[Batch]:
        return []


@pytest.mark.parametrize("early", [False, True])
def test_batches_are_the_same_ahead_or_not(early: bool) -> None:
    data, here = Steps(), threading.current_thread()
    with ahead.batches(data, 1, 2, ahead=early) as batch_of:
        for step in (0, 1, 2, 0, 1, 4):  # and after a jump
            assert batch_of(step)["x"].tolist() == [step, 1, 2]
        with pytest.raises(ValueError, match="the fifth"):
            batch_of(5)
    assert (data.threads[2] is here) != early
