"""Text as coverage, from the packaged font Inter (SIL Open Font License)."""

from __future__ import annotations

import functools
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FONT = "files/Inter[opsz,wght].ttf"
LIGHTEST, BOLDEST = 100, 900


@functools.cache
def _face(size: int, weight: int) -> ImageFont.FreeTypeFont:
    with resources.as_file(resources.files("fontpkg_inter") / FONT) as path:
        face = ImageFont.truetype(str(path), size)
    face.set_variation_by_axes([min(32, max(14, size)), weight])
    return face


def lines(text: str, most: int) -> list[str]:
    """The text broken between words into lines of about ``most`` letters, as even as they get."""
    words = text.split()
    count = max(1, -(-len(text) // most))
    aim = len(text) / count
    broken: list[str] = []
    for word in words:
        if broken and len(broken[-1]) + 1 + len(word) <= max(aim * 1.25, most if count == 1 else 0):
            broken[-1] += " " + word
        else:
            broken.append(word)
    return broken or [""]


def raster(text: str, *, size: int = 160, weight: int = 750, most: int = 14) -> NDArray[np.uint8]:
    """``[rows, columns]`` of ink, 0 to 255, cut to the letters; ``size`` is the height of a line in pixels.

    Longer texts than ``most`` letters stand in several lines, each in the middle.
    """
    face = _face(size, min(BOLDEST, max(LIGHTEST, weight)))
    rows = lines(text, most)
    boxes = [face.getbbox(row) for row in rows]
    step = round(size * 1.12)
    width = max(1, *(round(box[2] - box[0]) for box in boxes))
    picture = Image.new("L", (width + 8, step * len(rows) + 8), 0)
    pen = ImageDraw.Draw(picture)
    for k, (row, box) in enumerate(zip(rows, boxes, strict=True)):
        pen.text((4 + (width - (box[2] - box[0])) / 2 - box[0], 4 + k * step), row, fill=255, font=face)
    box = picture.getbbox()
    if box is None:
        return np.zeros((2, 2), np.uint8)
    return np.pad(np.asarray(picture.crop(box), np.uint8), 2)
