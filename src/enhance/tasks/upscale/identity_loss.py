"""A loss on the identity of faces."""

from torch import Tensor, autocast

from enhance.tasks.upscale.networks.recogniser import Recogniser, recogniser_crop, shows_face
from enhance.train.perceptual import FeatureLoss


class IdentityLoss(FeatureLoss):
    """Face embedding of each picture. Zero for windows that do not show a whole face."""

    def __init__(self) -> None:
        super().__init__()
        self.recogniser = Recogniser()

    def forward(self, pictures: Tensor, coordinates: Tensor) -> list[Tensor]:
        whole = shows_face(coordinates)
        embedding = pictures.new_zeros(len(pictures), 512, 1, 1)
        if whole.any():
            # In bf16 a likeness would be lost in the rounding.
            with autocast(pictures.device.type, enabled=False):
                embedding[whole] = self.recogniser(recogniser_crop(pictures[whole].float()))[:, :, None, None]
        return [embedding]
