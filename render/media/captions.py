"""Captions as WebVTT, for players and as the source of the clip's text tracks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from render.model import Caption

ISO_639_2 = {
    "ar": "ara", "bn": "ben", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa",
    "fa": "fas", "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun", "id": "ind", "it": "ita",
    "ja": "jpn", "ko": "kor", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus",
    "sv": "swe", "th": "tha", "tr": "tur", "uk": "ukr", "vi": "vie", "zh": "zho",
}  # fmt: skip
"""MP4 names languages by three letters."""


def track_language(tag: str) -> str:
    """The MP4 language code of a BCP 47 tag: "eng" of "en-GB"; "und" for one that is not known."""
    primary = tag.lower().split("-")[0]
    return primary if len(primary) == 3 else ISO_639_2.get(primary, "und")


def to_vtt(captions: Iterable[Caption]) -> str:
    """A WebVTT document, cues by start. Text is escaped and its blank lines are closed up."""
    cues = [
        f"{_time(caption.start_s)} --> {_time(caption.end_s)}\n{_escape(caption.text)}\n"
        for caption in sorted(captions, key=lambda caption: (caption.start_s, caption.end_s))
    ]
    return "\n".join(["WEBVTT\n", *cues])


def write_vtt(captions: Iterable[Caption], target: Path) -> None:
    """Write a WebVTT file."""
    target.write_text(to_vtt(captions), encoding="utf-8")


def _time(seconds: float) -> str:
    minutes, milliseconds = divmod(max(0, round(seconds * 1000)), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds / 1000:06.3f}"


def _escape(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
