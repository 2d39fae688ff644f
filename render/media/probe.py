"""What a media file says of itself, read with PyAV from its headers: nothing is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from render import errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The streams of a media file. Fields of a stream that is not there are 0 or empty."""

    width: int
    height: int
    fps: Fraction
    frames: int
    picture_seconds: float
    picture_start: float
    """Seconds into the file's presentation."""
    picture_codec: str
    pix_fmt: str
    color_range: str
    """"tv" (limited) or "pc" (full); so are the next three by ffmpeg's names, "bt709" for ours."""
    color_space: str
    color_primaries: str
    color_transfer: str
    sound_seconds: float
    sound_start: float
    sound_codec: str
    sample_rate: int
    channels: int
    text_languages: tuple[str, ...]
    """ISO 639-2 codes of the caption tracks."""


def probe(path: Path) -> Probe:
    """Read the headers of a media file.

    Raises :class:`render.errors.MediaError` if it cannot be opened or holds no picture.
    """
    import av

    try:
        with av.open(str(path)) as container:
            streams = container.streams
            if not streams.video:
                raise errors.MediaError(f"{path.name} holds no picture.")
            picture = streams.video[0]
            sound = streams.audio[0] if streams.audio else None
            codec = picture.codec_context
            return Probe(
                width=codec.width,
                height=codec.height,
                fps=Fraction(picture.average_rate or 0),
                frames=picture.frames,
                picture_seconds=_seconds(picture.duration, picture.time_base),
                picture_start=_seconds(picture.start_time, picture.time_base),
                picture_codec=codec.name,
                pix_fmt=codec.pix_fmt or "",
                color_range=_RANGES.get(int(codec.color_range), ""),
                color_space=_tag(codec.colorspace),
                color_primaries=_tag(codec.color_primaries),
                color_transfer=_tag(codec.color_trc),
                sound_seconds=_seconds(sound.duration, sound.time_base) if sound else 0.0,
                sound_start=_seconds(sound.start_time, sound.time_base) if sound else 0.0,
                sound_codec=sound.codec_context.name if sound else "",
                sample_rate=sound.codec_context.sample_rate if sound else 0,
                channels=sound.codec_context.channels if sound else 0,
                text_languages=tuple(text.language or "und" for text in streams.subtitles),
            )
    except (av.FFmpegError, OSError) as error:
        raise errors.MediaError(f"{path.name} cannot be read as a media file: {error}") from error


_RANGES = {1: "tv", 2: "pc"}
_TAGS = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc"}


def _tag(value: int) -> str:
    return "" if value == 2 else _TAGS.get(int(value), str(int(value)))


def _seconds(ticks: int | None, base: Fraction | None) -> float:
    return float(ticks * base) if ticks is not None and base is not None else 0.0
