"""How fast a run learns, from its first step to its last."""

from dataclasses import dataclass


def grown(step: int, steps: int) -> float:
    """The share that is reached, at a step, of what grows over so many steps from the first one on; 0: all at once."""
    return min(1.0, (step + 1) / max(steps, 1))


@dataclass(frozen=True)
class Schedule:
    """The learning rate over a run, and what keeps single steps from doing harm.

    Attributes:
        rate: Adam's learning rate.
        warm_up: steps over which it grows from zero.
        cool_down: the last part of the run, as a fraction, that brings it down to a tenth.
        clip: largest length of a group's gradient.
        ema: decay of the running averages.
    """

    rate: float = 2e-4
    warm_up: int = 100
    cool_down: float = 0.2
    clip: float = 5.0
    ema: float = 0.999

    def learning_rate(self, step: int, spent: float) -> float:
        """At a step, when a part `spent` (0 to 1) of the run is over."""
        falling = 1.0 if spent < 1 - self.cool_down else max(0.1, (1 - spent) / self.cool_down)
        return self.rate * falling * grown(step, self.warm_up)

    def decay(self, step: int) -> float:
        """Of the running averages: early in a run they follow quickly."""
        return min(self.ema, (1 + step) / (10 + step))
