"""Finds words and phrases in a prompt in spite of case, accents, look-alike letters and light leetspeak.

A phrase is one or more words; a word that ends in ``*`` stands for all words that begin so. Words match whole:
"grape" holds no "rape".
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

LOOK_ALIKE = str.maketrans("авеѕзіјкмнорстухѵԁɡαεικνορτυχ", "abeszijkmhopctyxvdgaeiknoptux")
"""Cyrillic, IPA and Greek letters that pass for Latin ones; only in words that hold Latin letters too."""
LEET = str.maketrans("034579", "oeastg")
"""In words that hold letters; "1" is read both as i and as l."""
SYMBOLS = {"@": "a", "$": "s", "!": "i", "*": ""}
"""Read as letters only beside letters, and "!" and "*" only between them."""

SPELLED_OUT = 4
"""So many single letters in a row are one word spelled out."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a phrase was found: its words in the normalised text, and which they are."""

    start: int
    end: int
    text: str


def words(text: str) -> tuple[tuple[str, ...], ...]:
    """The text's words, normalised, in each way that it can be read."""
    plain = _symbols(_plain(text))
    tokens = _joined(re.findall(r"[^\W_]+", plain))
    if all(token.isascii() and token.isalpha() for token in tokens):
        return (tuple(tokens),)
    return tuple(sorted({tuple(_letters(token, one) for token in tokens) for one in "il"}))


def find(phrases: tuple[str, ...], text: Sequence[str], *, but_not: tuple[str, ...] = ()) -> list[Hit]:
    """Each place in normalised words at which one of the phrases stands, unless it lies within one of ``but_not``.

    Of phrases that begin at the same word the longest counts.
    """
    hits = _hits(phrases, text)
    allowed = _hits(but_not, text) if hits else []
    return [hit for hit in hits if not any(other.start <= hit.start and hit.end <= other.end for other in allowed)]


def together(groups: Sequence[list[Hit]], within: int) -> list[Hit]:
    """The first hits, one of each group, with at most so many words between them; else none."""
    if not groups or not all(groups):
        return []
    at = [0] * len(groups)
    ordered = [sorted(group, key=lambda hit: hit.start) for group in groups]
    while True:
        chosen = [group[place] for group, place in zip(ordered, at, strict=True)]
        first = min(range(len(chosen)), key=lambda number: chosen[number].start)
        if max(hit.start for hit in chosen) - chosen[first].end <= within:
            return chosen
        at[first] += 1
        if at[first] == len(ordered[first]):
            return []


def _hits(phrases: tuple[str, ...], text: Sequence[str]) -> list[Hit]:
    joined = " ".join(text)
    hits = []
    for match in _pattern(phrases).finditer(joined) if phrases else ():
        start = joined.count(" ", 0, match.start())
        hits.append(Hit(start, start + match[1].count(" ") + 1, match[1]))
    return hits


@functools.lru_cache(maxsize=1024)
def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any of the phrases in normalised, space-separated words; group 1 is what was found."""
    found = sorted({expression(phrase) for phrase in phrases}, key=len, reverse=True)
    return re.compile(rf"(?<!\S)(?=({'|'.join(found)})(?!\S))")


def expression(phrase: str) -> str:
    """A phrase as a regular expression, normalised as the text is."""
    parts = [" ".join(words(part.rstrip("*"))[0]) + r"\S*" * part.endswith("*") for part in phrase.split()]
    return " ".join(part for part in parts if part)


def _plain(text: str) -> str:
    """Lower case without accents, compatibility forms and invisible characters."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in folded if unicodedata.category(letter) not in {"Mn", "Cf", "Me"})


def _symbols(text: str) -> str:
    def letter(match: re.Match[str]) -> str:
        return SYMBOLS[match[0]]

    return re.sub(r"(?<=[a-z0-9])[@$!*](?=[a-z0-9])|(?<![^\W_])[@$](?=[a-z])", letter, text)


def _joined(tokens: list[str]) -> list[str]:
    joined: list[str] = []
    for single, run in itertools.groupby(tokens, key=lambda token: len(token) == 1):
        letters = list(run)
        whole = single and len(letters) >= SPELLED_OUT and any(letter.isalpha() for letter in letters)
        joined += ["".join(letters)] if whole else letters
    return joined


def _letters(token: str, one: str) -> str:
    if re.search("[a-z]", token):
        token = token.translate(LOOK_ALIKE)
    if re.search(r"[^\W\d_]", token) and re.search(r"\d", token):
        token = token.translate(LEET).replace("1", one)
    return token
