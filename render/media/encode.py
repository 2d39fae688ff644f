"""Frames to an H.264 picture file, streamed into ffmpeg as they are made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from render import errors
from render.media import ffmpeg

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TO_BT709 = (
    "scale=in_range=full:out_range=limited:out_color_matrix=bt709:flags=bilinear+accurate_rnd+full_chroma_int,"
    "format=yuv420p,"
    "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
)
"""RGB 0–255 to limited-range BT.709, said in the tags too."""


def stream(path: Path, *, width: int, height: int, fps: int) -> Any:
    """The ffmpeg-python stream from raw RGB on stdin to the picture file; the same input gives the same bytes."""
    import ffmpeg as ffmpeg_python

    source = ffmpeg_python.input(
        "pipe:0", format="rawvideo", pix_fmt="rgb24", video_size=(width, height), framerate=fps
    )
    return ffmpeg_python.output(
        source,
        str(ffmpeg.part(path)),
        vf=TO_BT709,
        format="mp4",
        preset="veryfast",
        crf=20,
        g=2 * fps,
        threads=1,
        filter_threads=1,
        map_metadata=-1,
        fflags="+bitexact",
        **{"c:v": "libx264", "profile:v": "high", "flags:v": "+bitexact"},
    )


class Encoder:
    """Writes frames to a silent MP4. A context manager: the file is there, whole, only after a normal end.

    One thread of x264: a worker process uses one core.
    """

    def __init__(self, path: Path, *, width: int, height: int, fps: int) -> None:
        """Start ffmpeg. ``width`` and ``height`` are even pixels, ``fps`` whole frames a second."""
        self.path = path
        self.frames = 0
        """Frames written so far."""
        self._shape = (height, width, 3)
        self._open = True
        self._process = ffmpeg.Process(
            ffmpeg.command(stream(path, width=width, height=height, fps=fps)), doing=f"encode {path.name}"
        )

    @property
    def pid(self) -> int:
        """The process id of ffmpeg."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def write(self, chunk: NDArray[np.uint8]) -> None:
        """Append frames, uint8 ``[n, height, width, 3]`` RGB.

        Raises :class:`render.errors.EngineError` for a chunk of another kind, and
        :class:`render.errors.MediaError` if ffmpeg died.
        """
        import numpy as np

        if chunk.dtype != np.uint8 or chunk.ndim != 4 or chunk.shape[1:] != self._shape:
            raise errors.EngineError(
                f"The engine gave {chunk.dtype} frames of shape {list(chunk.shape)}; "
                f"it must give uint8 [n, {', '.join(map(str, self._shape))}]."
            )
        if len(chunk):
            self._process.write(np.ascontiguousarray(chunk).data.cast("B"))
            self.frames += len(chunk)

    def close(self) -> None:
        """Finish the file.

        Raises :class:`render.errors.MediaError` if ffmpeg did not end well, :class:`render.errors.EngineError`
        if there was no frame; then no file is left. Closing twice does nothing.
        """
        if not self._open:
            return
        try:
            if not self.frames:
                raise errors.EngineError("The engine gave no frame at all.")
            self._process.finish()
            ffmpeg.part(self.path).replace(self.path)
        finally:
            self.abort()

    def abort(self) -> None:
        """Kill ffmpeg and remove what it wrote; does nothing after :meth:`close`."""
        if self._open:
            self._open = False
            self._process.kill()
            ffmpeg.part(self.path).unlink(missing_ok=True)
