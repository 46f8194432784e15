"""What hubs of models read of a card."""

import pytest

from enhance.evaluate.front_matter import front_matter
from enhance.inference.model import models
from enhance.inference.shipped import weights_of


@pytest.mark.parametrize("name", models())
def test_every_shipped_card_begins_with_it(name: str) -> None:
    page = weights_of(name).with_suffix(".md").read_text()
    head = front_matter(name, models()[name])
    assert page.startswith(head), f"begin {name}.md with:\n{head}"
    assert page.removeprefix(head).startswith(f"\n# {name}\n")


def test_it_is_yaml() -> None:
    yaml = pytest.importorskip("yaml")
    said = {"task": "super_resolution", "licence": "research: no, 'other' use"}
    head = yaml.safe_load(front_matter("face_x4", said).strip("-\n"))
    assert head == {
        "license": "other",
        "license_name": said["licence"],
        "library_name": "onnx",
        "pipeline_tag": "image-to-image",
        "model_name": "face_x4",
        "metrics": ["psnr", "ssim", "st-lpips"],
        "tags": ["onnx", "enhance", "super-resolution"],
    }
    assert yaml.safe_load(front_matter("bird", {"task": "imagination", "licence": "MIT"}).strip("-\n")) == {
        "license": "mit",
        "library_name": "onnx",
        "pipeline_tag": "text-to-image",
        "model_name": "bird",
        "tags": ["onnx", "enhance", "imagination"],
    }
