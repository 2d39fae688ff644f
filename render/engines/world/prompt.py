"""Reads a prompt into a :class:`Scene`, and says of every content word what became of it. Deterministic, no model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from render.engines.world import vocabulary
from render.engines.world.materials import COLOURS
from render.engines.world.scene import Scene, Subject, Words

FALLBACK = "objects"
ENOUGH = 1.0
"""The score from which a prompt is taken to ask for a family."""
IRREGULAR = {
    "fell": "fall",
    "fallen": "fall",
    "hitting": "hit",
    "threw": "throw",
    "thrown": "throw",
    "shoes": "shoe",
    "men": "man",
    "women": "woman",
    "children": "child",
    "misses": "miss",
    "missed": "miss",
    "waves": "wave",
    "boxes": "box",
    "spun": "spin",
    "shot": "shot",
    "shoots": "shoot",
    "bounces": "bounce",
    "bounced": "bounce",
    "broke": "break",
    "glass": "glass",
    "dropped": "drop",
    "dropping": "drop",
    "spinning": "spin",
    "turning": "turn",
    "dice": "dice",
    "physics": "physics",
}
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")


def stem(word: str, known: Iterable[str] = ()) -> str:
    """The form in which a word stands in the vocabulary, as near as plain English endings allow."""
    known = set(known)
    word = word.lower().removesuffix("'s").removesuffix("’s")
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word in known:
        return word
    tries = [word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("ed"), word.removesuffix("d")]
    if word.endswith("ies"):
        tries.append(word[:-3] + "y")
    if word.endswith("ing") and len(word) > 5:
        tries += [word[:-3], word[:-3] + "e", word[:-4]]
    return next((form for form in tries if form != word and form in known), word)


def _known() -> frozenset[str]:
    tables = [*vocabulary.FAMILY_WORDS.values(), *vocabulary.SUBJECTS.values(), *vocabulary.STAND_INS.values()]
    words = {word for table in tables for word in table}
    words.update(*vocabulary.SHOWN.values(), vocabulary.ALWAYS, vocabulary.PEOPLE, vocabulary.COLOUR_WORDS, COLOURS)
    words.update(vocabulary.LIGHT_WORDS, vocabulary.COUNTS)
    return frozenset(words)


KNOWN = _known()


def words_of(prompt: str) -> list[str]:
    """Lower-case stems in order, compounds joined, stop words kept."""
    stems = [stem(match.group(), KNOWN) for match in _WORD.finditer(prompt)]
    joined: list[str] = []
    for word in stems:
        pair = f"{joined[-1]} {word}" if joined else ""
        if pair in vocabulary.COMPOUNDS:
            joined[-1] = vocabulary.COMPOUNDS[pair]
        else:
            joined.append(word)
    return joined


def score(words: Iterable[str]) -> dict[str, float]:
    """How strongly the words, each counted once, speak for each family."""
    said = set(words)
    return {
        family: sum(weight for word, weight in table.items() if word in said)
        for family, table in vocabulary.FAMILY_WORDS.items()
    }


@dataclass(slots=True)
class _Reading:
    """What has been made of the words so far."""

    family: str
    subjects: list[str] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)
    count: int | None = None
    light: str = ""
    understood: dict[str, None] = field(default_factory=dict)
    approximated: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, None] = field(default_factory=dict)
    others: dict[str, None] = field(default_factory=dict)

    def take(self, word: str, *, negated: bool) -> None:
        """Settle one content word."""
        if negated:
            absent = word in vocabulary.PEOPLE
            (self.understood if absent else self.ignored)[word] = None
            self.others[f"no {word}"] = None
        elif word in COLOURS or word in vocabulary.COLOUR_WORDS:
            self._colour(word)
        elif word in vocabulary.SUBJECTS[self.family]:
            self.subjects.append(vocabulary.SUBJECTS[self.family][word])
            self.understood[word] = None
        elif word in vocabulary.LIGHT_WORDS and self.family != "product":
            self._light(word)
        elif word in vocabulary.ALWAYS:
            self.understood[word] = None
        elif word in vocabulary.SHOWN[self.family]:
            self.understood[word] = self.others[word] = None
        elif word in vocabulary.STAND_INS[self.family]:
            near = vocabulary.STAND_INS[self.family][word]
            self.approximated[word] = near
            self.others[word] = None
            if near in vocabulary.SUBJECTS[self.family].values():
                self.subjects.append(near)
        elif (word in vocabulary.COUNTS or word.isdecimal()) and self.family == "objects":
            self._count(word)
        else:
            self.ignored[word] = self.others[word] = None

    def things(self) -> tuple[Subject, ...]:
        """The subjects; number and colours are the first one's."""
        kinds = list(dict.fromkeys(self.subjects))
        if not kinds and (self.colours or self.count is not None):
            kinds = [""]
        first = tuple(Subject(kind=kind, count=self.count, colours=tuple(self.colours)) for kind in kinds[:1])
        return first + tuple(Subject(kind=kind) for kind in kinds[1:])

    def _colour(self, word: str) -> None:
        if self.family == "ocean":
            self.ignored[word] = None
            return
        colour = vocabulary.COLOUR_WORDS.get(word, word)
        if colour not in self.colours:
            self.colours.append(colour)
        if colour == word:
            self.understood[word] = None
        else:
            self.approximated[word] = colour

    def _light(self, word: str) -> None:
        self.light = self.light or vocabulary.LIGHT_WORDS[word]
        if word in vocabulary.INEXACT_LIGHT:
            self.approximated[word] = f"{vocabulary.LIGHT_WORDS[word]} light"
        else:
            self.understood[word] = None

    def _count(self, word: str) -> None:
        number = vocabulary.COUNTS.get(word) or int(word[:4])
        if 1 <= number <= vocabulary.MOST and self.count is None:
            self.count = number
            self.understood[word] = None
        else:
            self.ignored[word] = None


def read(prompt: str) -> Scene:
    """The scene that a prompt asks for; any text gives one."""
    words = words_of(prompt)
    scores = score(words)
    family = max(scores, key=lambda name: (scores[name], name != FALLBACK))
    fallback = scores[family] < ENOUGH
    if fallback:
        family = FALLBACK
    reading = _Reading(family)
    negated = False
    for word in words:
        if word in vocabulary.NEGATIONS:
            negated = True
        if word in vocabulary.STOP or (len(word) < 2 and not word.isdecimal()):
            continue
        reading.take(word, negated=negated)
        negated = False
    ignored = [word for word in reading.ignored if word not in reading.understood and word not in reading.approximated]
    return Scene(
        family=family,
        fallback=fallback,
        subjects=reading.things(),
        light=reading.light or "day",
        others=tuple(reading.others),
        words=Words(
            understood=tuple(reading.understood),
            approximated=tuple(f"{word} → {near}" for word, near in reading.approximated.items()),
            ignored=tuple(ignored),
        ),
    )
