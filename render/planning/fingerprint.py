"""The identity of a clip: a hash over all that can change a pixel or a sample.

Its canonical form is dull on purpose: a JSON object without spaces, keys sorted, text in NFC, times in integer
milliseconds, no floats, every default written out. Same fingerprint, same clip. A scene stands in it only where a row
gives one.
"""

from __future__ import annotations

import hashlib
import unicodedata
from binascii import hexlify
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from render.model import Form
from render.planning.forms import Forms

VERSION = 1
"""Version of the canonical form; a new one makes every clip new."""
_AT_ONCE = 4096
"""Canonical forms that are Python objects at the same time."""


def fingerprints(rows: pa.Table, forms: Forms, *, engine_revisions: list[str], media_revision: str) -> pa.Array:
    """Hash the canonical form of each row of a table: 64 lower-case hex digits of SHA-256.

    ``engine_revisions`` are those of the ``forms``' engines, one for each form.
    """
    texts = canonical(rows, forms, engine_revisions=engine_revisions, media_revision=media_revision).cast(pa.binary())
    pieces = (texts.slice(start, _AT_ONCE).to_pylist() for start in range(0, len(texts), _AT_ONCE))
    digits = b"".join(hexlify(b"".join([hashlib.sha256(text).digest() for text in piece])) for piece in pieces)
    ends = np.arange(len(texts) + 1, dtype=np.int32) * (2 * hashlib.sha256().digest_size)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(digits))


def canonical(rows: pa.Table, forms: Forms, *, engine_revisions: list[str], media_revision: str) -> pa.Array:
    """The canonical form of each row; only its words and its seed are its own, the rest is its form's."""
    openings = [
        {
            "duration_ms": form.duration_ms,
            "engine": form.engine,
            "engine_revision": revision,
            "fps": form.fps,
            "height": form.height,
            "media_revision": media_revision,
        }
        for form, revision in zip(forms.each, engine_revisions, strict=True)
    ]
    scenes = [{"scene": _nfc(form.scene)} if form.scene else {} for form in forms.each]
    ends = [
        {"shots": _shots(form), "style": form.style, "version": VERSION, "width": form.width} for form in forms.each
    ]
    return pc.binary_join_element_wise(
        _of_rows([f"{{{_inside(opening)}" for opening in openings], forms),
        ',"negative_prompt":"',
        _escaped(rows["negative_prompt"]),
        '","prompt":"',
        _escaped(rows["prompt"]),
        _of_rows([f'",{_inside(scene | {"seed": 0}).removesuffix("0")}' for scene in scenes], forms),
        rows["seed"].combine_chunks().cast(pa.string()),
        _of_rows([f",{_inside(end)}}}" for end in ends], forms),
        "",
    )


def _inside(part: dict[str, Any]) -> str:
    """What stands between the braces of a JSON object."""
    return orjson.dumps(part, option=orjson.OPT_SORT_KEYS).decode()[1:-1]


def _of_rows(texts: list[str], forms: Forms) -> pa.Array:
    return pa.array(texts, pa.string()).take(pa.array(forms.of_row))


def _escaped(column: pa.ChunkedArray) -> pa.Array:
    """Texts as they stand in JSON strings, in NFC."""
    texts = pc.utf8_normalize(column.combine_chunks(), form="NFC")
    letters = np.frombuffer(texts.buffers()[-1] or b"", np.uint8)
    if letters.min(initial=0x20) >= 0x20 and not ((letters == ord('"')) | (letters == ord("\\"))).any():
        return texts
    escaped = pc.match_substring_regex(texts, r'["\\\x00-\x1f]')
    by_hand = [orjson.dumps(text).decode()[1:-1] for text in texts.filter(escaped).to_pylist()]
    return pc.replace_with_mask(texts, escaped, pa.array(by_hand, pa.string()))


def _shots(form: Form) -> list[dict[str, Any]]:
    return [
        {"prompt": _nfc(shot.prompt), "duration_ms": shot.duration_ms, "camera": _nfc(shot.camera)}
        for shot in form.shots
    ]


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
