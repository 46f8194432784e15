import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from onnxruntime import InferenceSession

from enhance.tasks.translate import coats, recipes, textures, training
from enhance.tasks.translate.networks import IMAGE_AND_HINT, Encoder, alpha
from enhance.tasks.translate.recipes import Recipe
from enhance.train.export import TOLERANCE, parity, to_onnx
from enhance.train.quantization import quantized
from enhance.train.recipe import to_json
from enhance.train.trainer import Trainer

from .conftest import tiny

CPU = torch.device("cpu")
ALL = pytest.mark.parametrize("recipe", recipes.RECIPES.values(), ids=recipes.RECIPES)


@ALL
def test_a_recipe_trains_and_goes_on_where_it_stopped(recipe: Callable[[], Recipe], folders: Sequence[Path]) -> None:
    small = tiny(recipe())
    data = small.data(folders)
    trainer = Trainer(small.task(CPU), small.schedule, CPU)
    for step in range(2):
        found = trainer.step(data.batch(step), step)
    assert all(math.isfinite(float(loss)) for loss in found.values())
    other = Trainer(small.task(CPU), small.schedule, CPU)
    other.restore(trainer.state(), Path("run"))
    assert [float(x) for x in trainer.step(data.batch(2), 2).values()] == pytest.approx(
        [float(x) for x in other.step(data.batch(2), 2).values()], rel=1e-4
    )
    with trainer.averaged():
        assert math.isfinite(trainer.task.validate(data.held_out())["score"])
        for pictures in trainer.task.samples(data.held_out()[0]).values():
            assert pictures.shape[1] == 3


@ALL
def test_a_checkpoint_names_its_recipe(recipe: Callable[[], Recipe]) -> None:
    import json

    assert recipes.from_fields(json.loads(to_json(recipe()))) == recipe()


def test_the_finder_learns_one_batch_by_heart(folders: Sequence[Path]) -> None:
    small = tiny(recipes.animals())
    data = small.data(folders)
    trainer = Trainer(small.task(CPU), replace(small.schedule, rate=2e-3, warm_up=1), CPU)
    learnt = [float(trainer.step(data.batch(0), step)["cross_entropy"]) for step in range(40)]
    assert learnt[-1] < 0.4 * learnt[0]


def test_the_translator_learns_masks_and_textures(folders: Sequence[Path]) -> None:
    small = tiny(recipes.zebra())
    data = small.data(folders)
    trainer = Trainer(small.task(CPU), replace(small.schedule, rate=2e-3, warm_up=1), CPU)
    found = [trainer.step(data.batch(0), step) for step in range(60)]
    assert float(found[-1]["mask"]) < 0.6 * float(found[0]["mask"])
    assert float(found[-1]["texture"]) < 0.8 * float(found[0]["texture"])


def test_nothing_is_changed_where_the_mask_is_small() -> None:
    picture = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    mask = torch.full((1, 1, 8, 8), 0.2)
    mask[..., 4:] = 0.9
    made = textures.compose(picture, torch.full_like(picture, 0.3), mask)
    assert torch.equal(made[..., :4], picture[..., :4])
    assert (made[..., 4:] - picture[..., 4:]).min() > 0
    assert alpha(torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0])).tolist() == [0, 0, 0.5, 1, 1]


