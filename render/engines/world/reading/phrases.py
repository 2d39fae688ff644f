"""Finds the lexicon's phrases in the words of a prompt, the longest first, and what the prompt says must not be."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass

from render.engines.world import lexicon
from render.engines.world.reading import lemmas
from render.engines.world.reading.text import Token

LONGEST = 4
"""Words of the longest phrase that is looked for."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Some words of the prompt that stand in the lexicon together, a single word that does not, a number or a time."""

    text: str
    """As the lexicon has it; as the prompt has it where the lexicon does not."""
    tokens: tuple[Token, ...]
    known: bool
    negated: bool = False
    definite: bool = False
    """True behind "the", "its", "that": something already named."""

    @property
    def first(self) -> Token:
        return self.tokens[0]

    @property
    def said(self) -> str:
        """The prompt's own words where they are of another language; empty for English ones."""
        return " ".join(dict.fromkeys(token.said for token in self.tokens if token.said))

    @property
    def inflected(self) -> bool:
        """Whether its last word is another form than the lexicon has: a plural, if it is a noun."""
        return self.tokens[-1].text != self.text.rsplit(" ", 1)[-1]

    @property
    def start(self) -> int:
        return self.tokens[0].place

    @property
    def end(self) -> int:
        """Place behind its last word."""
        return self.tokens[-1].place + 1


@functools.cache
def _common() -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    """Phrases with content, and all stop words, negations, and words that open a phrase of several words."""
    common = lexicon.load().common
    words = {*common.always, *common.absent, *common.still, *common.left_out, *common.landmarks, *common.title_words}
    words.update(decoy for decoy in common.decoys if " " in decoy)  # "depth of field" is no field
    words.update(*(common.meanings(trait).words for trait in lexicon.TRAITS))
    return frozenset(words), frozenset(common.stop), frozenset(common.negations), frozenset(common.definite)


@functools.cache
def said_of_any() -> frozenset[str]:
    """Phrases that tell of a trait, whether a family honours it or not."""
    common = lexicon.load().common
    return frozenset().union(*(common.meanings(trait).words for trait in lexicon.TRAITS), common.title_words)


@functools.cache
def known_to(family: str) -> frozenset[str]:
    """All phrases that a family can be told in, common ones too. Only a thing counts more than a stop word ("can")."""
    content, stop, *_ = _common()
    known = lexicon.load().families[family]
    return ((content | known.phrases) - stop).union(known.subjects)


@functools.cache
def known_anywhere() -> frozenset[str]:
    """All phrases of the lexicon."""
    return frozenset().union(_common()[0], *(family.phrases for family in lexicon.load().families.values()))


