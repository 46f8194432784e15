"""benchmarks/dcgan.py."""

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch

import dcgan
from dcgan import Batch, Networks, blended, learn, search


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dcgan, "WIDTH", 4)


@pytest.mark.parametrize("words", [0, 5])
def test_both_networks_learn_and_a_run_goes_on_where_it_ended(tmp_path: Path, words: int) -> None:
    def batch(step: int) -> Batch:
        random = torch.Generator().manual_seed(step)
        pictures = torch.rand(4, 3, dcgan.SIDE, dcgan.SIDE, generator=random) * 2 - 1
        return pictures, torch.rand(4, words, generator=random), torch.rand(4, words, generator=random)

    networks = Networks(words)
    before = [part.clone() for part in networks.generator.parameters()]
    learn(networks, batch, argparse.Namespace(out=tmp_path, minutes=0.01))
    changed = [(old != new).any() for old, new in zip(before, networks.generator.parameters(), strict=True)]
    assert all(changed)
    again = Networks(words)
    learn(again, batch, argparse.Namespace(out=tmp_path, minutes=0.01))
    assert (again.steps, again.seconds) == (networks.steps, networks.seconds)
    noise = dcgan.uniform(3)
    assert torch.equal(again.generator(noise, torch.zeros(3, words)), networks.generator(noise, torch.zeros(3, words)))


def test_what_is_sought_agrees_with_what_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = Networks(0)
    networks.generator.eval()
    networks.discriminator.eval()
    with torch.no_grad():
        for weights in networks.generator.parameters():
            weights *= 3
        goal = (networks.generator(dcgan.uniform(2), torch.empty(2, 0)).numpy().transpose(0, 2, 3, 1) + 1) / 2
    inside = np.zeros((2, dcgan.SIDE, dcgan.SIDE), bool)
    inside[:, :, : dcgan.SIDE // 2] = True
    monkeypatch.setattr(dcgan, "PRIOR", 0)
    errors = []
    for steps in (1, 40):
        monkeypatch.setattr(dcgan, "SEARCHED", steps)
        torch.manual_seed(1)
        errors.append(np.abs(search(networks, goal, inside) - goal)[~inside].mean())
    assert errors[1] < errors[0]


@pytest.mark.parametrize("part", [(slice(20, 90), slice(30, 70)), (slice(None), slice(0, 48)), (slice(None),) * 2])
def test_a_face_is_blended_where_the_hole_is(part: tuple[slice, slice]) -> None:
    ramp = np.linspace(0.2, 0.8, 96, dtype=np.float32)
    picture = np.stack(
        [np.broadcast_to(ramp, (96, 96)), np.broadcast_to(ramp[:, None], (96, 96)), ramp + 0 * ramp[:, None]], -1
    )
    hole = np.zeros((96, 96), bool)
    hole[part] = True
    given = np.where(hole[..., None], np.float32(0), picture)
    same = blended(picture, given, hole)
    assert np.abs(same - picture).max() < 0.02
    darker = blended(picture - 0.1, given, hole)
    assert (darker[~hole] == given[~hole]).all()
    if not hole.all():
        edge = np.abs(darker - picture)[20:90, 47] if hole[0, 0] else np.abs(darker - picture)[20:90, 30]
        assert edge.mean() < 0.05
