"""What is read and refused of a request before anything is drawn."""

import io

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="the web extra is not installed")

from enhance.errors import PhotoError
from enhance.photos.photo import Photo
from enhance.tasks.fill.options import FillOptions
from enhance.web.bodies import Body
from enhance.web.looking import Looking
from enhance.web.orders import MaskError, Order, TooLargeError, cut
from enhance.web.queries import query_model
from enhance.web.query_options import PartOptions
from enhance.web.settings import Limits
from enhance.web.worker import Job

LIMITS = Limits()
QUERY = query_model("Query", (FillOptions, PartOptions))


def file_of(pixels: np.ndarray) -> bytes:
    Image.fromarray(pixels).save(buffer := io.BytesIO(), "PNG")
    return buffer.getvalue()


def order(mask: bytes | None = None, limits: Limits = LIMITS, **query: str) -> Order:
    photo = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    return Order(Job(), Body(file_of(photo), mask), QUERY(**query), "png", limits, Looking())


def test_the_part_that_is_meant_is_cut_out() -> None:
    meant = order(box="10,5,30,25")
    photo = meant.photo()
    part = meant.drawable(photo)
    assert (photo.name, meant.job.stage) == ("photo", "drawing")
    assert (part.pixels == photo.pixels[5:25, 10:30]).all()
    whole = order()
    assert whole.drawable(photo) is photo
    with pytest.raises(PhotoError, match="outside its 40x30 pixels"):
        cut(photo, (10, 5, 41, 25))


def test_what_has_too_many_pixels_is_refused() -> None:
    with pytest.raises(TooLargeError, match="more than 1,000 pixels"):
        order(limits=Limits(look=1000)).photo()
    small = order(limits=Limits(draw=1000, result=1000))
    with pytest.raises(TooLargeError, match="40x30 is more than 1,000 pixels at a time"):
        small.drawable(small.photo())
    small.refuse_result(20, 50)
    with pytest.raises(TooLargeError, match="21x50 pixels would be more"):
        small.refuse_result(21, 50)


def test_a_mask_is_of_the_photos_size() -> None:
    photo = Photo(np.zeros((30, 40, 3), np.uint8))
    assert order().mask(photo) is None
    bright = np.zeros((30, 40), np.uint8)
    bright[3:9, 4:8] = 128
    marked = order(file_of(bright)).mask(photo)
    assert marked is not None
    assert (marked == (bright > 0)).all()
    with pytest.raises(MaskError, match="mask: is 30x30, the photo 40x30"):
        order(file_of(bright[:, :30])).mask(photo)
    with pytest.raises(MaskError, match="mask"):
        order(b"no picture").mask(photo)