def matches(tokens: Sequence[Token], known: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """(first, behind last, phrase) of the known phrases in the tokens, longest first, none over another."""
    openers = _openers(known if isinstance(known, frozenset) else frozenset(known))
    place = 0
    while place < len(tokens):
        found = None
        if openers.intersection(lemmas.forms(tokens[place].text)):
            found = next(_at(tokens, place, known), None)
        if found:
            yield place, found[0], found[1]
        place = found[0] if found else place + 1


def find(tokens: Sequence[Token], family: str) -> list[Phrase]:
    """Every content word of the prompt as part of one phrase, in order."""
    _, stop, negations, definite = _common()
    known = known_to(family)
    spans = {first: (end, text) for first, end, text in matches(tokens, known)}
    made: list[Phrase] = []
    scope = _Scope()
    place = 0
    while place < len(tokens):
        token = tokens[place]
        end, text = spans.get(place, (place + 1, ""))
        if not text and token.text in negations:
            scope.open(token, behind=[before.text for before in tokens[max(0, place - 2) : place]])
        elif not text and not token.is_time and (token.text in stop or (len(token.text) < 2 and token.text.isalpha())):
            scope.pass_over(token)
        else:
            words = tuple(tokens[place:end])
            before = tokens[place - 1].text if place else ""
            if made and _is_finite(token, made[-1]):
                scope.reach_verb({text} if text else {*lemmas.forms(token.text)}, family, behind=made[-1].text)
            made.append(
                Phrase(
                    text=text or token.text,
                    tokens=words,
                    known=bool(text),
                    negated=scope.holds(token),
                    definite=before in definite,
                )
            )
        place = end
    return made


APART = frozenset(
    {
        "in",
        "on",
        "at",
        "to",
        "with",
        "by",
        "for",
        "from",
        "into",
        "onto",
        "over",
        "under",
        "between",
        "behind",
        "beside",
    }
    | {"above", "below", "near", "around", "about", "across", "along", "upon", "within", "toward", "towards", "as"}
    | {"and", "but", "while"}
)
"""Stop words between a verb and a noun that is not its object: "petals falling around a bottle"."""
ARTICLES = frozenset({"a", "an", "the", "any", "its", "his", "her", "their"})

ENDS = frozenset({"stop", "cease", "fail"})
"""What, denied, affirms what it is said of: "never stops rolling"."""
IMPOSSIBLE = "impossible"
"""What affirms the denial of which it is said: "impossible for it not to break"."""


OF_NOUNS = frozenset({"without", "except", "excluding"})
"""Negations of a noun that does nothing: what the verb behind it tells of was named before."""
THINGS = frozenset({"drop", "sail", "wave"})
"""Words for what happens that name things, too: "no waves", "without a sail"."""
RELATIVE = frozenset({"that", "which", "who"})
"""Stop words that open a clause within another: "a vase that does not break falls"."""


@functools.cache
def _verbs(family: str) -> tuple[frozenset[str], frozenset[str]]:
    """Words for what happens in a family, or for its not happening; and those that are hardly ever nouns."""
    known, common = lexicon.load().families[family], lexicon.load().common
    always = {text for text, action in known.actions.items() if action in known.happens}
    rests = {phrase.split(" ", 1)[0] for phrase in common.still}
    rare = frozenset({*known.happens, *always, *known.spared, *common.still, *rests} - THINGS)
    return rare.union(known.actions, known.happens), rare


def _is_finite(token: Token, before: Phrase) -> bool:
    """Whether a word that may be a verb would have a subject: "rotates", or "rotate" behind "labels".

    The form of a word of another language is lost; there it is taken for one.
    """
    word = token.text
    bare = before.tokens[-1].text.endswith("s") and not word.endswith(("ed", "ing"))
    return word.endswith("s") or bare or bool(token.said)


class _Scope:
    """How far a negation reaches: over the words that follow, through "or" and "of", and from a verb to its object.

    "Nothing" reaches its verb, and no noun: "nothing on the table but a vase". "Not only" denies nothing. "Without"
    reaches no finite verb: "a bottle without a cap rotates". Nor does what a relative clause denies, once something is
    named there: "a vase that doesn't break falls".
    """

    def __init__(self) -> None:
        self._clause: int | None = None
        self._impossible: int | None = None
        self._named = self._joined = self._of_noun = self._of_one = self._of_verb = self._of_all = False
        self._relative = False

    def open(self, token: Token, *, behind: Sequence[str]) -> None:
        """Come to a negation; ``behind`` are the two words before it."""
        if token.clause == self._impossible:
            return
        self._clause, self._named, self._joined = token.clause, False, token.text in {"nor", "neither"}
        self._of_noun, self._of_one = token.text in OF_NOUNS or (token.text, *behind[-1:]) == ("no", "with"), False
        self._of_verb = token.text in {"not", "never"} or token.text.endswith("n't")
        self._of_all = token.text == "nothing"
        self._relative = self._of_verb and bool(
            RELATIVE.intersection(behind[:1] if token.text == "not" else behind[-1:])
        )

    def reach_verb(self, texts: Set[str], family: str, *, behind: str) -> None:
        """Come to a phrase that may be a finite verb; behind no article "drops" ends a noun: "without water drops"."""
        verbs, rare = _verbs(family)
        ends = verbs if self._of_one or (self._relative and behind in verbs) else rare
        if (self._of_noun or self._relative) and self._named and not self._joined and texts & ends:
            self._clause = None

    def pass_over(self, token: Token) -> None:
        self._of_one |= token.text in {"a", "an"}
        if token.text in {"or", "nor"}:
            self._joined = True
        elif token.text == "of":
            return
        elif (token.text == "only" and not self._named) or self._ends_at(token):
            self._clause = None

    def _ends_at(self, token: Token) -> bool:
        if self._named:
            return not (self._of_verb and token.text in ARTICLES)
        return self._of_all and token.text in APART

    def holds(self, token: Token) -> bool:
        inside = self._clause is not None and token.clause - self._clause <= int(self._joined)
        if inside:
            self._clause, self._named, self._joined = token.clause, True, False
        else:
            self._clause = None
        if ENDS.intersection(lemmas.forms(token.text)):
            self._clause = None
        if token.text == IMPOSSIBLE:
            self._impossible = token.clause
        return inside


@functools.lru_cache(maxsize=64)
def _openers(known: frozenset[str]) -> frozenset[str]:
    return frozenset(phrase.split(" ", 1)[0] for phrase in known)


def _at(tokens: Sequence[Token], place: int, known: Collection[str]) -> Iterator[tuple[int, str]]:
    """Known phrases that begin at a place and stay within its clause, longest first."""
    run = list(itertools.takewhile(lambda token: token.clause == tokens[place].clause, tokens[place : place + LONGEST]))
    for length in range(len(run), 0, -1):
        for words in itertools.product(*(lemmas.forms(token.text) for token in run[:length])):
            if (phrase := " ".join(words)) in known:
                yield place + length, phrase
