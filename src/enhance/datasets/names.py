"""What the names of pictures say: where they are from, who is on them, and which part of the face frame they show."""

from enhance.pixels import Box

WHOLE_PICTURE: Box = (0.0, 0.0, 1.0, 1.0)
"""Left, top, right and bottom of the whole face frame, as fractions of it."""
WINDOWS: dict[str, Box] = {"utk_": (0.125, 0.1875, 0.875, 0.9375)}
"""Name prefix -> part of the frame that such pictures show; others show all of it."""

AGES = ((0, 12), (13, 19), (20, 39), (40, 59), (60, 200))
LABELS = ("source", "sex", "age", "group")


def window(name: str) -> Box:
    """The part of the face frame that a picture of this name shows, as fractions."""
    return next((box for prefix, box in WINDOWS.items() if name.startswith(prefix)), WHOLE_PICTURE)


def labels(name: str) -> dict[str, str]:
    """What a name says: SOURCE_AGE_SEX_GROUP_ID for aaf_ and utk_, otherwise only the source.

    >>> labels("utk_26_f_black_00012")
    {'source': 'utk', 'sex': 'female', 'age': '20-39', 'group': 'black'}
    """
    source, *rest = name.split("_")
    if source not in {"aaf", "utk"} or len(rest) < 3 or not rest[0].isdigit():
        return {"source": source}
    low, high = next(band for band in AGES if int(rest[0]) <= band[1])
    return {
        "source": source,
        "sex": {"f": "female", "m": "male"}.get(rest[1], rest[1]),
        "age": f"{low}-{high}" if high < 200 else f"{low}+",
        "group": {"x": "East Asian"}.get(rest[2], rest[2]),
    }
