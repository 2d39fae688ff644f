"""Takes a prompt apart: the text in quotes, the times, and the words between them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

_UNITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMBERS = {word: float(number) for number, word in enumerate(("zero", *_UNITS))} | {
    "a": 1.0,
    "half a": 0.5,
    "one and a half": 1.5,
}
"""How a number of seconds may be spelled."""
LONGEST_TITLE = 80
LATEST = 3600.0
"""Seconds; a later time is none."""

_QUOTED = re.compile(
    r"\"([^\"\n]{0,200})\"|“([^”\n]{0,200})”|„([^“”\n]{0,200})[“”]|«([^»\n]{0,200})»|(?<!\w)[‘']([^‘’'\n]{2,200})[’'](?!\w)"
)
_NUMBER = "|".join([r"\d{1,5}(?:[.,]\d{1,3})?", *sorted(NUMBERS, key=len, reverse=True)])
_TIME = re.compile(
    rf"\b(?:(?P<at>after|at|in)\s+(?:about\s+)?(?P<n>{_NUMBER})|(?P<m>{_NUMBER}))\s*-?(?:seconds?|secs?|s)\b(?P<later>\s+later\b)?",
    re.IGNORECASE,
)
_WORD = re.compile(r"\d+(?:[.,:]\d+)*[^\W\d_]*|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\s]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the prompt, or a time, in lower case."""

    text: str
    place: int
    """Its number, from 0."""
    clause: int
    """Words of one clause have no comma, stop or dash between them."""
    sentence: int
    is_time: bool = False
    """True for a span of time: several words in one token."""
    time: float | None = None
    """Seconds at which something happens; None for a span that tells of no instant."""
    later: bool = False
    """True for a time that counts from what happened before."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """A prompt taken apart."""

    titles: tuple[str, ...]
    """What stands in quotes, in order."""
    tokens: tuple[Token, ...]


def take_apart(prompt: str) -> Pieces:
    """The pieces of any text."""
    titles: list[str] = []

    def title(found: re.Match[str]) -> str:
        said = " ".join(next(group for group in found.groups() if group is not None).split())
        if not any(letter.isalnum() for letter in said):
            return " "
        titles.append(said)
        return " , "

    rest = _QUOTED.sub(title, unicodedata.normalize("NFC", prompt))
    return Pieces(tuple(titles), tuple(_tokens(rest)))


def _tokens(text: str) -> list[Token]:
    made: list[Token] = []
    clause = sentence = 0

    def add(word: str, **more: float | bool | None) -> None:
        made.append(replace(Token(word, len(made), clause, sentence), **more))  # type: ignore[arg-type]

    start = 0
    for time in [*filter(_is_time, _TIME.finditer(text)), None]:
        stop = time.start() if time else len(text)
        for word in _WORD.findall(text[start:stop]):
            if word[0].isalnum():
                add(_bare(word))
            elif word in ".!?;\n":
                clause, sentence = clause + 1, sentence + 1
            elif word not in "-‐'’\"/":
                clause += 1
        if time:
            add(" ".join(time.group().lower().split()), **_time(time))
            start = time.end()
    return made


def _bare(word: str) -> str:
    """Lower case, a straight apostrophe, no possessive."""
    return word.lower().replace("’", "'").removesuffix("'s")


def _is_time(found: re.Match[str]) -> bool:
    """Whether seconds are meant: "a second ball" is no time."""
    return bool(found["at"] or found["later"]) or found["m"].lower() != "a"


def _time(found: re.Match[str]) -> dict[str, float | bool | None]:
    said = (found["n"] or found["m"]).lower()
    seconds = NUMBERS[said] if said in NUMBERS else float(said.replace(",", "."))
    tells = bool(found["at"] or found["later"])
    return {"is_time": True, "time": seconds if tells and seconds <= LATEST else None, "later": bool(found["later"])}
