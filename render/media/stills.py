"""Stills of a finished clip as WebP: a poster and a contact sheet with timecodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from render import errors
from render.media import ffmpeg

if TYPE_CHECKING:
    from PIL.Image import Image

POSTER_AT = 0.4
"""Share of the clip at which its poster is taken: things have begun, and are not yet over."""
SHEET_COLUMNS, SHEET_ROWS = 4, 2
TILE_WIDTH, TILE_HEIGHT = 240, 480
"""Pixels that a picture of the sheet may have: it keeps its shape and is as large as fits."""
LEAST_WIDTH = 64
"""Pixels for the time beneath a narrow picture."""
LABEL_HEIGHT = 18


def poster(file: Path, target: Path) -> None:
    """Write the frame at 40 % of the clip, at its full size.

    Raises :class:`render.errors.MediaError` if the clip cannot be decoded.
    """
    _, _, image = next(_frames(file, [POSTER_AT]))
    _save(image, target)


def contact_sheet(file: Path, target: Path) -> None:
    """Write eight frames, evenly spread from the first, with their times in seconds beneath.

    Raises :class:`render.errors.MediaError` if the clip cannot be decoded.
    """
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(12)
    sheet = None
    count = SHEET_COLUMNS * SHEET_ROWS
    for number, time, image in _frames(file, [number / count for number in range(count)]):
        scale = min(TILE_WIDTH / image.width, TILE_HEIGHT / image.height)
        width, height = (max(1, round(side * scale)) for side in image.size)
        wide, high = max(width, LEAST_WIDTH), height + LABEL_HEIGHT
        if sheet is None:
            sheet = Image.new("RGB", (SHEET_COLUMNS * wide, SHEET_ROWS * high), "#111")
        left, top = number % SHEET_COLUMNS * wide, number // SHEET_COLUMNS * high
        sheet.paste(image.resize((width, height)), (left, top))
        ImageDraw.Draw(sheet).text((left + 4, top + height + 2), f"{time:.2f} s", fill="#ccc", font=font)
    assert sheet is not None
    _save(sheet, target)


def _frames(file: Path, shares: Sequence[float]) -> Iterator[tuple[int, float, Image]]:
    """Give (number, seconds, picture) of the frame on show at each share of the clip, shares rising."""
    import av

    try:
        with av.open(str(file)) as container:
            if not container.streams.video:
                raise errors.MediaError(f"{file.name} holds no picture.")
            stream = container.streams.video[0]
            stream.thread_type = "NONE"
            wanted = [int(share * stream.frames) for share in shares]
            rate, base = stream.average_rate or Fraction(1), stream.time_base or Fraction(1)
            if wanted[0]:
                container.seek(int(wanted[0] / rate / base), stream=stream)
            given = 0
            for frame in container.decode(stream):
                at = round((frame.time or 0) * rate)
                while given < len(wanted) and at >= wanted[given]:
                    yield given, wanted[given] / float(rate), frame.to_image()
                    given += 1
                if given == len(wanted):
                    return
    except (av.FFmpegError, OSError) as error:
        raise errors.MediaError(f"{file.name} cannot be decoded: {error}") from error
    raise errors.MediaError(f"{file.name} ends before its frame {wanted[given]}.")


def _save(image: Image, target: Path) -> None:
    part = ffmpeg.part(target)
    try:
        image.save(part, format="WEBP", quality=82, method=4)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
