import torch

from enhance.train.projected import DEPTHS, ProjectedDiscriminator, pooled_to


def features(count: int, seed: int) -> list[torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    sides = 8, 4
    made = [torch.randn(count, depth, side, side, generator=random) for depth, side in zip(DEPTHS, sides, strict=True)]
    return [torch.nn.functional.normalize(x, dim=1) for x in made]


def test_it_judges_pictures_alone_and_with_each_condition() -> None:
    torch.manual_seed(0)
    judge = ProjectedDiscriminator((3, 3)).eval()
    first, second = ([torch.rand(2, 3, side, side) for side in (8, 4)] for _ in range(2))
    alone, (with_first, with_second) = judge(features(2, 0), first, second)
    assert [x.shape for x in alone] == [x.shape for x in with_first] == [(2, 1, 8, 8), (2, 1, 4, 4)]
    again, (other,) = judge(features(2, 0), second)
    for depth in range(2):
        assert torch.allclose(again[depth], alone[depth])
        assert torch.allclose(other[depth], with_second[depth])
        assert not torch.allclose(with_first[depth], with_second[depth])


def test_it_learns_to_tell_features_apart() -> None:
    torch.manual_seed(0)
    judge = ProjectedDiscriminator((1, 1), widths=(16, 16))
    condition = [torch.zeros(4, 1, side, side) for side in (8, 4)]
    optimiser = torch.optim.Adam(judge.parameters(), lr=3e-3)
    lean = [torch.nn.functional.pad(torch.ones(1, 8, 1, 1), (0, 0, 0, 0, 0, depth - 8)) for depth in DEPTHS]
    real, made = (
        [torch.nn.functional.normalize(x + sign * one, dim=1) for x, one in zip(features(4, n), lean, strict=True)]
        for n, sign in ((1, 1), (2, -1))
    )
    gaps = []
    for _ in range(60):
        means = [torch.cat([x.flatten(1) for x in judge(one, condition)[0]], 1).mean() for one in (real, made)]
        gaps.append((means[0] - means[1]).item())
        optimiser.zero_grad()
        (means[1] - means[0]).backward()
        optimiser.step()
    assert gaps[-1] > 5 * abs(gaps[0])


def test_a_vector_is_judged_against_the_picture_as_a_whole() -> None:
    torch.manual_seed(0)
    judge = ProjectedDiscriminator((3, 3), vector=5).eval()
    maps = pooled_to(features(2, 0), torch.rand(2, 3, 16, 16))
    one, another = torch.rand(2, 2, 5)
    _, (with_one, with_another) = judge(features(2, 0), maps, maps, vectors=(one, another))
    assert [x.shape for x in with_one] == [(2, 1, 8, 8), (2, 1, 4, 4), (2, 1, 1, 1), (2, 1, 1, 1)]
    for depth in range(2):
        assert torch.equal(with_one[depth], with_another[depth])
        assert not torch.allclose(with_one[2 + depth], with_another[2 + depth])
