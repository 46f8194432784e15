"""The head of a card that hubs of models read: YAML between two lines of dashes."""

import json
from collections.abc import Mapping

FENCE = "---\n"
PIPELINES = {"imagination": "text-to-image", "finding": "image-segmentation"}
"""Task -> what hubs call it; all others make a picture from a picture."""
TASK_METRICS = {"super_resolution": ["psnr", "ssim", "st-lpips"]}
"""Task -> what the tables of its cards measure in the first place, as hubs write it."""
OPEN = ("MIT", "Apache-2.0")
"""Licences that hubs know by the names that our files give them."""


def front_matter(name: str, facts: Mapping[str, str]) -> str:
    """Licence, library, task, metrics and tags of a model.

    Args:
        facts: what its file says of itself.
    """
    task, licence = facts.get("task", ""), facts.get("licence", "")
    known = licence in OPEN
    lines = [
        f"license: {licence.lower() if known else 'other'}",
        *([] if known or not licence else [f"license_name: {json.dumps(licence)}"]),
        "library_name: onnx",
        f"pipeline_tag: {PIPELINES.get(task, 'image-to-image')}",
        f"model_name: {name}",
        *([f"metrics: {json.dumps(TASK_METRICS[task])}"] if task in TASK_METRICS else []),
        f"tags: {json.dumps(['onnx', 'enhance', *([task.replace('_', '-')] if task else [])])}",
    ]
    return FENCE + "".join(f"{line}\n" for line in lines) + FENCE
