"""What an enhanced photo is painted on: with the colour space, the transparency and the depth of the photo."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from PIL import Image

from enhance.photos import metadata
from enhance.photos.photo import Photo
from enhance.pixels import RGB, Integers, PixelBox, luma, resize, to_float, to_integers

PIXELS_AT_ONCE = 2**20
"""Pixels that are converted together: their floats take several times the memory of what is kept of them."""
REACH = 3
"""Pixels around a place that bicubic enlargement looks at, and one to spare."""


def to_image(photo: Photo, rgb: RGB) -> Image.Image:
    """The enhanced pixels of a photo, (h,w,3) in [0,1] and of any size, as an image with 8 bits a channel."""
    canvas = Canvas(photo, rgb.shape[1], rgb.shape[0])
    canvas.put(0, 0, rgb)
    return canvas.image()


class Canvas:
    """What an enhanced photo is painted on, part by part, in little more memory than the picture itself takes.

    It has the colour space and the transparency of the photo, and no colours where the photo has none.

    Attributes:
        info: icc_profile, exif, xmp, iptc and dpi of the photo, put right for this size; they are written with it.
        deep: whether it has 16 bits a channel.
    """

    def __init__(self, photo: Photo, width: int, height: int) -> None:
        self.photo, self.width, self.height = photo, width, height
        self._dtype = photo.pixels.dtype
        self.deep = self._dtype == np.uint16
        own = "RGB" if photo.profile is None else photo.profile.mode
        mode = ("L" if photo.grey else own) + ("" if photo.alpha is None else "A")
        # The encoders read Pillow's images, so that an array would have to be copied to be written.
        self._image = None if self.deep else Image.new(mode, (width, height))
        self._array = np.zeros((height, width, len(mode)), np.uint16) if self.deep else None
        self.info = _info(photo, width, height)

    def put(self, left: int, top: int, rgb: RGB) -> None:
        """Paint rgb (h,w,3) in [0,1], which lies inside the canvas, over what is at `left` and `top`."""
        rows = max(1, PIXELS_AT_ONCE // rgb.shape[1])
        for y in range(0, len(rgb), rows):
            self._put(left, top + y, rgb[y : y + rows])

    def put_integers(self, left: int, top: int, values: Integers) -> None:
        """`put` of values (h,w,3) of the photo's own type, rounded already."""
        if self.photo.profile is not None or self.photo.grey or self.photo.alpha is not None:
            self.put(left, top, to_float(values))
        else:
            self._place(left, top, values)

    def _put(self, left: int, top: int, rgb: RGB) -> None:
        height, width = rgb.shape[:2]
        box = left, top, left + width, top + height
        planes = [self._own(rgb, box)]
        if self.photo.alpha is not None:
            planes.append(self._enlarged(self.photo.alpha[..., None], box))
        self._place(left, top, to_integers(np.concatenate(planes, -1) if len(planes) > 1 else planes[0], self._dtype))

    def _place(self, left: int, top: int, values: Integers) -> None:
        height, width = values.shape[:2]
        if self._array is not None:
            self._array[top : top + height, left : left + width] = values
        elif self._image is not None:
            self._image.paste(_image_of(values, self._image.mode), (left, top))

    def _own(self, rgb: RGB, box: PixelBox) -> RGB:
        """Colours (h,w,3) as the file will have them, (h,w,C)."""
        photo = self.photo
        if photo.profile is None or photo.original is None:
            return luma(rgb)[..., None] if photo.grey else rgb
        colours = to_float(photo.profile.from_srgb(to_integers(rgb, self._dtype)))
        # What sRGB could not say of the original, or said with other inks, is as it was.
        x0, y0, x1, y1, inside = self._source(box)
        there = slice(y0, y1), slice(x0, x1)
        lost = to_float(photo.original[there]) - to_float(photo.profile.from_srgb(photo.pixels[there]))
        if photo.alpha is not None:
            lost[photo.alpha[there] == 0] = 0
        return colours + resize(lost, (rgb.shape[1], rgb.shape[0]), inside)

    def _enlarged(self, plane: Integers, box: PixelBox) -> RGB:
        """What a part of the canvas shows of (H,W,C), enlarged."""
        x0, y0, x1, y1, inside = self._source(box)
        return resize(to_float(plane[y0:y1, x0:x1]), (box[2] - box[0], box[3] - box[1]), inside)

    def _source(self, box: PixelBox) -> tuple[int, int, int, int, tuple[float, float, float, float]]:
        """The pixels of the photo that a part of the canvas is made from, and where in them it lies."""
        across, down = self.photo.width / self.width, self.photo.height / self.height
        left, top, right, bottom = box[0] * across, box[1] * down, box[2] * across, box[3] * down
        margin = REACH * max(1, across, down)
        x0, y0 = max(0, int(left - margin)), max(0, int(top - margin))
        x1, y1 = min(self.photo.width, int(right + margin) + 1), min(self.photo.height, int(bottom + margin) + 1)
        ends = min(right - x0, float(x1 - x0)), min(bottom - y0, float(y1 - y0))
        return x0, y0, x1, y1, (left - x0, top - y0, *ends)

    @property
    def rgb(self) -> RGB:
        """All that was painted, (height,width,3) float32 in [0,1], sRGB: for small pictures."""
        values = np.asarray(self._image) if self._array is None else self._array
        values = values.reshape(self.height, self.width, -1)
        if self.photo.alpha is not None:
            values = values[..., :-1]
        if self.photo.profile is not None:
            values = self.photo.profile.to_srgb(values)
        return to_float(np.repeat(values, 3, -1) if values.shape[-1] == 1 else values)

    def image(self) -> Image.Image:
        """The canvas as an image of 8 bits a channel, with what goes into its file besides in `info`."""
        image = self._image
        if self._array is not None:
            eight = np.empty(self._array.shape, np.uint8)
            for top in range(0, self.height, 256):
                eight[top : top + 256] = (self._array[top : top + 256].astype(np.uint32) + 128) // 257
            image = Image.fromarray(eight[..., 0] if eight.shape[-1] == 1 else eight)
        image = cast(Image.Image, image)
        image.info.update(self.finished())
        return image

    def rows(self) -> Integers:
        """What was painted on a deep canvas, (height,width,C) uint16."""
        return cast(Integers, self._array)

    @property
    def array(self) -> Integers:
        """The picture, (h,w) if it is grey and else (h,w,C), uint16 on a deep canvas, else uint8."""
        values = np.asarray(self.image()) if self._array is None else self._array
        return values[..., 0] if values.ndim == 3 and values.shape[-1] == 1 else values

    def as_given(self, source: object) -> Any:
        """The picture in the kind of what it was made from: an array of uint16 if that was one, else an image.

        PIL has no colours of 16 bits.
        """
        return self.array if isinstance(source, np.ndarray) and source.dtype == np.uint16 else self.image()

    def finished(self) -> dict[str, Any]:
        """Return `info` with a thumbnail of what was painted, if the photo's file had one."""
        if "exif" not in self.info:
            return dict(self.info)
        step = max(1, max(self.width, self.height) // 320)
        if self._array is not None:
            values = np.ascontiguousarray(self._array[::step, ::step] >> 8).astype(np.uint8)
            small = _image_of(values, ("L", "LA", "RGB", "RGBA")[values.shape[-1] - 1])
        else:
            small = cast(Image.Image, self._image).reduce(step)
        return {**self.info, "exif": metadata.with_thumbnail(self.info["exif"], small)}


def _image_of(values: Integers, mode: str) -> Image.Image:
    """uint8 (H,W,C) as an image of this mode."""
    return Image.frombuffer(mode, values.shape[1::-1], np.ascontiguousarray(values), "raw", mode, 0, 1)


def _info(photo: Photo, width: int, height: int) -> dict[str, Any]:
    """What goes into the file of an enlarged photo besides its pixels; the keys are those of Pillow's images."""
    facts = {
        "icc_profile": photo.icc,
        "exif": photo.exif and metadata.resized_exif(photo.exif, width, height),
        "xmp": photo.xmp and metadata.resized_xmp(photo.xmp, width, height),
        "iptc": photo.iptc,
        "dpi": photo.dpi,
    }
    return {key: fact for key, fact in facts.items() if fact is not None}
