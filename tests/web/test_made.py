import base64
import json

import pytest

pytest.importorskip("fastapi", reason="the web extra is not installed")

from enhance.web.bodies import form_parts
from enhance.web.made import MOST_IN_HEADER, Made, MadePicture, preferred
from enhance.web.refusals import RefusedError

KINDS = ("image/png", "image/jpeg", "image/webp")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "image/png"),
        ("*/*", "image/png"),
        ("image/webp", "image/webp"),
        ("text/html, image/jpeg", "image/jpeg"),
        ("image/jpeg;q=0.3, image/webp;q=0.8", "image/webp"),
        ("image/*", "image/png"),
        ("image/avif,image/webp,*/*;q=0.8", "image/webp"),
        ("image/webp;q=x", "image/png"),
        ("text/plain", "image/png"),
    ],
)
def test_the_kind_that_is_liked_best(accept: str, kind: str) -> None:
    assert preferred(accept, KINDS) == kind


def test_facts_fit_into_a_header_and_are_all_there_as_json() -> None:
    faces = [{"number": n, "box": [1.5, 2.5, 3.5, 4.5]} for n in range(500)]
    made = Made({"width": 3, "faces": faces, "notes": ["one"]}, (MadePicture(b"abc", "image/png", 7),), b"mask")
    told = json.loads(made.header())
    assert len(made.header()) <= MOST_IN_HEADER
    assert told["shortened"]
    assert told["faces"] == faces[: len(told["faces"])] != []
    assert told["notes"] == ["one"]
    everything = made.everything()
    assert len(everything["faces"]) == 500
    assert base64.b64decode(everything["answers"][0]["data"]) == b"abc"
    assert base64.b64decode(everything["mask"]) == b"mask"
    short = Made({"faces": faces[:2]}).header()
    assert "shortened" not in short


def form(*parts: tuple[str, bytes], end: bytes = b"--X--\r\n") -> bytes:
    head = 'content-disposition: form-data; name="{}"; filename="name=mask.png"\r\n\r\n'
    return b"".join(b"--X\r\n" + head.format(name).encode() + data + b"\r\n" for name, data in parts) + end


def test_parts_of_a_form_arrive_to_the_bit() -> None:
    data = bytes(range(256)) + b"\r\n--\r\n\r\n--Y"
    kind = 'multipart/form-data; boundary="X"'
    assert form_parts(form(("photo", data), ("mask", b"")), kind, ("photo", "mask")) == {"photo": data, "mask": b""}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (form(("photo", b"a"), end=b""), "multipart/form-data; boundary=X"),
        (form(("photo", b"a")), "multipart/form-data"),
        (form(("photo", b"a")), "multipart/form-data; boundary=Y"),
        (b"--X\r\nno head\r\n--X--", "multipart/form-data; boundary=X"),
        (form(("photo", b"a"), ("photo", b"b")), "multipart/form-data; boundary=X"),
        (form(("other", b"a")), "multipart/form-data; boundary=X"),
    ],
)
def test_forms_that_are_none(content: bytes, kind: str) -> None:
    with pytest.raises(RefusedError) as caught:
        form_parts(content, kind, ("photo", "mask"))
    assert caught.value.code == "bad_multipart"
