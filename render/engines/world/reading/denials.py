"""Whether a prompt denies what every take of its family shows: "nothing breaks", "a vase stands still".

A denial counts only where it is said of what the family shows. Its clause must name nothing else – the camera, trees, a
crowd – but for adjectives and what stands behind a preposition and is shown. Where it names nothing at all ("…, not
rotating", "it does not move") the clause before tells, and all is meant by "nothing" and "everything".
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from enum import Enum, auto

from render.engines.world import lexicon
from render.engines.world.lexicon import Family
from render.engines.world.reading import lemmas
from render.engines.world.reading.binding import AROUND, OPENING, Told
from render.engines.world.reading.meaning import Role
from render.engines.world.reading.phrases import APART, ARTICLES, OF_NOUNS, THINGS
from render.engines.world.reading.text import Token
from render.engines.world.scene import BACKDROP

MOVE = "move"
"""What is denied of a thing that stands still."""
FILM = frozenset({"camera", "view", "image", "picture", "video", "footage", "clip"})
"""Stop words for the film, of which nothing is seen: "the camera does not move"."""
BEYOND = frozenset({"around", "behind"})
"""Stop words before what is shown, for what is not: "nothing moves around it"."""
ALL = frozenset({"nothing", "none", "everything"})

Clause = list[Told | Token]


class _Named(Enum):
    """What a part of a clause names."""

    SUBJECT = auto()
    SHOWN = auto()
    """What is shown round the subject."""
    OTHER = auto()
    """The film, and what is not shown."""


def contradict(tokens: Sequence[Token], told: Sequence[Told], family: str) -> bool:
    """Whether something that always happens in the family is denied and nowhere affirmed."""
    known = lexicon.load().families[family]
    said = {text for one in told if not one.phrase.negated for text in _meant(one.phrase.text, known)}
    if said & {*known.happens, *known.actions.values()}:
        said.add(MOVE)
    denied = set[str]()
    before = _Named.SUBJECT
    for clause in _clauses(tokens, told):
        named = _named(clause, known)
        for place, part in enumerate(clause):
            gone = _denied(part, known) if isinstance(part, Told) and not _is_thing(part, tokens) else set()
            if gone and _is_of_subject(place, clause, named, known, before=before):
                denied |= gone
        affirmed = (one for one, part in zip(named, clause, strict=True) if not _is_negated(part))
        before = next((one for one in affirmed if one in {_Named.SUBJECT, _Named.OTHER}), before)
    return any(said.isdisjoint({one, *known.unless.get(one, ())}) for one in denied)


def _meant(text: str, known: Family) -> set[str]:
    return {text, known.actions.get(text, text), known.subjects.get(text, text)}


def _denied(one: Told, known: Family) -> set[str]:
    """What a phrase denies of what happens."""
    text = one.phrase.text
    if not one.phrase.negated:
        text = MOVE if text in lexicon.load().common.still else known.spared.get(text, "")
    return _meant(text, known).intersection(known.happens)


def _is_thing(one: Told, tokens: Sequence[Token]) -> bool:
    """Whether a noun is denied, not a verb."""
    if one.phrase.text not in THINGS or not one.phrase.negated:
        return False
    negations = lexicon.load().common.negations
    nearest = next(token.text for token in reversed(tokens[: one.phrase.start]) if token.text in negations)
    return nearest in {*OF_NOUNS, "no"}


def _clauses(tokens: Sequence[Token], told: Sequence[Told]) -> list[Clause]:
    """The phrases and the words between them, parted at punctuation and at words like "and"."""
    starts = {one.phrase.start: one for one in told}
    made: list[Clause] = []
    place = 0
    while place < len(tokens):
        token, one = tokens[place], starts.get(place)
        if not place or token.clause != tokens[place - 1].clause or (one is None and token.text in OPENING):
            made.append([])
        made[-1].append(one or token)
        place = one.phrase.end if one else place + 1
    return made


def _is_of_subject(
    place: int, clause: Clause, named: Sequence[_Named | None], known: Family, *, before: _Named
) -> bool:
    """Whether a phrase is said of what the family shows: of a noun right behind it, or of what its clause names.

    ``before`` is what the nearest clause before it that names something names first.
    """
    run = itertools.takewhile(lambda part: isinstance(part, Told), clause[place + 1 :])
    if behind := [kind for part in run if isinstance(part, Told) and (kind := _kind(part, known))]:
        return behind[-1] is _Named.SUBJECT
    if any(named):
        return _Named.SUBJECT in named and _Named.OTHER not in named
    of_all = any((part.phrase if isinstance(part, Told) else part).text in ALL for part in clause)
    return of_all or before is _Named.SUBJECT


def _is_negated(part: Told | Token) -> bool:
    return isinstance(part, Told) and part.phrase.negated


def _named(clause: Clause, known: Family) -> list[_Named | None]:
    """What each part of a clause names; None for what is no thing, and for what is shown behind a preposition."""
    made: list[_Named | None] = []
    within = False
    for part, after in itertools.zip_longest(clause, clause[1:]):
        if isinstance(part, Token):
            within = part.text in APART or (within and part.text in ARTICLES)
            made.append(_Named.OTHER if part.text in FILM | BEYOND else None)
            continue
        kind = _kind(part, known)
        describes = isinstance(after, Told) and _kind(after, known) in {_Named.SUBJECT, _Named.SHOWN}
        unheeded = (kind is _Named.OTHER and describes) or (kind is _Named.SHOWN and within)
        made.append(None if unheeded else kind)
    return made


def _kind(one: Told, known: Family) -> _Named | None:
    common = lexicon.load().common
    text, meaning = one.phrase.text, one.meaning
    if (meaning.role is Role.SUBJECT and meaning.value != BACKDROP) or (not known.subjects and text in known.words):
        return _Named.SUBJECT
    if text in {*common.still, *known.spared, *known.happens, *ALL} or one.phrase.first.text in common.stop:
        return None
    if meaning.trait == "move":
        return _Named.OTHER
    if meaning.role is Role.NOTHING:
        stays = {phrase.split(" ", 1)[0] for phrase in (*common.still, *known.spared)}.intersection(lemmas.forms(text))
        return None if stays else _Named.OTHER
    return _Named.SHOWN if meaning.role in {Role.SUBJECT, Role.SHOWN} or meaning.trait in AROUND else None
