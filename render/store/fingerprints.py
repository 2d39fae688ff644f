"""Many fingerprints found among many others: by a number for each, quick to sort and to find, then digit by digit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_WORDS = 8
"""Integers of 64 bits that the 64 digits of a fingerprint are in memory."""
_ODD = np.uint64(0x9E3779B97F4A7C15)
_HALF, _TWO, _REST = np.uint64(32), np.uint64(16), np.uint64(48)
"""Bits: half of an integer, two digits, the rest of an integer beside them."""


class Index:
    """Fingerprints, each with a number from 0 upwards that equal ones share."""

    first: np.ndarray
    """``[numbers]``: where the fingerprint of each number stands first."""
    of_row: np.ndarray
    """``[fingerprints]``: the number of each."""

    def __init__(self, fingerprints: pa.Array) -> None:
        """``fingerprints``: strings of 64 digits, without null."""
        self._words, self._salt = _words(fingerprints), 0
        while self._number():
            self._salt += 1

    def find(self, others: pa.Array) -> np.ndarray:
        """The number of each of these strings (``[others]``); -1 for one that is not among the fingerprints."""
        found = np.full(len(others), -1)
        whole = np.flatnonzero(pc.equal(pc.binary_length(others), 8 * _WORDS).to_numpy(zero_copy_only=False))
        if len(whole) and len(self._keys):
            words = _words(others if len(whole) == len(others) else others.take(pa.array(whole)))
            keys = _keys(words, self._salt)
            order = np.argsort(keys)  # neighbours are found in the same piece of memory
            near = np.empty(len(keys), np.int64)
            near[order] = np.minimum(np.searchsorted(self._keys, keys[order]), len(self._keys) - 1)
            same = (words == self._words[self.first[near]]).all(axis=1)
            found[whole[same]] = near[same]
        return found

    def _number(self) -> bool:
        """Number the fingerprints by their keys; whether different ones have the same key, so that it has failed."""
        keys = _keys(self._words, self._salt)
        order = np.argsort(keys)
        ordered = keys[order]
        new = np.diff(ordered, prepend=~ordered[:1]) != 0
        self._keys = ordered[new]
        self.first = np.minimum.reduceat(order, np.flatnonzero(new)).astype(np.int32)
        self.of_row = np.empty(len(keys), np.int32)
        self.of_row[order] = np.cumsum(new) - 1
        again = np.ones(len(keys), np.bool_)
        again[self.first] = False
        return not np.array_equal(self._words[again], self._words[self.first[self.of_row[again]]])


def _words(fingerprints: pa.Array) -> np.ndarray:
    """``[fingerprints, 8]`` of uint64: their digits as they lie in memory."""
    _, offsets, digits = fingerprints.buffers()
    if not len(fingerprints) or offsets is None or digits is None:
        return np.empty((0, _WORDS), np.uint64)
    ends = np.frombuffer(offsets, np.int32)[fingerprints.offset :][: len(fingerprints) + 1]
    if (np.diff(ends) != 8 * _WORDS).any():
        raise ValueError("A fingerprint has 64 digits.")
    return np.frombuffer(digits, np.uint8)[ends[0] : ends[-1]].view(np.uint64).reshape(-1, _WORDS)


def _keys(words: np.ndarray, salt: int) -> np.ndarray:
    """``[fingerprints]`` of uint64: hardly ever the same for different ones, and hardly ever so with another salt.

    Those whose first two digits are the same, as a folder of clips has them, are neighbours.
    """
    keys = np.full(len(words), salt, np.uint64)
    for word in words.T:
        keys = (keys ^ word) * _ODD
        keys ^= keys >> _HALF
    return keys >> _TWO | words[:, 0] << _REST
