"""A test card: colour bars, running timecode, and a flash with a beep each second, exactly in sync.

Cheap: for rehearsing a batch at scale, for sync tests, and for the farm's own tests.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from render.engines.contract import SAMPLE_RATE, Cancel, Capabilities, Engine, Progress
from render.model import Event, Failure, Finish, Footage, Job, Understanding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK_BYTES = 8 << 20
"""About how much footage is held at once."""
FLASH_SECONDS = 0.08
"""How long a flash and its beep last; a flash lasts at least one frame."""
BEEP_HZ = 1000
BEEP_LEVEL = 0.25
GLYPHS = "0123456789:# "
SEEN = Understanding(share=0.0, scene="test card", fallback=True)


class TestcardEngine(Engine):
    """Bars, timecode, flash and beep; the seed turns the bars. The prompt is not looked at, and it says so."""

    __test__ = False  # not a test of pytest's, in spite of its name

    capabilities = Capabilities(
        name="testcard",
        revision="testcard-1",
        title="Test card: bars, running timecode, a flash and a beep each second",
        simulated=True,
        makes_sound=True,
        group_size=8,
        cpu_ms_per_megapixel=1.0,
        cpu_ms_per_clip=10.0,
    )

    @classmethod
    def foresee(cls, job: Job) -> Understanding | None:
        """See :meth:`render.engines.contract.Engine.foresee`: it is the card, whatever is asked for."""
        return SEEN

    def generate(self, jobs: Sequence[Job], *, cancel: Cancel, progress: Progress) -> Iterator[Footage | Failure]:
        """Yield each job's footage in order; frames are drawn while they are read."""
        for job in jobs:
            cancel.check()
            yield Footage(job=job, frames=_frames(job, cancel, progress), finish=functools.partial(_finish, job))


def _frames(job: Job, cancel: Cancel, progress: Progress) -> Iterator[NDArray[np.uint8]]:
    import numpy as np

    bars = _bars(job)
    flash = np.full_like(bars, 235)
    flashing = max(1, round(FLASH_SECONDS * job.fps))
    size = max(1, CHUNK_BYTES // bars.nbytes)
    for first in range(0, job.frames, size):
        cancel.check()
        numbers = range(first, min(first + size, job.frames))
        chunk = np.empty((len(numbers), *bars.shape), np.uint8)
        for picture, number in zip(chunk, numbers, strict=True):
            picture[:] = flash if number % job.fps < flashing else bars
            _write(picture, f"{_timecode(number, job.fps)} #{number}")
            _sweep(picture, number % job.fps / job.fps)
        yield chunk
        progress(job, numbers.stop / job.frames)


def _finish(job: Job) -> Finish:
    import numpy as np

    samples = round(job.frames * SAMPLE_RATE / job.fps)
    flashing = max(1, round(FLASH_SECONDS * job.fps))
    time = np.arange(round(flashing * SAMPLE_RATE / job.fps)) / SAMPLE_RATE
    beep = (BEEP_LEVEL * np.sin(2 * np.pi * BEEP_HZ * time)).astype(np.float32)
    sound = np.zeros((samples, 2), np.float32)
    flashes = range(0, job.frames, job.fps)
    for second in range(len(flashes)):
        span = sound[second * SAMPLE_RATE :][: len(beep)]
        span[:] = beep[: len(span), None]
    return Finish(
        sound=sound,
        events=tuple(Event(time_s=float(second), name="flash", strength=1.0) for second in range(len(flashes))),
        understanding=SEEN,
    )


def _bars(job: Job) -> NDArray[np.uint8]:
    """SMPTE-like bars above a grey ramp, turned sideways by the seed."""
    import numpy as np

    colours = np.array(
        [[191, 191, 191], [191, 191, 0], [0, 191, 191], [0, 191, 0], [191, 0, 191], [191, 0, 0], [0, 0, 191]], np.uint8
    )
    columns = np.arange(job.width)
    turned = (columns + job.seed % job.width) % job.width
    bars = np.empty((job.height, job.width, 3), np.uint8)
    bars[:] = colours[turned * len(colours) // job.width]
    bars[job.height * 3 // 4 :] = (columns * 255 // max(1, job.width - 1)).astype(np.uint8)[:, None]
    return bars


def _timecode(number: int, fps: int) -> str:
    seconds, frame = divmod(number, fps)
    return f"{seconds // 60:02}:{seconds % 60:02}:{frame:02}"


def _write(picture: NDArray[np.uint8], text: str) -> None:
    """Write white on black in the middle, as large as fits."""
    import numpy as np

    height, width, _ = picture.shape
    line = np.concatenate([_glyphs()[GLYPHS.index(letter)] for letter in text], axis=1)
    scale = max(1, min(width * 4 // 5 // line.shape[1], height // 4 // line.shape[0]))
    block = line.repeat(scale, axis=0).repeat(scale, axis=1)[:height, :width]
    top, left = (height - block.shape[0]) // 2, (width - block.shape[1]) // 2
    picture[top : top + block.shape[0], left : left + block.shape[1]] = block[:, :, None]


def _sweep(picture: NDArray[np.uint8], share: float) -> None:
    """A white mark that crosses the lower edge once a second: motion is seen in every frame."""
    height, width, _ = picture.shape
    mark = max(2, width // 32)
    left = int(share * (width - mark))
    picture[height - max(2, height // 24) :, left : left + mark] = 255


@functools.cache
def _glyphs() -> NDArray[np.uint8]:
    """``[glyph, 8, 6]``: a five by seven pixel alphabet of what a timecode needs, white on black."""
    import numpy as np

    drawn = (
        ".###. #...# #..## #.#.# ##..# #...# .###.", "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.",
        ".###. #...# ....# ...#. ..#.. .#... #####", ".###. #...# ....# ..##. ....# #...# .###.",
        "...#. ..##. .#.#. #..#. ##### ...#. ...#.", "##### #.... ####. ....# ....# #...# .###.",
        ".###. #.... #.... ####. #...# #...# .###.", "##### ....# ...#. ..#.. ..#.. ..#.. ..#..",
        ".###. #...# #...# .###. #...# #...# .###.", ".###. #...# #...# .#### ....# ....# .###.",
        "..... ..#.. ..... ..... ..... ..#.. .....", ".#.#. .#.#. ##### .#.#. ##### .#.#. .#.#.",
        "..... ..... ..... ..... ..... ..... .....",
    )  # fmt: skip
    glyphs = np.zeros((len(drawn), 8, 6), np.uint8)
    for glyph, rows in zip(glyphs, drawn, strict=True):
        glyph[:7, :5] = [[255 * (dot == "#") for dot in row] for row in rows.split()]
    return glyphs
