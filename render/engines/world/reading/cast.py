"""The subjects of a scene: each mention of a thing, and which mentions are of the same one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from render.engines.world import lexicon
from render.engines.world.lexicon import Family, Trait
from render.engines.world.reading import tongues
from render.engines.world.reading.binding import Told, before
from render.engines.world.reading.meaning import is_seen
from render.engines.world.scene import Subject

FIELDS: dict[Trait, str] = {
    "colours": "colours",
    "materials": "material",
    "sizes": "size",
    "speeds": "speed",
    "counts": "count",
}
"""The field of a subject for each trait of a thing."""

INDEFINITE = frozenset({"a", "an"})
"""Before a thing that is not the one named before, where "a ball" is one: "a ball hits a ball"."""


def _usual(noun: Told, words: frozenset[str], family: Family) -> int | None:
    """How many of its kind a noun without a number, with these words before it, stands for in a family."""
    phrase = noun.phrase
    singular = tongues.is_form(phrase.said) if phrase.said else not phrase.inflected
    if phrase.text in lexicon.load().common.plurals:
        singular = False
    singular |= bool(words & INDEFINITE)
    if not singular:
        return family.plural
    return 1 if noun.meaning.value in family.one else None


def _another(noun: Told, words: frozenset[str], family: Family) -> bool:
    """Whether a noun with these words before it is one more than those named before it."""
    counted = noun.meaning.value in family.one or family.plural is not None
    return "another" in words or (counted and bool(words & INDEFINITE))


@dataclass(slots=True, eq=False)
class _Mention:
    kind: str
    definite: bool = False
    usual: int | None = None
    """How many there are where no number says so; None for as many as the family likes."""
    another: bool = False
    colours: dict[str, None] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def told_apart(self) -> bool:
        """Whether it says enough of the thing to make it another one than those before."""
        return bool(self.colours) or bool(self.fields.keys() - {"speed"})

    @property
    def number(self) -> int:
        """How many there are at least."""
        return self.fields.get("count", 1)

    def absorb(self, other: _Mention) -> None:
        self.usual = self.usual if self.usual == other.usual else None
        self.colours.update(other.colours)
        self.fields = other.fields | self.fields

    def subject(self) -> Subject:
        return Subject(kind=self.kind, colours=tuple(self.colours), **self.fields)


class Cast:
    """All subjects of a prompt."""

    def __init__(
        self,
        told: Sequence[Told],
        gaps: Sequence[frozenset[str]],
        *,
        family: Family,
        owners: Mapping[int, int | None],
    ) -> None:
        """``owners`` has the index of the noun that each phrase which tells of one belongs to."""
        self._told = told
        self._family = family
        self._mentions = {
            index: _Mention(
                kind=str(noun.meaning.value),
                definite=noun.phrase.definite,
                usual=_usual(noun, before(told, index, gaps), family),
                another=_another(noun, before(told, index, gaps), family),
            )
            for index, noun in enumerate(told)
            if noun.is_noun
        }
        self._said = {
            (self._mentions[owner].kind, told[index].meaning.trait)
            for index, owner in owners.items()
            if owner in self._mentions
        }

    def describe(self, owner: int | None, trait: Trait, value: Any) -> bool:
        """Give the subject at ``owner`` a trait, or whatever the family shows when it is None.

        False when it has another already and shows but one, when there would be too many, where nothing of it is seen
        on its kind, or where its parts have their own.
        """
        if owner is None:
            owner = next(iter(self._mentions), -1)
        mention = self._mentions.setdefault(owner, _Mention(kind=""))
        parts = self._family.parts.get(mention.kind, ()) if trait != "counts" else ()
        if not is_seen(self._family, mention.kind, trait) or any((part, trait) in self._said for part in parts):
            return False
        if trait == "colours":
            if mention.kind in self._family.plain and self._colours(mention.kind) - {value}:
                return False
            mention.colours[value] = None
            return True
        name = FIELDS[trait]
        counted = [other for other in self._mentions.values() if "count" in other.fields]
        if name == "count" and not self._has_room(mention, value, counted):
            return False
        return mention.fields.setdefault(name, value) == value

    def _colours(self, kind: str) -> set[str]:
        """All colours of a kind so far."""
        return {colour for mention in self._mentions.values() if mention.kind == kind for colour in mention.colours}

    def doer(self, index: int) -> str:
        """The kind of the subject of the action at ``index``: the nearest before it in its sentence, else behind."""
        sentence = self._told[index].phrase.first.sentence
        same = [k for k in self._mentions if k >= 0 and self._told[k].phrase.first.sentence == sentence]
        near = [k for k in reversed(same) if k < index] or [k for k in same if k > index]
        return self._mentions[near[0]].kind if near else ""

    def subjects(self) -> tuple[Subject, ...]:
        """One a thing, in order of appearance."""
        kept: list[_Mention] = []
        for _, mention in sorted(self._mentions.items()):
            earlier = next((other for other in kept if other.kind == mention.kind), None)
            apart = mention.another or (mention.told_apart and bool(earlier and earlier.told_apart))
            if earlier and (mention.definite or not apart or self._family.most == 1):
                earlier.absorb(mention)
            else:
                kept.append(mention)
        for mention in kept[::-1]:
            first = next(other for other in kept if other.kind == mention.kind)
            full = self._alike(mention, kept) + mention.number > self._family.limits(mention.kind)[1]
            if full and first is not mention:
                first.absorb(mention)
                kept.remove(mention)
        for mention in kept:
            if mention.usual and "count" not in mention.fields and self._has_room(mention, mention.usual, kept):
                mention.fields["count"] = mention.usual
        return tuple(mention.subject() for mention in kept)

    def _has_room(self, mention: _Mention, number: int, among: Collection[_Mention]) -> bool:
        """Whether there may be so many of a mention beside the others."""
        family, kind = self._family, mention.kind
        others = sum(other.fields.get("count", 0) for other in among if other is not mention)
        fits = self._alike(mention, among) + number <= family.limits(kind)[1]
        return family.can_show(kind, number) and fits and others + number <= family.most

    @staticmethod
    def _alike(mention: _Mention, among: Collection[_Mention]) -> int:
        """How many there are of a mention's kind at least, without its own."""
        return sum(other.number for other in among if other is not mention and other.kind == mention.kind)
