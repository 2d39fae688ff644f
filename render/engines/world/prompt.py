"""Reads a prompt into a :class:`Scene`, and says of every content word what became of it. Deterministic, no model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from render.engines.world import lexicon
from render.engines.world.families import FALLBACK, FAMILIES
from render.engines.world.scene import Scene, Subject, Words

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


def _inverted(meanings: lexicon.Meanings) -> dict[str, Any]:
    return {word: value for table in (meanings.near, meanings.same) for value, words in table.items() for word in words}


LEXICON = lexicon.load()
COLOUR_WORDS = _inverted(LEXICON.common.colours)
LIGHT_WORDS = _inverted(LEXICON.common.light)
COUNTS = _inverted(LEXICON.common.counts)
INEXACT_LIGHT = {word for words in LEXICON.common.light.near.values() for word in words}


def _known() -> frozenset[str]:
    words = {*LEXICON.common.always, *LEXICON.common.absent, *COLOUR_WORDS, *LIGHT_WORDS, *COUNTS}
    for family in LEXICON.families.values():
        words.update(family.words, family.subjects, family.actions, family.shown, family.near)
    return frozenset(words)


KNOWN = _known()


def words_of(prompt: str) -> list[str]:
    """Lower-case stems in order, compounds joined, stop words kept."""
    stems = [stem(match.group(), KNOWN) for match in _WORD.finditer(prompt.replace("-", " "))]
    joined: list[str] = []
    for word in stems:
        pair = f"{joined[-1]} {word}" if joined else ""
        if pair in KNOWN:
            joined[-1] = pair
        else:
            joined.append(word)
    return joined


def score(words: Iterable[str]) -> dict[str, float]:
    """How strongly the words, each counted once, speak for each family."""
    said = set(words)
    return {
        name: sum(weight for word, weight in family.words.items() if word in said)
        for name, family in LEXICON.families.items()
        if name in FAMILIES
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
        known = LEXICON.families[self.family]
        if negated:
            absent = word in LEXICON.common.absent
            (self.understood if absent else self.ignored)[word] = None
            self.others[f"no {word}"] = None
        elif word in COLOUR_WORDS and "colours" in known.honours:
            self._colour(word)
        elif word in known.subjects:
            self.subjects.append(known.subjects[word])
            self.understood[word] = None
        elif word in LIGHT_WORDS and "light" in known.honours:
            self._light(word)
        elif word in LEXICON.common.always:
            self.understood[word] = None
        elif word in known.shown or word in known.actions:
            self.understood[word] = self.others[word] = None
        elif word in known.near:
            near = known.near[word]
            self.approximated[word] = near
            self.others[word] = None
            if near in known.subjects.values():
                self.subjects.append(near)
        elif (word in COUNTS or word.isdecimal()) and known.most > 1:
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
        colour = COLOUR_WORDS[word]
        if colour not in self.colours:
            self.colours.append(colour)
        if word in LEXICON.common.colours.same[colour]:
            self.understood[word] = None
        else:
            self.approximated[word] = colour

    def _light(self, word: str) -> None:
        self.light = self.light or LIGHT_WORDS[word]
        if word in INEXACT_LIGHT:
            self.approximated[word] = f"{LIGHT_WORDS[word]} light"
        else:
            self.understood[word] = None

    def _count(self, word: str) -> None:
        number = COUNTS.get(word) or int(word[:4])
        if 1 <= number <= LEXICON.families[self.family].most and self.count is None:
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
        if word in LEXICON.common.negations:
            negated = True
            continue
        if word in LEXICON.common.stop or (len(word) < 2 and not word.isdecimal()):
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
