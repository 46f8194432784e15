"""The discriminator: is this a photograph of a face, given what the small picture says and where we look?"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from enhance.tasks.upscale.networks.generator import LOUDER, PLACE, ResidualBlock


class Discriminator(nn.Module):
    """Strided convolutions without normalisation (batch norm does not go with R1 and R2 penalties).

    It sees the place in the frame, so that an eye is judged as an eye and a cheek as a cheek, and the small
    picture, so that a sharp face which is not this face is caught too. It answers for each 16x16 patch.

    Args:
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the picture's resolution.
        scale: how many times smaller than the picture the small one is; it is looked at, made smaller, at a quarter of
            the picture's resolution.
        sees_bad: whether it is told how much was taken out of the small picture where: what is soft there may have been
            sharp, or was soft before.
    """

    def __init__(
        self, widths: tuple[int, int, int, int] = (48, 96, 160, 224), scale: int = 4, sees_bad: bool = False
    ) -> None:
        super().__init__()
        self.scale = scale
        self.sees_bad = sees_bad
        half, quarter, eighth, sixteenth = widths
        self.to_half = nn.Conv2d(3, half, 4, stride=2, padding=1)
        self.to_quarter = nn.Conv2d(half, quarter, 4, stride=2, padding=1)
        self.given = nn.Conv2d(3 + PLACE + 3 * sees_bad, quarter, 3, padding=1)
        self.look_quarter = ResidualBlock(quarter)
        self.to_eighth = nn.Conv2d(quarter, eighth, 4, stride=2, padding=1)
        self.look_eighth = ResidualBlock(eighth)
        self.to_sixteenth = nn.Conv2d(eighth, sixteenth, 4, stride=2, padding=1)
        self.look_sixteenth = ResidualBlock(sixteenth)
        self.verdict = nn.Conv2d(sixteenth, 1, 3, padding=1)
        for layer in (self.to_half, self.to_quarter, self.given, self.to_eighth, self.to_sixteenth):
            nn.init.kaiming_normal_(layer.weight, 0.2)

    def forward(self, hr: Tensor, lr: Tensor, place: Tensor, bad: Tensor | None = None) -> Tensor:
        """hr (N,3,H,W), lr and bad (N,3,h,w) in [0,1], place (N,3,h,w) to logits (N,1,H/16,W/16)."""
        known = [lr * 2 - 1, place]
        if self.sees_bad:
            assert bad is not None
            known.append(LOUDER * (bad - lr).abs())
        told = torch.cat(known, 1)
        if self.scale < 4:
            told = functional.avg_pool2d(told, 4 // self.scale)
        x = functional.leaky_relu(self.to_half(hr * 2 - 1), 0.2)
        condition = self.given(told)
        x = self.look_quarter(functional.leaky_relu(self.to_quarter(x) + condition, 0.2))
        x = self.look_eighth(functional.leaky_relu(self.to_eighth(x), 0.2))
        x = self.look_sixteenth(functional.leaky_relu(self.to_sixteenth(x), 0.2))
        return self.verdict(functional.leaky_relu(x, 0.2))
