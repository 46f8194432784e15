"""Counts in sentences."""


def counted(count: int, noun: str) -> str:
    """A count with its noun: "1 face", "1,200 faces"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
