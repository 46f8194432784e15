"""What can be asked of `fill`, beside the photo and its hole: each option once, for Python and the command line."""

from dataclasses import dataclass

from enhance.options import option

RESTS = ("patches", "network", "smooth")


@dataclass(frozen=True, kw_only=True)
class FillOptions:
    """How a hole is filled."""

    seed: int = option(0, "One of many possible answers.", least=0, most_over_http=2**31 - 1)
    aligned: bool = option(False, "The picture is a face in the frame already.")
    no_faces: bool = option(False, "Do not complete faces that the hole hides in part.")
    rest: str = option(
        RESTS[0],
        "What fills all but faces: patches copied from elsewhere in the photo, a network, or colours that run in "
        "smoothly.",
        choices=RESTS,
    )
    scratches: bool = option(False, "Fill thin light scratches, which it finds itself.")
