"""What a phrase means in one family: a subject, an action, a trait, or something that is shown or is not."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from render.engines.world import lexicon
from render.engines.world.lexicon import Family, Trait
from render.engines.world.scene import BACKDROP


class Role(StrEnum):
    """What a phrase is to a scene, beside the traits."""

    SUBJECT = "subject"
    ACTION = "action"
    TRAIT = "trait"
    SHOWN = "shown"
    """Something that is seen or heard and needs no field of the scene."""
    ALWAYS = "always"
    """Holds for whatever is simulated."""
    NOTHING = "nothing"
    """The family does not show it."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase means."""

    role: Role
    value: Any = None
    """The subject's kind, the action's name, the trait's value."""
    trait: Trait | None = None
    near: str = ""
    """By what it is shown, when it says something else."""


NOTHING = Meaning(Role.NOTHING)


def together(family: str, said: Sequence[tuple[str, Meaning]]) -> list[Meaning]:
    """The meanings of the phrases of one prompt: nothing for those that the family does not show beside the others.

    What stands for a place, as a bench for a park, does so only where no place is named.
    """
    known = lexicon.load().families[family]
    if any(meaning.trait == "settings" and not meaning.near for _, meaning in said):
        said = [
            (phrase, NOTHING if meaning.trait == "settings" and meaning.near else meaning) for phrase, meaning in said
        ]
    named = [_names(phrase, meaning) for phrase, meaning in said]
    beside = dict.fromkeys(name for names in named for name in sorted(names))
    firsts = [next((name for name in beside if name in group), "") for group in known.first]
    behind = {name for group, first in zip(known.first, firsts, strict=True) for name in group if name != first}

    def shown(names: frozenset[str]) -> bool:
        needed = all(beside.keys() & set(known.needs[name]) for name in names & known.needs.keys())
        hidden = any(beside.keys() & set(known.unless[name]) for name in names & known.unless.keys())
        return needed and not hidden and not names & behind

    return [meaning if shown(names) else NOTHING for names, (_, meaning) in zip(named, said, strict=True)]


def _names(phrase: str, meaning: Meaning) -> frozenset[str]:
    """How ``needs``, ``unless`` and ``first`` of the lexicon call what a phrase means."""
    if meaning.role in {Role.SUBJECT, Role.ACTION} or meaning.trait == "settings":
        return frozenset({str(meaning.value)})
    return frozenset({phrase}) if meaning.role is Role.SHOWN else frozenset()


@functools.cache
def meanings(family: str) -> dict[str, Meaning]:
    """Every phrase that a family shows, exactly or by something near it, with what it means there."""
    lex = lexicon.load()
    known, common = lex.families[family], lex.common
    table: dict[str, Meaning] = {}

    def learn(phrase: str, meaning: Meaning) -> None:
        table.setdefault(phrase, meaning)

    traits = [trait for trait in lexicon.TRAITS if trait not in lexicon.UNWORDED and honours(known, trait)]
    for phrase, kind in known.subjects.items():
        learn(phrase, Meaning(Role.SUBJECT, kind))
    for phrase, name in known.actions.items():
        learn(phrase, Meaning(Role.ACTION, name))
    for trait in traits:
        for value, words in common.meanings(trait).same.items():
            if _can(known, trait, value):
                for phrase in words:
                    learn(phrase, Meaning(Role.TRAIT, value, trait))
    for phrase in known.shown:
        learn(phrase, Meaning(Role.SHOWN))
    for phrase, near in known.near.items():
        learn(phrase, _stand_in(known, near))
    for trait in traits:
        said = common.meanings(trait)
        for value, words in said.near.items():
            if _can(known, trait, value):
                near = f"{said.name(value)} light" if trait == "light" else said.name(value)
                for phrase in words:
                    learn(phrase, Meaning(Role.TRAIT, value, trait, near))
    if honours(known, "title"):
        for phrase in common.title_words:
            learn(phrase, Meaning(Role.TRAIT, trait="title"))
    for phrase in common.always:
        learn(phrase, Meaning(Role.ALWAYS))
    return table


def honours(family: Family, trait: Trait) -> bool:
    """Whether a family shows what a prompt says of a trait."""
    if trait == "counts":
        return True
    if trait == "settings":
        return bool(family.settings)
    return trait in family.honours or trait in lexicon.load().common.honours


def is_seen(family: Family, kind: str, trait: Trait) -> bool:
    """Whether anything of a trait is seen on a kind of a family; on a backdrop only its colours are."""
    hidden = trait in family.unseen.get(kind, ()) or (kind == BACKDROP and trait != "colours")
    return honours(family, trait) and not hidden


def _can(family: Family, trait: Trait, value: Any) -> bool:
    return value in family.settings if trait == "settings" else trait != "counts" or value <= family.most


def _stand_in(family: Family, near: str) -> Meaning:
    if near in family.subjects.values():
        return Meaning(Role.SUBJECT, near, near=near)
    if near in family.actions.values():
        return Meaning(Role.ACTION, near, near=near)
    if near in family.settings:
        return Meaning(Role.TRAIT, near, "settings", near=near)
    return Meaning(Role.SHOWN, near=near)
