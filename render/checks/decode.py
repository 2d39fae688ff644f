"""One full decoding of a finished file, shared by all file checks that look at it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """What came out of a file. Streams that are not there are of no size and no length."""

    faults: int = 0
    """Packets and frames that were damaged, or 1 for a file that cannot be opened."""
    width: int = 0
    height: int = 0
    fps: Fraction = Fraction(0)
    frames: int = 0
    """Frames that were decoded."""
    picture_start: float = 0.0
    """Seconds, as are the next three."""
    picture_end: float = 0.0
    sound_start: float = 0.0
    sound_end: float = 0.0
    """Where the sound ends that a player lets hear: without the encoder's padding."""
    sound: NDArray[np.float32]
    """``[samples, channels]``, padding included."""
    sample_rate: int = 0
    layout: str = "stereo"
    """The channels by ffmpeg's name."""


def decode(file: Path) -> Decoded:
    """Decode a file from its first to its last packet; what is damaged is counted, not raised.

    The last file's result is kept for the next check of the same file. Raises OSError if there is no file.
    """
    stat = file.stat()
    return _decode(str(file), stat.st_ino, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=1)
def _decode(file: str, *_: int) -> Decoded:
    import av
    import numpy as np

    try:
        with av.open(file) as container:
            return _read(container)
    except av.FFmpegError:
        return Decoded(faults=1, sound=np.zeros((0, 2), np.float32))


def _read(container: InputContainer) -> Decoded:
    import av
    import numpy as np

    streams = container.streams
    picture: VideoStream | None = streams.video[0] if streams.video else None
    sound: AudioStream | None = streams.audio[0] if streams.audio else None
    frames = faults = 0
    blocks = []
    if picture:
        picture.thread_type = "NONE"
    packets = container.demux([stream for stream in (picture, sound) if stream])
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                break
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    frames += 1
                    faults += frame.is_corrupt
                elif isinstance(frame, av.AudioFrame):
                    blocks.append(frame.to_ndarray().T)
        except av.FFmpegError:
            faults += 1
            if faults > MOST_FAULTS:
                break
    samples = np.concatenate(blocks) if blocks else np.zeros((0, 2), np.float32)
    fps = Fraction(picture.average_rate or 0) if picture else Fraction(0)
    rate = sound.codec_context.sample_rate if sound else 0
    return Decoded(
        faults=faults,
        width=picture.codec_context.width if picture else 0,
        height=picture.codec_context.height if picture else 0,
        fps=fps,
        frames=frames,
        picture_start=_start(picture),
        picture_end=_end(picture, float(frames / fps) if fps else 0.0),
        sound_start=_start(sound),
        sound_end=_end(sound, len(samples) / rate if rate else 0.0),
        sound=samples.astype(np.float32, copy=False),
        sample_rate=rate,
        layout=sound.codec_context.layout.name if sound else "stereo",
    )


MOST_FAULTS = 100
"""Reading is given up after so many: the file is beyond help."""


def _start(stream: Any) -> float:
    return float((stream.start_time or 0) * stream.time_base) if stream else 0.0


def _end(stream: Any, decoded: float) -> float:
    """Where a stream ends: as its header says, unless less than that could be decoded."""
    if not stream:
        return 0.0
    told = float(stream.duration * stream.time_base) if stream.duration else decoded
    return _start(stream) + min(told, decoded)
