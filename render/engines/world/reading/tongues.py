"""Other languages than English: which one a prompt seems to be in, and the English of those words that are known.

A prompt is read in English. Of German, French, Spanish and Japanese a small dictionary, ``tongues.yaml``, is put into
English word by word; simplemma gives the dictionary forms. The report tells such words by what they were taken for. Of
other languages only the name is told.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import resources

from render.engines.world import lexicon, yaml_text
from render.engines.world.reading import lemmas, phrases
from render.engines.world.reading.text import Token

NAMES = {
    "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese", "nl": "Dutch",
    "ja": "Japanese", "zh": "Chinese", "ko": "Korean", "ru": "Russian or a language near it", "ar": "Arabic",
    "el": "Greek", "he": "Hebrew", "hi": "Hindi or a language near it", "th": "Thai",
}  # fmt: skip
SCRIPTS = {
    "ko": r"[\uac00-\ud7af]", "ja": r"[\u3040-\u30ff\u4e00-\u9fff]", "ru": r"[\u0400-\u04ff]",
    "ar": r"[\u0600-\u06ff]", "el": r"[\u0370-\u03ff]", "he": r"[\u0590-\u05ff]", "hi": r"[\u0900-\u097f]",
    "th": r"[\u0e00-\u0e7f]",
}  # fmt: skip
"""Letters that tell of a language where they are more than a quarter; the first such decides."""
KANA = re.compile(r"[\u3040-\u30ff]")
"""Letters that Chinese, which shares the others with Japanese, never has."""
LONGEST = 4
"""Words of the longest phrase in the dictionary."""
ENDINGS = re.compile(r"^[\u3040-\u309f中上]{1,4}$")
"""Particles, endings and "in" or "on" between Japanese words: short runs of hiragana."""
AND = frozenset({"und", "et", "y"})
WITHOUT = "without"
STOP = "a"
"""What stands in English for a word without content: it ends what a negation reaches, and a run of adjectives."""
BEHIND = frozenset({"fr", "es"})
"""Languages whose adjectives stand behind their noun; in English they go before it."""


@functools.cache
def _file() -> dict[str, dict]:
    text = resources.files("render.engines.world.reading").joinpath("tongues.yaml").read_text(encoding="utf-8")
    return yaml_text.read(text)


@functools.cache
def _stops() -> dict[str, frozenset[str]]:
    return {language: frozenset(words) for language, words in _file()["stop"].items()}


@functools.cache
def known(language: str) -> dict[str, str]:
    """The English of the words and phrases of a language; empty for one that has no dictionary."""
    rows = _file()["words"].items()
    return {phrase: english for english, row in rows for phrase in row.get(language, ())}


@functools.cache
def _dictionary() -> frozenset[str]:
    return frozenset().union(*(forms for row in _file()["words"].values() for forms in row.values()))


def is_form(said: str) -> bool:
    """Whether lower-case words of another language stand in its dictionary as they are, and are no plural."""
    return said in _dictionary()


@functools.cache
def _english() -> frozenset[str]:
    common = lexicon.load().common
    return phrases.known_anywhere() | {*common.stop, *common.negations}


@functools.cache
def _own(language: str) -> frozenset[str]:
    """The words of a language that the lexicon has not as English."""
    return _stops()[language].union(known(language)) - _english()


@functools.cache
def _adjectives() -> frozenset[str]:
    common = lexicon.load().common
    return common.colours.words | common.materials.words | common.sizes.words


def guess(words: Sequence[str]) -> str:
    """The code of the language that lower-case words seem to be in; empty for English and what cannot be told.

    By its script, else by the words that are its own; one of them alone is no proof where English words stand by it or
    it is in an English dictionary. Words that a language shares with the lexicon speak neither for it nor against it.
    """
    whole = " ".join(words)
    for language, letters in SCRIPTS.items():
        if len(re.findall(letters, whole)) > len(whole) / 4:
            return language if language != "ja" or KANA.search(whole) else "zh"
    bare = [part for word in words for part in _parts(word)]
    named = [{word, word.removesuffix("s")} for word in bare]
    scores = {language: sum(bool(ways & _own(language)) for ways in named) for language in _stops()}
    best = max(scores, key=lambda language: scores[language])
    shared = _stops()[best].union(known(best))
    others = [word for word, ways in zip(bare, named, strict=True) if not ways & shared]
    alone = [word for word, ways in zip(bare, named, strict=True) if ways & _own(best) and not lemmas.is_english(word)]
    enough = 1 if alone and not any(lemmas.is_english(word) for word in others) else 2
    return best if scores[best] >= enough and scores[best] > sum(word in _english() for word in others) else ""


def english(tokens: Sequence[Token], language: str) -> list[Token]:
    """The tokens with what the dictionary knows put into English; each keeps what the prompt said."""
    if not known(language):
        found = [token for token in tokens if token.is_time or token.text not in _stops().get(language, ())]
        return [replace(token, place=place) for place, token in enumerate(found)]
    found = _cut(tokens, language) if language in SCRIPTS else list(_told(tokens, language))
    if language in BEHIND:
        found = _before(found)
    return [replace(token, place=place) for place, token in enumerate(found)]


def _before(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with adjectives before the thing that they stand behind."""
    made: list[Token] = []
    for token in tokens:
        place = len(made)
        if token.said and token.text in _adjectives():
            while _said(made, place, token) and made[place - 1].text in _adjectives():
                place -= 1
            thing = _said(made, place, token)
            while thing and _said(made, place, token) == thing:
                place -= 1
        made.insert(place, token)
    return made


