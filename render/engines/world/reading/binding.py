"""Finds which noun a colour, a material, a size, a speed or a number belongs to.

English puts such words before their noun ("three small red balls") or behind it with a verb ("the ball is red", "the
ball rolls slowly"). So a word belongs to the subject that ends the run of words it stands in; if the run ends in
something that is no subject ("a wooden table") it belongs to that; if it ends in no noun, to the subject before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from render.engines.world import lexicon
from render.engines.world.reading.meaning import Meaning, Role
from render.engines.world.reading.phrases import APART, Phrase
from render.engines.world.scene import BACKDROP

JOINING = frozenset({"and", "or", "of", "the", "very"})
"""Stop words within a run: "red and blue balls", "a pair of shoes"."""
COPULAS = frozenset({"is", "are", "was", "were", "be", "being"})
"""Words that point back to the noun: "the ball is red"."""
PARTITIVES = frozenset({"them"})
"""Words for some of what was named, which cannot be told apart: "three of them blue"."""
OPENING = frozenset({"and", "but", "then", "while", "as", "when", "before", "after", "so"})
"""Stop words that open a clause."""
AROUND = frozenset({"settings", "floors", "light", "weather"})
"""Traits that are told in nouns: "a green park"."""
ARTICLES = frozenset({"a", "an", "the", "its", "their"})
"""Stop words that open the name of a thing."""
UNDERFOOT = frozenset({"on", "onto", "over", "across"})
"""Stop words before what is underfoot."""
FOLLOWING = frozenset({"speeds"})
"""Traits that tell of what happens: they stand behind their noun as often as before it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A phrase with what it means."""

    phrase: Phrase
    meaning: Meaning

    @property
    def is_noun(self) -> bool:
        return self.meaning.role is Role.SUBJECT and not self.phrase.negated

    @property
    def describes(self) -> bool:
        """Whether it says something of a noun, and is none."""
        return self.meaning.role in {Role.TRAIT, Role.ALWAYS} and self.meaning.trait not in AROUND


def named_before(said: Sequence[Told], gaps: Sequence[frozenset[str]]) -> list[Meaning]:
    """The meaning of each phrase; a definite noun of a general kind is what was named before: "sailboat, the boat".

    Not within one clause: "a bowling ball hits the ball".
    """
    meant: list[Meaning] = []
    earlier: list[tuple[int, str, str]] = []
    clause = 0
    for k, (told, gap) in enumerate(zip(said, gaps, strict=True)):
        clause += not k or bool(gap & OPENING) or told.phrase.first.clause != said[k - 1].phrase.first.clause
        if told.meaning.role is not Role.SUBJECT:
            meant.append(told.meaning)
            continue
        kind, text = str(told.meaning.value), told.phrase.text
        if told.phrase.definite and all(kind != other for *_, other in earlier):
            fits = (other for at, name, other in reversed(earlier) if at < clause and _ends(text, name, other))
            kind = next(fits, kind)
        meant.append(replace(told.meaning, value=kind))
        earlier.append((clause, text, kind))
    return meant


def _ends(general: str, *special: str) -> bool:
    """Whether a word ends one of the names of a thing, as "boat" does "sailboat"."""
    return any(name.endswith(general) for name in special)


def noun(told: Sequence[Told], index: int, *, gaps: Sequence[frozenset[str]]) -> int | None:
    """Index of the subject that a phrase belongs to; None if there is none, −1 if it belongs to something else.

    ``gaps[i]`` are the words without content between phrase ``i`` and the one before it.
    """
    if (gaps[index] | frozenset().union(*gaps[index + 1 : index + 2])) & PARTITIVES:
        return -1
    ahead = None if gaps[index] & COPULAS else _ahead(told, index, gaps)
    if ahead is not None and (told[ahead].is_noun or told[index].meaning.trait not in FOLLOWING):
        if told[ahead].is_noun:
            return ahead
        other = told[ahead].meaning
        if (other.role in {Role.SHOWN, Role.NOTHING} or other.trait in AROUND) and not told[ahead].phrase.negated:
            return -1
    if ahead is None and (_names_a_thing(told, index, gaps) or _tells_of_another(told, index, gaps)):
        return -1
    here = told[index].phrase.first
    behind = [k for k in range(index) if told[k].is_noun and told[k].phrase.first.sentence == here.sentence]
    things = [k for k, other in enumerate(told) if other.is_noun and other.meaning.value != BACKDROP]
    after = [k for k in things if k >= index and told[k].phrase.first.sentence == here.sentence]
    return next(iter([*behind[::-1], *after, *things]), None)


def _names_a_thing(told: Sequence[Told], index: int, gaps: Sequence[frozenset[str]]) -> bool:
    """Whether a word stands before one for an action that is a noun here: "into a red net", "hits the red rim"."""
    if told[index].meaning.trait in FOLLOWING or index + 1 == len(told) or gaps[index + 1] - JOINING:
        return False
    other = told[index + 1]
    acts = other.meaning.role is Role.ACTION and other.phrase.first.clause == told[index].phrase.first.clause
    return acts and bool(before(told, index, gaps) & ARTICLES)


def _tells_of_another(told: Sequence[Told], index: int, gaps: Sequence[frozenset[str]]) -> bool:
    """Whether a word stands behind what is no subject and tells of that: "a see-saw of steel", "the floor is red"."""
    first = _opening(told, index, gaps)
    other = told[first - 1] if first else None
    if other is None or other.phrase.first.clause != told[index].phrase.first.clause:
        return False
    listed = index + 1 < len(told) and told[index + 1].meaning.trait == told[index].meaning.trait
    tells = "of" in gaps[first] and not listed
    tells |= bool(gaps[first] & COPULAS) and bool(gaps[first - 1] & ARTICLES)
    return tells and (other.meaning.role in {Role.SHOWN, Role.NOTHING} or other.meaning.trait in AROUND)


DOINGS = frozenset({"park", "drink"})
"""Words for places and things that are verbs as well."""
PRONOUNS = frozenset({"i", "you", "he", "she", "we", "they", "who"})
"""Stop words for somebody who does something."""


def of_another(told: Sequence[Told], index: int, *, gaps: Sequence[frozenset[str]]) -> bool:
    """Whether a verb belongs to things that are not shown, which stand right before it: "with petals falling".

    What is done to something that is shown is seen, whoever does it: "hands rotating a shoe".
    """
    if not index or gaps[index] or not told[index].phrase.first.text.endswith("ing"):
        return False
    other = told[index - 1]
    same = other.phrase.first.clause == told[index].phrase.first.clause
    others = same and other.meaning.role is Role.NOTHING and other.phrase.tokens[-1].text.endswith("s")
    return others and not _has_object(told, index, gaps)


def _has_object(told: Sequence[Told], index: int, gaps: Sequence[frozenset[str]]) -> bool:
    """Whether a thing that is shown follows a verb in its clause as its object."""
    for k in range(index + 1, len(told)):
        if told[k].phrase.first.clause != told[index].phrase.first.clause or gaps[k] & APART:
            return False
        if told[k].is_noun:
            return True
    return False


def is_verb(told: Sequence[Told], index: int, gaps: Sequence[frozenset[str]]) -> bool:
    """Whether a word for a place or a thing tells what is done: "the car parks", "people drink", "a parked car"."""
    phrase = told[index].phrase
    last = phrase.tokens[-1].text
    if phrase.inflected and last.endswith(("ed", "ing")):
        return True
    if phrase.text not in DOINGS:
        return False
    first = index
    while first and not gaps[first] and told[first - 1].meaning.trait in FOLLOWING:
        first -= 1
    if gaps[first] & PRONOUNS:
        return True
    doer = told[first - 1] if first and not gaps[first] else None
    common = lexicon.load().common
    if doer is None or doer.phrase.first.clause != phrase.first.clause:
        return False
    if not doer.is_noun and doer.phrase.text not in common.absent:
        return False
    return phrase.inflected != (doer.phrase.inflected or doer.phrase.text in common.plurals)


def is_underfoot(told: Sequence[Told], index: int, gaps: Sequence[frozenset[str]]) -> bool:
    """Whether a stuff is what something stands on, whatever is said of it: "on wet concrete", "over rough stone"."""
    opening, clause = before(told, index, gaps), told[index].phrase.first.clause
    ends = index + 1 == len(told) or bool(gaps[index + 1]) or told[index + 1].phrase.first.clause != clause
    return bool(opening & UNDERFOOT) and not opening - UNDERFOOT - {"the"} and ends


def before(told: Sequence[Told], index: int, gaps: Sequence[frozenset[str]]) -> frozenset[str]:
    """The words without content before the run of words that ends in a noun: "another" of "another shiny red ball"."""
    return gaps[_opening(told, index, gaps)]


def _opening(told: Sequence[Told], index: int, gaps: Sequence[frozenset[str]]) -> int:
    """Index of the first of the run of words that a phrase ends."""
    first, clause = index, told[index].phrase.first.clause
    while first and not gaps[first] and told[first - 1].phrase.first.clause == clause:
        if told[first - 1].is_noun or told[first - 1].meaning.role is Role.ACTION:
            break
        first -= 1
    return first


def _ahead(told: Sequence[Told], index: int, gaps: Sequence[frozenset[str]]) -> int | None:
    """What ends the run of words that a phrase stands in, if that is a thing."""
    last = None
    for k in range(index + 1, len(told)):
        if told[k].phrase.first.clause != told[index].phrase.first.clause or gaps[k] - JOINING:
            break
        if told[k].meaning.role is Role.ACTION:
            break
        if told[k].is_noun:
            return k
        if not told[k].describes:
            last = k
    return last
