"""The dictionary forms of words, by simplemma. English only: it lemmatises 54 languages, but translates none."""

from __future__ import annotations

import functools
from collections.abc import Sequence

LANGUAGE = "en"


@functools.lru_cache(maxsize=16_384)
def forms(word: str) -> tuple[str, ...]:
    """The ways in which a lower-case word may stand in the lexicon: as it is, and its lemma if that is another."""
    import simplemma

    if not word.isalpha():
        return (word,)
    lemma = simplemma.lemmatize(word, lang=LANGUAGE).lower()
    return (word,) if lemma == word else (word, lemma)


@functools.lru_cache(maxsize=16_384)
def is_english(word: str) -> bool:
    """Whether the dictionary has the lower-case word."""
    import simplemma

    return word.isalpha() and simplemma.is_known(word, lang=LANGUAGE)


def mostly_foreign(words: Sequence[str]) -> bool:
    """Whether more than half of the words, more than one, are not in the dictionary."""
    foreign = sum(not is_english(word) for word in words)
    return foreign > 1 and foreign > len(words) / 2
