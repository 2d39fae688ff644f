"""Chooses the family that a prompt asks for."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

from render.engines.world import lexicon
from render.engines.world.families import FALLBACK, FAMILIES, PLACE
from render.engines.world.reading import lemmas, nearness, phrases
from render.engines.world.reading.text import Token

ENOUGH = 1.0
"""The score from which a prompt is taken to ask for a family."""
DECIDED = 4.0
"""What the words that decide for a family together add to its score: a football that breaks a window is no goal."""


def choose(tokens: Sequence[Token]) -> tuple[str, bool]:
    """The family's name, and whether it only stands in for what no family shows."""
    said = _affirmed(tokens)
    scores = {name: score(said, name) for name in FAMILIES}
    if max(scores.values()) < ENOUGH:
        scores = {name: score + near for (name, score), near in zip(scores.items(), _near(said), strict=True)}
    best = max(scores, key=lambda name: (scores[name], name != FALLBACK))
    enough = scores[best] >= ENOUGH
    if not enough and not (scores[FALLBACK] == 0.0 and _names_a_place(said)):
        return FALLBACK, True
    best = best if enough else PLACE
    return best, best == PLACE and _asks_for_more(tokens)


def _names_a_place(tokens: Sequence[Token]) -> bool:
    known = frozenset(lexicon.load().common.meanings("settings").words)
    return next(phrases.matches(tokens, known), None) is not None


def _asks_for_more(tokens: Sequence[Token]) -> bool:
    """Whether something is to be seen at a place that is not shown there: a place by itself but stands in for that."""
    common = lexicon.load().common
    unseen = {*common.absent, *common.landmarks}
    return any(
        not phrase.negated and (not phrase.known or phrase.text in unseen) for phrase in phrases.find(tokens, PLACE)
    )


def score(tokens: Sequence[Token], family: str) -> float:
    """How strongly the words, each counted once, speak for a family."""
    known = lexicon.load().families[family]
    said = {text for _, _, text in phrases.matches(tokens, _keys(family))}
    if said.intersection(known.bars):
        return 0.0
    deciding = {text for _, _, text in phrases.matches(tokens, _deciding(family))}
    decided = bool(known.decides) and all(deciding.intersection(words) for words in known.decides)
    return sum(known.words.get(text, 0.0) for text in said) + DECIDED * decided


@functools.cache
def _keys(family: str) -> frozenset[str]:
    known = lexicon.load().families[family]
    return frozenset({*known.words, *known.bars})


@functools.cache
def _deciding(family: str) -> frozenset[str]:
    return frozenset(itertools.chain(*lexicon.load().families[family].decides))


def _affirmed(tokens: Sequence[Token]) -> list[Token]:
    """The words that the prompt does not deny, without the names of landmarks."""
    landmarks = lexicon.load().common.landmarks
    found = phrases.find(tokens, FALLBACK)
    left_out = [phrase for phrase in found if phrase.negated or phrase.text in landmarks]
    places = {token.place for phrase in left_out for token in phrase.tokens}
    return [token for token in tokens if token.place not in places]


def _near(tokens: Sequence[Token]) -> list[float]:
    """What words that no lexicon has add to each family's score, by the family word that each is nearest to."""
    known = phrases.known_anywhere()
    families = lexicon.load().families
    words = {name: families[name].words for name in FAMILIES}
    candidates = tuple(sorted({word for table in words.values() for word, weight in table.items() if weight >= ENOUGH}))
    unknown = [token.text for token in tokens if not token.is_time and not known.intersection(lemmas.forms(token.text))]
    found = nearness.nearest(unknown, candidates)
    return [sum(words[name].get(near.phrase, 0.0) for near in set(found.values())) for name in FAMILIES]