def _said(made: Sequence[Token], place: int, token: Token) -> str:
    """What the prompt says right before a place, if that is in the token's clause and of another language."""
    return made[place - 1].said if place and made[place - 1].clause == token.clause else ""


def _told(tokens: Sequence[Token], language: str) -> Iterator[Token]:
    """Phrases of words that stand apart, the longest first; of the words without content only "and" is left out.

    So "rouge et bleu" stays one run of adjectives.
    """
    table, stops = known(language), _stops()[language]
    parts = [replace(token, text=part) for token in tokens for part in _parts(token.text)]
    place = 0
    while place < len(parts):
        run = [part for part in parts[place : place + LONGEST] if part.clause == parts[place].clause]
        for length in range(len(run), 0, -1):
            spoken = " ".join(part.text for part in run[:length])
            ways = (" ".join(way) for way in itertools.product(*(_forms(part.text, language) for part in run[:length])))
            if meant := next((table[way] for way in ways if way in table), None):
                yield from (replace(parts[place], text=word, said=spoken) for word in meant.split())
                place += length
                break
        else:
            part = parts[place]
            if part.is_time or part.text not in stops:
                yield part
            elif part.text not in AND:
                yield replace(part, text=STOP)
            place += 1


def _cut(tokens: Sequence[Token], language: str) -> list[Token]:
    """Words of a script that writes them together, the longest first; endings and particles are left out.

    A negation stands behind its word there; it is put before it, and a word without content ends what it reaches.
    """
    table = known(language)
    words = re.compile("|".join(sorted(map(re.escape, table), key=len, reverse=True)))
    made: list[Token] = []
    last = 0
    for token in tokens:
        start = 0
        for word in [*words.finditer(token.text), None]:
            rest = token.text[start : word.start() if word else None]
            if rest and not ENDINGS.match(rest):
                last = len(made)
                made.append(replace(token, text=rest))
            if not word:
                continue
            start = word.end()
            told = [replace(token, text=one, said=word.group()) for one in table[word.group()].split()]
            if table[word.group()] == WITHOUT and made and made[last].clause == token.clause:
                made[last:last] = told
                made.append(replace(token, text=STOP))
                last = len(made) - 1
            else:
                last = len(made)
                made += told
    return made


def _parts(word: str) -> list[str]:
    """A word without what is elided before it: "l'eau" is "l" and "eau"."""
    before, mark, after = word.partition("'")
    return [before, after] if mark and len(before) <= 2 and after else [word]


@functools.lru_cache(maxsize=16_384)
def _forms(word: str, language: str) -> tuple[str, ...]:
    import simplemma

    lemma = simplemma.lemmatize(word, lang=language).lower() if word.isalpha() else word
    return tuple(dict.fromkeys((word, lemma)))
