"""Safe file names out of any text: ASCII, short, and never the same for two different texts."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

LONGEST = 48
"""Characters of a slug, before what makes it unlike others."""
ENDING = 16
"""Characters of a slug's end that are kept where it is cut in the middle."""

_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
"""Names that Windows keeps for devices."""


def slug(text: str) -> str:
    """Letters, digits, ``_`` and single hyphens, at most :data:`LONGEST` long; empty if nothing of it is ASCII."""
    return _beginning(_plain(text), LONGEST)


def slug_with_end(text: str) -> str:
    """The same, cut in the middle: for names of which many begin alike and differ in their last words."""
    whole = _plain(text)
    if len(whole) <= LONGEST:
        return whole
    end = whole[-ENDING - 1 :].partition("-")[2] or whole[-ENDING:]
    return f"{_beginning(whole, LONGEST - 1 - len(end))}-{end}"


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-")


def _beginning(whole: str, longest: int) -> str:
    """Its first words, or of a longer word the beginning."""
    if len(whole) <= longest:
        return whole
    return whole[: longest + 1].rpartition("-")[0] or whole[:longest]


def alone(text: str) -> str:
    """A name for a text whose neighbours are not known: itself if it is a plain lower-case name, else slug and hash."""
    plain = slug(text)
    if text and plain == text == text.lower() and text not in _RESERVED and not re.search(r"(^|-)[0-9a-f]{8}$", text):
        return text
    return "-".join(filter(None, (plain, _digest(text)[:8])))


def unique(wanted: Mapping[str, str]) -> dict[str, str]:
    """A name for each text, given the slug wanted for it: with a piece of the text's hash wherever two would meet.

    Names differ by more than case, so they do on any file system.
    """
    times = Counter(name.casefold() for name in wanted.values())
    names = {
        text: name
        for text, name in wanted.items()
        if name and times[name.casefold()] == 1 and name.casefold() not in _RESERVED
    }
    taken = {name.casefold() for name in names.values()}
    for text in sorted(wanted.keys() - names.keys()):
        digest = _digest(text)
        longer = ("-".join(filter(None, (wanted[text], digest[:length]))) for length in range(8, 65))
        names[text] = next(name for name in longer if name.casefold() not in taken)
        taken.add(names[text].casefold())
    return names


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
