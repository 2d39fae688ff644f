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
QUOTE = "\ufdd0"
"""Stands for what is quoted while the words around it are taken apart; Unicode keeps it free for that."""
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
_UNIT = r"mm|cm|km|m|kg|g|km/h|kmh|kph|mph|m/s|ft|fps|hz|ml|l|kg|px|°|%"
_LONG_UNIT = (
    r"(?:milli|centi|kilo)?met(?:er|re)s?|(?:kilo)?grams?|inch(?:es)?|f(?:ee|oo)t|miles?|lit(?:er|re)s?|degrees?|percent"
    r"|frames?|pixels?|minutes?|hours?"
)
_MEASURE = re.compile(
    rf"(?<![\w#.,])(?:\d+(?:[.,]\d+)?\s*-?(?:{_UNIT})(?:\s*(?:/|per)\s*(?:h|s|hour|second))?(?![\w/])"
    rf"|(?:\d+(?:[.,]\d+)?|{'|'.join(_UNITS)}|twenty|thirty|hundred)[\s-]*(?:{_LONG_UNIT})"
    r"(?:\s*(?:/|per|an?)\s*(?:hour|second|minute))?\b)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\d+(?:[.,:]\d+)*[^\W\d_]*|[^\W\d_]+(?:['’][^\W\d_]+)*|#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b|[^\s]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the prompt, a colour's code, a measure ("20 km/h") or a time, in lower case."""

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
    said: str = ""
    """What the prompt says in another language, where the text is the English of it."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """What stands in quotes."""

    text: str
    place: int
    """Number of the tokens before it."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """A prompt taken apart."""

    quoted: tuple[Quoted, ...]
    """In order."""
    tokens: tuple[Token, ...]


def take_apart(prompt: str) -> Pieces:
    """The pieces of any text."""
    texts: list[str] = []

    def quoted(found: re.Match[str]) -> str:
        said = " ".join(next(group for group in found.groups() if group is not None).split())
        if not any(letter.isalnum() for letter in said):
            return " "
        texts.append(said)
        return f" {QUOTE} "

    rest = _QUOTED.sub(quoted, unicodedata.normalize("NFC", prompt).replace(QUOTE, " "))
    tokens, places = _tokens(rest)
    return Pieces(tuple(map(Quoted, texts, places)), tuple(tokens))


def _tokens(text: str) -> tuple[list[Token], list[int]]:
    """The words of a text, and how many stand before each mark of something quoted."""
    made: list[Token] = []
    places: list[int] = []
    clause = sentence = 0

    def add(word: str, **more: float | bool | None) -> None:
        made.append(replace(Token(word, len(made), clause, sentence), **more))  # type: ignore[arg-type]

    def words(part: str) -> None:
        nonlocal clause, sentence
        for word in _WORD.findall(part):
            if word[0].isalnum() or len(word) > 1:
                add(_bare(word))
            elif word in ".!?;\n":
                clause, sentence = clause + 1, sentence + 1
            elif word not in "-‐'’\"/":
                clause += 1
            if word == QUOTE:
                places.append(len(made))

    start = 0
    for time in [*filter(_is_time, _TIME.finditer(text)), None]:
        stop = time.start() if time else len(text)
        for measure in [*_MEASURE.finditer(text, start, stop), None]:
            words(text[start : measure.start() if measure else stop])
            if measure:
                add(" ".join(measure.group().lower().split()))
                start = measure.end()
        if time:
            add(" ".join(time.group().lower().split()), **_time(time))
            start = time.end()
    return made, places


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