def test_a_pattern_is_gone_but_light_and_surroundings_stay() -> None:
    x = torch.arange(128.0)
    stripes = ((x // 4) % 2)[None, None, None].expand(1, 3, 128, 128).clone()
    stripes[:, :, :64] *= 0.5  # its upper half lies in shade
    mask = torch.zeros(1, 1, 128, 128)
    mask[..., 24:104, 24:104] = 1
    coat = torch.tensor([[0.5, 0.3, 0.2]])
    bare = coats.plain_coat(stripes, mask, coat, 1.5)
    inside = bare[..., 40:88, 40:88]
    assert inside.mean(2).std(2).max() < 0.05
    assert (inside[:, 0] > inside[:, 1]).float().mean() > 0.95
    assert bare[:, :, 80:88, 40:88].mean() > 1.3 * bare[:, :, 40:48, 40:88].mean()
    assert torch.equal(bare[..., :16], stripes[..., :16])


def test_textures_are_compared_by_direction_and_breadth_and_not_by_phase() -> None:
    eye, mask = Encoder(frozen=True), torch.ones(1, 1, 128, 128)
    x = torch.arange(128.0)

    def seen(period: float, phase: float, *, across: bool = False) -> list[torch.Tensor]:
        stripes = (((x + phase) // (period / 2)) % 2).expand(1, 3, 128, 128)
        stripes = stripes.mT if across else stripes
        return [textures.directions(features) for features in eye(stripes)[: training.TEXTURES]]

    original = seen(8, 0)
    shifted, broader, across = (
        float(textures.local_texture(other, original, mask))
        for other in (seen(8, 4), seen(12, 0), seen(8, 0, across=True))
    )
    assert shifted < 0.4 * broader
    assert shifted < 0.4 * across


def test_a_run_goes_on_that_began_before_tones_were_kept(folders: Sequence[Path]) -> None:
    small = tiny(recipes.zebra())
    task = small.task(CPU)
    task.load_state_dict({"textures": []})
    found = Trainer(task, small.schedule, CPU).step(small.data(folders).batch(0), 0)
    assert all(math.isfinite(float(value)) for value in found.values())
    assert task.state_dict()["tones"] is not None


def test_faint_stripes_are_told_from_strong_ones_and_place_does_not_matter() -> None:
    mask = torch.ones(1, 1, 128, 128)
    stripes = ((torch.arange(128.0) // 4) % 2).expand(1, 3, 128, 128)
    strong, moved = (textures.tones(x, mask) for x in (stripes, stripes.roll(3, -1)))
    faint = textures.tones(0.5 + 0.3 * (stripes - 0.5), mask)
    half = textures.tones(torch.cat([stripes[..., :64], 0 * stripes[..., :64] + 0.5], -1), mask)
    assert strong.shape[:2] == (1, 4)
    same, weak, partly = (float((x - strong).abs().mean()) for x in (moved, faint, half))
    assert same < 0.4 * weak
    assert same < 0.4 * partly
    assert textures.tones(stripes, 0 * mask).abs().max() == 0


def test_patterns_are_varied_within_the_animal_alone_and_the_same_way_for_a_seed() -> None:
    plain = torch.full((2, 3, 32, 32), 0.5)
    patterned = plain + 0.2 * ((torch.arange(32.0) // 4) % 2 - 0.5)
    mask = torch.zeros(2, 1, 32, 32)
    mask[..., 8:24, 8:24] = 1
    one, other, again = (
        coats.with_other_contrast(patterned, plain, mask, torch.Generator().manual_seed(seed)) for seed in (0, 1, 0)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(one[..., :8, :], plain[..., :8, :])
    spread = one[..., 8:24, 8:24].std((1, 2, 3))
    assert (spread - patterned[0, :, 8:24, 8:24].std()).abs().min() > 1e-3
    assert abs(float(spread[0] - spread[1])) > 1e-3


def test_a_hint_counts_for_nothing_at_first_and_is_learnt() -> None:
    painter = tiny(recipes.horse()).task(CPU).groups["generator"].networks["horse"]
    head = painter.translator.head
    assert head.weight.shape[1] == IMAGE_AND_HINT
    assert head.weight[:, -4:].abs().max() == 0
    torch.nn.init.normal_(painter.translator.paint.weight)
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    stripes = picture + 0.2 * ((torch.arange(64.0) // 2) % 2 - 0.5)
    coat, mask = torch.rand(1, 3), torch.ones(1, 1, 64, 64)
    painter(stripes, coat, mask).delta.sum().backward()
    assert head.weight.grad[:, -4:].abs().max() > 0


def test_a_network_of_coats_begins_with_what_its_teacher_knows() -> None:
    teacher = tiny(recipes.zebra()).task(CPU)
    for parameter in teacher.groups["generator"].networks["zebra"].parameters():
        torch.nn.init.normal_(parameter.data, std=0.1)
    weights = {"zebra": teacher.groups["generator"].networks["zebra"].state_dict()}
    small = tiny(recipes.horse())
    trainer = Trainer(small.task(CPU), small.schedule, CPU)
    trainer.begin_from(weights, Path("run"))
    networks = trainer.task.groups["generator"].networks
    begun, known = networks["horse"].state_dict(), weights["zebra"]
    assert torch.equal(begun["translator.trunk.0.first.weight"], known["trunk.0.first.weight"])
    assert torch.equal(networks["zebra"].state_dict()["paint.weight"], known["paint.weight"])
    assert begun["translator.paint.weight"].abs().max() == 0  # it draws nothing at first
    before = {**begun, "translator.head.weight": begun["translator.head.weight"][:, :-4]}  # of when it saw no hint
    own = trainer.task.adapt("horse", {"horse": before, "zebra": known})
    assert own is not None
    assert own.keys() == begun.keys()
    assert all(torch.equal(own[name], begun[name]) for name in begun)
    assert trainer.task.adapt("discriminator", {"horse": before, "zebra": known}) is None


@ALL
def test_a_network_is_exported_as_it_computes(recipe: Callable[[], Recipe]) -> None:
    task = tiny(recipe()).task(CPU)
    for name, exported in task.export().items():
        assert name == recipe().name
        model = to_onnx(exported)
        assert parity(exported, model.SerializeToString()) < TOLERANCE
        names = [node.name for node in model.graph.node if node.op_type == "Conv"]
        assert all(any(one.startswith(start) for one in names) for start in exported.floats)


@ALL
def test_a_network_can_be_rounded_to_8_bits(recipe: Callable[[], Recipe], folders: Sequence[Path]) -> None:
    for exported in tiny(recipe()).task(CPU).export().values():
        assert exported.calibration is not None
        inputs = [{name: x.numpy() for name, x in given.items()} for given in exported.calibration(folders)]
        assert all(given.keys() == exported.examples[0].keys() for given in inputs)
        model = to_onnx(exported)
        exact = model.SerializeToString()
        rounded = quantized(model, iter(inputs[:4]), exported.floats).SerializeToString()
        assert len(rounded) < 0.6 * len(exact)
        one, other = (InferenceSession(file).run(None, dict(inputs[0])) for file in (exact, rounded))
        assert all(abs(x - y).mean() < 0.05 for x, y in zip(one, other, strict=True))
