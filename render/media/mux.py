"""Picture and sound into the finished MP4: the picture is copied, the sound normalised and encoded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from render import errors
from render.media import captions as vtt
from render.media import ffmpeg, loudness
from render.model import Caption

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_DBTP = -1.2
"""True peak of the encoded sound; the check's limit is −1 and its meter differs by up to 0.1 dB."""
ROUNDS = 4
"""How often sound is encoded at most: AAC overshoots, so what it made is measured and the ceiling lowered by that."""


def mux(
    picture: Path,
    sound: NDArray[np.float32],
    target: Path,
    *,
    frames: int,
    fps: int,
    captions: Sequence[Caption] = (),
    comment: str = "",
) -> None:
    """Write the MP4: H.264 copied, AAC 48 kHz stereo at −16 LUFS, a text track for each language, index first.

    ``comment`` goes into the file's metadata, where players and asset managers show it.

    ``sound`` is float32 ``[samples, 2]`` at 48 kHz. It is cut or filled with silence to the picture's length to
    the sample; ``[0, 2]`` gives a silent track. Where AAC's overshoot can be taken
    away, its true peak as decoded is below −1 dBTP. The same input gives the same bytes.

    Raises :class:`render.errors.EngineError` for sound of another kind, and :class:`render.errors.MediaError`
    with ffmpeg's last lines; then no file is left.
    """
    samples = _fit(sound, round(frames * loudness.RATE / fps))
    tracks = {
        language: target.with_name(f"{target.name}.{number}.vtt")
        for number, language in enumerate(sorted({caption.language for caption in captions}))
    }
    try:
        for language, file in tracks.items():
            vtt.write_vtt([caption for caption in captions if caption.language == language], file)
        ceiling = loudness.CEILING_DBTP
        for _ in range(ROUNDS):
            ffmpeg.run(
                stream(picture, target, texts=tracks, comment=comment),
                target,
                doing=f"mux {target.name}",
                data=loudness.normalise(samples, ceiling=ceiling).astype("<f4", order="C").data.cast("B"),
            )
            over = loudness.decibels(loudness.true_peak(_encoded(target))) - MOST_DBTP
            if over <= 0:
                break
            ceiling -= over
    finally:
        for file in tracks.values():
            file.unlink(missing_ok=True)


def _encoded(file: Path) -> NDArray[np.float32]:
    """The sound of a finished file as a player hears it, ``[samples, 2]``."""
    import av
    import numpy as np

    with av.open(str(file)) as container:
        blocks = [frame.to_ndarray().T for frame in container.decode(audio=0)]
    return np.concatenate([np.zeros((0, 2), np.float32), *blocks], dtype=np.float32)


def stream(picture: Path, target: Path, *, texts: dict[str, Path], comment: str) -> Any:
    """The ffmpeg-python stream from a picture file, raw sound on stdin and WebVTT files by language."""
    import ffmpeg as ffmpeg_python

    inputs = [
        ffmpeg_python.input(str(picture)).video,
        ffmpeg_python.input("pipe:0", format="f32le", ar=loudness.RATE, ch_layout="stereo").audio,
        *(ffmpeg_python.input(str(file), format="webvtt")["s"] for file in texts.values()),
    ]
    options = {
        "c:v": "copy",
        "c:a": "aac",
        "b:a": "160k",
        "flags:a": "+bitexact",
        "fflags": "+bitexact",
        "map_metadata": -1,
        "movflags": "+faststart",
        "format": "mp4",
        "threads": 1,
        "filter_threads": 1,
    }
    if comment:
        options["metadata:g"] = f"comment={comment}"
    if texts:
        options["c:s"] = "mov_text"
    for number, language in enumerate(texts):
        options[f"metadata:s:s:{number}"] = f"language={vtt.track_language(language)}"
    return ffmpeg_python.output(*inputs, str(ffmpeg.part(target)), **options)


def _fit(sound: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    import numpy as np

    if sound.dtype != np.float32 or sound.ndim != 2 or sound.shape[1] != 2 or not np.isfinite(sound).all():
        raise errors.EngineError(
            f"The engine gave {sound.dtype} sound of shape {list(sound.shape)}; "
            "it must give finite float32 [samples, 2]."
        )
    if len(sound) >= samples:
        return sound[:samples]
    return np.concatenate([sound, np.zeros((samples - len(sound), 2), np.float32)])
