"""How large is the core install, and what takes the room? Counted where it is installed; nothing is downloaded.

    python -m venv /tmp/core && /tmp/core/bin/pip install . && /tmp/core/bin/python benchmarks/install_size.py [--write]

Any environment will do: only what the core asks for is counted, extras are not. A megabyte has 1,000,000 bytes. Files
that Python compiles are counted apart, for `pip install --no-compile` and uv leave them out.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

import enhance

LIMIT = 350.0
"""Megabytes that the core may take, without what Python compiles."""
SHOWN = 2.0
"""Megabytes from which a package has a row of its own."""
NAME = "enhance"
ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "command-line.md"


@dataclass(frozen=True)
class Size:
    """Megabytes of a package: its files, and what Python compiled of them."""

    files: float
    compiled: float

    def __add__(self, other: "Size") -> "Size":
        return Size(self.files + other.files, self.compiled + other.compiled)


def core_requirements() -> list[Requirement]:
    """What pyproject.toml asks for without extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [Requirement(line) for line in project["dependencies"]]


def core_packages() -> list[metadata.Distribution]:
    """This package and all that its core needs, each once."""
    packages = {NAME: metadata.distribution(NAME)}
    waiting = core_requirements()
    while waiting:
        distribution = metadata.distribution(waiting.pop().name)
        if distribution.name not in packages:
            packages[distribution.name] = distribution
            requirements = map(Requirement, distribution.requires or ())
            waiting += [need for need in requirements if need.marker is None or need.marker.evaluate({"extra": ""})]
    return list(packages.values())


def other_versions() -> list[str]:
    """Packages that are installed in a version for which pyproject.toml does not ask."""
    versions = [(need, metadata.version(need.name)) for need in core_requirements()]
    return [
        f"{need.name} {version}" for need, version in versions if not need.specifier.contains(version, prereleases=True)
    ]


def installed_files(distribution: metadata.Distribution) -> set[Path]:
    """The files of a package; those beside the source where `pip install -e` only points to it."""
    if distribution.name == NAME:
        return {path for path in Path(enhance.__file__).parent.rglob("*") if path.is_file()}
    listed = {Path(str(distribution.locate_file(path))) for path in distribution.files or ()}
    compiled = {
        there
        for path in listed
        if path.suffix == ".py"
        for there in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")
    }
    return {path for path in listed | compiled if path.is_file()}


def size(files: Iterable[Path]) -> Size:
    """How large files are."""
    megabytes = [(path.suffix == ".pyc", path.stat().st_size / 1e6) for path in files]
    return Size(
        sum(size for compiled, size in megabytes if not compiled), sum(size for compiled, size in megabytes if compiled)
    )


def measure() -> dict[str, Size]:
    """Name and version of each package of the core to its size, the largest first."""
    sizes = {f"{package.name} {package.version}": size(installed_files(package)) for package in core_packages()}
    return dict(sorted(sizes.items(), key=lambda item: -item[1].files))


def table(sizes: Mapping[str, Size]) -> list[str]:
    """The rows in Markdown: large packages, all others together, the sum."""
    large = {name: each for name, each in sizes.items() if each.files >= SHOWN}
    others = total(each for name, each in sizes.items() if name not in large)
    rows = {**large, f"{len(sizes) - len(large)} others": others, "**together**": total(sizes.values())}
    lines = [f"| {name} | {each.files:.1f} | {each.compiled:.1f} |" for name, each in rows.items()]
    return ["| package | MB | compiled by Python, MB |", "|---|---|---|", *lines]


def total(sizes: Iterable[Size]) -> Size:
    """All of them together."""
    return sum(sizes, Size(0, 0))


def main() -> int:
    """Measure, print, write; 1 where the core is larger than it may be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"also write the table into {PAGE.name}")
    options = parser.parse_args()
    for package in other_versions():
        print(f"install_size: {package} is not what pyproject.toml asks for", file=sys.stderr)
    sizes = measure()
    print("\n".join(table(sizes)))
    if options.write:
        from pages import rewrite

        rewrite(PAGE, "install size", table(sizes))
    if (large := total(sizes.values()).files) > LIMIT:
        print(f"install_size: the core takes {large:.0f} MB; it may take {LIMIT:.0f}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
