import pytest

from enhance.train.schedule import Schedule, grown

SCHEDULE = Schedule(rate=1e-3, warm_up=100, cool_down=0.2, ema=0.99)


def test_the_rate_grows_at_the_beginning_and_falls_to_a_tenth_at_the_end() -> None:
    assert SCHEDULE.learning_rate(0, 0.0) == pytest.approx(1e-5)
    assert SCHEDULE.learning_rate(49, 0.0) == pytest.approx(5e-4)
    assert [SCHEDULE.learning_rate(1000, spent) for spent in (0.0, 0.5, 0.79)] == [1e-3] * 3
    assert SCHEDULE.learning_rate(1000, 0.9) == pytest.approx(5e-4)
    assert [SCHEDULE.learning_rate(1000, spent) for spent in (0.99, 1.0, 1.5)] == pytest.approx([1e-4] * 3)


def test_averages_follow_quickly_at_the_beginning() -> None:
    assert SCHEDULE.decay(0) == pytest.approx(0.1)
    assert SCHEDULE.decay(90) == pytest.approx(0.91)
    assert SCHEDULE.decay(10_000) == 0.99


def test_what_grows_is_there_at_once_or_after_its_steps() -> None:
    assert grown(0, 0) == 1
    assert [grown(step, 4) for step in (0, 1, 3, 9)] == [0.25, 0.5, 1, 1]
