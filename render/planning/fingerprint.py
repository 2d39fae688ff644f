"""The identity of a clip: a hash over all that can change a pixel or a sample.

The canonical form is dull on purpose: text in NFC, times in integer milliseconds, no floats, every default
written out, keys sorted. Same fingerprint, same clip. A scene stands in it only where a row gives one.
"""

from __future__ import annotations

import hashlib
import unicodedata

import orjson

from render.model import Row

VERSION = 1
"""Version of the canonical form; a new one makes every clip new."""


def canonical(row: Row, *, engine_revision: str, media_revision: str) -> bytes:
    """Write the row's canonical form: the JSON bytes that :func:`fingerprint` hashes."""
    return orjson.dumps(
        {
            "version": VERSION,
            "prompt": _nfc(row.prompt),
            "negative_prompt": _nfc(row.negative_prompt),
            "style": row.style,
            "duration_ms": row.duration_ms,
            "width": row.width,
            "height": row.height,
            "fps": row.fps,
            "seed": row.seed,
            "engine": row.engine,
            "engine_revision": engine_revision,
            "media_revision": media_revision,
            "shots": [
                {"prompt": _nfc(shot.prompt), "duration_ms": shot.duration_ms, "camera": _nfc(shot.camera)}
                for shot in row.shots
            ],
        }
        | ({"scene": _nfc(row.scene)} if row.scene else {}),
        option=orjson.OPT_SORT_KEYS,
    )


def fingerprint(row: Row, *, engine_revision: str, media_revision: str) -> str:
    """Hash the row's canonical form: 64 lower-case hex digits of SHA-256."""
    form = canonical(row, engine_revision=engine_revision, media_revision=media_revision)
    return hashlib.sha256(form).hexdigest()


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
