"""Sifts many texts at once: which of them may hold a phrase, in whatever way they can be read.

What :mod:`render.checks.wording` finds in a text, its sieve finds too; some of what the sieve holds back is harmless.
It costs a hundredth, since texts in plain letters are never taken apart.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render.checks import wording

_APART = "[^a-z0-9]"
_SINGLE = f"[a-z0-9](?:{_APART}+[a-z0-9]){{{wording.SPELLED_OUT - 1}}}"
_DISGUISED = f"[a-z][0-9]|[0-9][a-z]|[@$!*][a-z0-9]|(?:^|{_APART}){_SINGLE}(?:{_APART}|$)"
"""What a plain text, in lower case, holds if it can be read in another way than as it is written."""
_ACCENTS = r"[\p{Mn}\p{Cf}\p{Me}]"


class Sieve:
    """Texts, prepared to be looked through for any number of phrases."""

    def __init__(self, texts: pa.Array) -> None:
        """``texts``: strings without null."""
        self._count = len(texts)
        lower = _folded(texts)
        plain = pc.and_not(pc.string_is_ascii(lower), pc.match_substring_regex(lower, _DISGUISED))
        odd = pc.indices_nonzero(pc.invert(plain))
        readings = [
            (position, " ".join(reading))
            for position, text in zip(odd.to_pylist(), texts.take(odd).to_pylist(), strict=True)
            for reading in wording.words(text)
        ]
        self._readings = pa.chunked_array([lower.filter(plain), pa.array([text for _, text in readings], pa.string())])
        self._positions = np.concatenate(
            [pc.indices_nonzero(plain).to_numpy(), np.array([position for position, _ in readings], np.uint64)]
        )

    def holding(self, phrases: tuple[str, ...]) -> np.ndarray:
        """Which texts may hold one of the phrases: ``[texts]`` of bool."""
        held = np.zeros(self._count, np.bool_)
        if phrases:
            hits = pc.match_substring_regex(self._readings, _pattern(phrases))
            held[self._positions[hits.to_numpy()]] = True
        return held


def _folded(texts: pa.Array) -> pa.Array:
    """Lower case without accents and compatibility forms, as far as that leads to plain letters."""
    if pc.all(pc.string_is_ascii(texts)).as_py():
        return pc.ascii_lower(texts)
    folded = pc.utf8_lower(pc.utf8_normalize(pc.replace_substring(texts, "\u0345", "ι"), form="NFKC"))
    folded = pc.replace_substring(folded, "ß", "ss")  # as Python's casefold does with both
    return pc.replace_substring_regex(pc.utf8_normalize(folded, form="NFKD"), _ACCENTS, "")


@functools.lru_cache(maxsize=1024)
def _pattern(phrases: tuple[str, ...]) -> str:
    found = "|".join(sorted(set(_expressions(phrases))))
    return f"(?:^|{_APART})(?:{found})(?:{_APART}|$)"


def _expressions(phrases: tuple[str, ...]) -> Iterator[str]:
    for phrase in phrases:
        yield wording.expression(phrase).replace(" ", f"{_APART}+")
