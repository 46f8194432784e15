"""The rules of imports in pyproject.toml, and docs/architecture.md, leave nothing out."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOR_TRAINING = {"enhance.train", "enhance.evaluate", "enhance.cli", "enhance.tasks"}
"""Packages that may know torch, evaluation or the commands; of the tasks these modules:"""
IN_TASKS = {"benchmark", "data", "networks", "recipes", "training"} | {
    *{"degradation", "identity_loss", "measuring", "pairs", "photo_data", "quantization", "restoration"},
    *{"restoration_benchmark", "restored_data", "tour", "weight_adaptation", "bad_photos"},
    *{"coats", "finder", "layout_choice", "textures"},
}
CALIBRATION = {"enhance.honesty.calibration", "enhance.honesty.coverage"}
"""They measure, as `enhance evaluate` does."""


def modules() -> list[str]:
    paths = (path.relative_to(ROOT / "src").with_suffix("") for path in (ROOT / "src" / "enhance").rglob("*.py"))
    return [".".join(path.parts) for path in paths if path.name != "__init__"]


def test_whatever_runs_for_users_is_kept_from_torch() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        contract = tomllib.load(file)["tool"]["importlinter"]["contracts"][0]
    assert {"torch", "onnx", "matplotlib", "enhance.train", "enhance.evaluate"} <= set(contract["forbidden_modules"])
    for module in modules():
        parts = module.split(".")
        for_training = ".".join(parts[:2]) in FOR_TRAINING - {"enhance.tasks"} or module in CALIBRATION
        in_task = parts[1] == "tasks" and len(parts) > 3 and parts[3] in IN_TASKS
        kept = any(module == source or module.startswith(f"{source}.") for source in contract["source_modules"])
        assert kept != (for_training or in_task), module


def test_the_architecture_page_names_every_package_and_module_beside_them() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    for path in (ROOT / "src" / "enhance").iterdir():
        if path.is_dir() and (path / "__init__.py").exists():
            assert f"`{path.name}/`" in page, path.name
        elif path.suffix == ".py" and path.stem != "__init__":
            assert f"`{path.name}`" in page, path.name
    for task in (path.parent for path in (ROOT / "src" / "enhance" / "tasks").glob("*/__init__.py")):
        assert f"`{task.name}`" in page, task.name
    assert all((ROOT / "src" / "enhance" / "tasks" / name).exists() for name in re.findall(r"`tasks/([^`]+)`", page))
