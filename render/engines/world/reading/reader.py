"""Makes a scene of a prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from render.engines.world import lexicon, materials
from render.engines.world.reading import denials, lemmas, nearness, phrases, tongues
from render.engines.world.reading import family as families
from render.engines.world.reading.binding import DOINGS, Told, is_underfoot, is_verb, named_before, noun, of_another
from render.engines.world.reading.cast import FIELDS, Cast
from render.engines.world.reading.meaning import NOTHING, Meaning, Role, honours, meanings, together
from render.engines.world.reading.notes import Notes
from render.engines.world.reading.phrases import Phrase
from render.engines.world.reading.script import schedule
from render.engines.world.reading.text import LONGEST_TITLE, Token, take_apart
from render.engines.world.scene import Action, CameraWish, Scene, Subject
from render.engines.world.styles import PLAIN

THINGS = frozenset({Role.SUBJECT, Role.ACTION, Role.SHOWN})
SURROUNDINGS = frozenset({"settings", "light", "weather"})
"""What a word of no lexicon may be near to: among colours, materials and numbers the sentence model cannot choose."""
BREAKS = re.compile(r"[^\w\s'-]+|\n")
"""What parts a negative prompt; there, text in quotes is no title."""
OPTIONAL: tuple[lexicon.Trait, ...] = ("weather", "tempo", "sounds", "mood")
"""Traits that a scene has only when the prompt asks for them: who denies them is obeyed."""

HALF = 0.5
"""Share of a prompt's content words that are found below which its scene only stands in for it."""
BEFORE = 2 * phrases.LONGEST
"""Words before a quotation in which it may be called a title, in whatever language."""


def read(prompt: str, *, negative: str = "", style: str = PLAIN) -> Scene:
    """The scene that a prompt asks for; any text gives one, and the same text the same scene.

    ``negative`` names what must not be there, with commas between: "people, rain". ``style`` is that in which the scene
    will be drawn, so that a prompt that names it is understood.
    """
    denied = "".join(f"; no {part}" for part in BREAKS.split(negative) if part.strip())
    pieces = take_apart(prompt + denied)
    spoken = language(prompt)
    tokens = tongues.english(pieces.tokens, spoken)
    family, fallback = families.choose(tokens)
    found = phrases.find(tokens, family)
    gaps = _gaps(found, [token.text for token in tokens])
    told = _told(found, family, gaps)
    reading = _Reading(family, told, gaps, style=style)
    before = [pieces.tokens[max(0, one.place - BEFORE) : one.place] for one in pieces.quoted]
    called = [_is_title(tongues.english(words, spoken)) for words in before]
    reading.letter([(one.text, is_title) for one, is_title in zip(pieces.quoted, called, strict=True)])
    for index in range(len(told)):
        reading.take(index)
    return reading.scene(fallback=fallback or denials.contradict(tokens, told, family))


def language(prompt: str) -> str:
    """The code of the language that a prompt seems to be in; empty for English and what cannot be told."""
    return tongues.guess([token.text for token in take_apart(prompt).tokens])


def _is_title(before: Sequence[Token]) -> bool:
    """Whether what stands in quotes behind these words is called a title: "title card", "a sign that says"."""
    last = before[-phrases.LONGEST :]
    named = frozenset(lexicon.load().common.title_words)
    return any(end == len(last) for _, end, _ in phrases.matches(last, named))


def _told(found: Sequence[Phrase], family: str, gaps: Sequence[frozenset[str]]) -> list[Told]:
    """Each phrase with its meaning; words of no lexicon with that of the phrase they are near to."""
    table = meanings(family)
    strange = [phrase.text for phrase in found if not (phrase.negated or phrase.first.is_time or _known(phrase))]
    candidates = sorted(
        text for text, meaning in table.items() if meaning.role in THINGS or meaning.trait in SURROUNDINGS
    )
    near = nearness.nearest(strange, tuple(candidates))

    def meaning(phrase: Phrase) -> Meaning:
        if phrase.known or phrase.text not in near:
            return _figure(phrase, family) or table.get(phrase.text, NOTHING)
        like = near[phrase.text]
        base = table[like.phrase]
        named = f"{base.near or like.phrase} ({like.score:.2f})"
        return Meaning(base.role, base.value, base.trait, named)

    alone = [Told(phrase, meaning(phrase)) for phrase in found]
    told = [Told(one.phrase, _placed(alone, k, gaps, table)) for k, one in enumerate(alone)]
    affirmed = [k for k, phrase in enumerate(found) if not phrase.negated]
    meant = named_before([told[k] for k in affirmed], [gaps[k] for k in affirmed])
    shown = iter(together(family, [(found[k].text, known) for k, known in zip(affirmed, meant, strict=True)]))
    return [other if other.phrase.negated else Told(other.phrase, next(shown)) for other in told]


def _placed(told: Sequence[Told], index: int, gaps: Sequence[frozenset[str]], table: Mapping[str, Meaning]) -> Meaning:
    """What a phrase means where it stands: nothing if it is a verb, a floor if something stands on that stuff."""
    phrase, meaning = told[index].phrase, told[index].meaning
    if (meaning.trait == "settings" or phrase.text in DOINGS) and is_verb(told, index, gaps):
        return NOTHING
    floor = table.get(f"on {phrase.text}", NOTHING)
    if floor.trait == "floors" and meaning.trait == "materials" and is_underfoot(told, index, gaps):
        return floor
    return meaning


def _known(phrase: Phrase) -> bool:
    """Whether some lexicon has it: then its not being shown here is no gap to fill."""
    return phrase.known or bool(phrases.known_anywhere().intersection(lemmas.forms(phrase.text)))


def _figure(phrase: Phrase, family: str) -> Meaning | None:
    """A number in digits that the family can show, or a colour by its code."""
    if phrase.text.startswith("#") and honours(lexicon.load().families[family], "colours"):
        name = materials.called(phrase.text)
        return Meaning(Role.TRAIT, name, "colours", near=name)
    if phrase.text.isdecimal() and len(phrase.text) < 4:
        number = int(phrase.text)
        if 1 <= number <= lexicon.load().families[family].most:
            return Meaning(Role.TRAIT, number, "counts")
    return None


def _gaps(found: Sequence[Phrase], texts: Sequence[str]) -> list[frozenset[str]]:
    """Words without content before each phrase, since the one before it."""
    ends = [0, *(phrase.end for phrase in found)]
    return [frozenset(texts[end : phrase.start]) for end, phrase in zip(ends, found, strict=False)]


class _Reading:
    """What has been made of the phrases so far."""

    def __init__(self, family: str, told: Sequence[Told], gaps: Sequence[frozenset[str]], *, style: str) -> None:
        self.family, self.style = family, style
        self.known = lexicon.load().families[family]
        self.told, self.gaps = told, gaps
        self.notes = Notes()
        self.owners = self._find_owners()
        self.cast = Cast(told, gaps, family=self.known, owners=self.owners)
        self.whole: dict[str, Any] = {}
        self.sounds: dict[str, None] = {}
        self.actions: list[Action] = []
        self.without: dict[str, None] = {}
        self.others: dict[str, None] = {}
        self.shown_title = self.shown_label = ""
        self._contents = self._find_contents()
        timed = honours(self.known, "timing")
        self._times, self._used = schedule(told, gaps) if timed else ({}, frozenset())

    def letter(self, quoted: Sequence[tuple[str, bool]]) -> None:
        """The text in quotes that is called a title is shown as one, else the first; a product bears another beside it.

        ``quoted`` has for each text whether it is called a title.
        """
        fits = honours(self.known, "title")
        shown = [
            (text, called) for text, called in quoted if fits and len(text) <= LONGEST_TITLE and text.isprintable()
        ]
        titles = [text for text, called in shown if called]
        self.shown_title = next(iter([*titles, *(text for text, _ in shown)]), "")
        if titles and self._bears_text():
            self.shown_label = next((text for text, called in shown if not called), "")
        for text, _ in quoted:
            kept = text in {self.shown_title, self.shown_label}
            (self.notes.understood if kept else self.notes.ignored)(f'"{text}"')

    def _bears_text(self) -> bool:
        """Whether a text is seen on what is shown."""
        bare = [kind for kind, hidden in self.known.unseen.items() if "label" in hidden]
        affirmed = [told.meaning.value for told in self.told if not told.phrase.negated]
        return honours(self.known, "label") and all(value not in bare for value in affirmed)

    def take(self, index: int) -> None:
        """Settle one phrase."""
        phrase, meaning = self.told[index].phrase, self.told[index].meaning
        if phrase.first.is_time:
            (self._keep if index in self._used else self._leave)(phrase)
        elif phrase.negated:
            self._deny(phrase)
        elif index == self._contents:
            holder = next(told.meaning.value for told in self.told if told.meaning.value in self.known.holders)
            self._keep(phrase, f"{self.known.contents[phrase.text]} {holder}")
            self.others[phrase.text] = None
        elif meaning.role is Role.SUBJECT:
            self._keep(phrase, meaning.near)
            if meaning.near:
                self.others[phrase.text] = None
        elif meaning.role is Role.ACTION:
            if of_another(self.told, index, gaps=self.gaps):
                self._leave(phrase)
            else:
                self._keep(phrase, meaning.near)
                self._act(index, meaning.value)
        elif meaning.trait == "style":
            self._draw(phrase, meaning)
        elif meaning.trait:
            done = (
                self._of_noun(index, meaning.trait, meaning.value) if index in self.owners else self._of_whole(meaning)
            )
            if done:
                self._keep(phrase, meaning.near or self._likeness(index, meaning))
            else:
                self._leave(phrase)
        elif meaning.role is Role.ALWAYS:
            self._keep(phrase)
        elif meaning.role is Role.SHOWN:
            self._keep(phrase, meaning.near)
            self.others[phrase.text] = None
        else:
            self._leave(phrase)
            if phrase.text not in phrases.said_of_any():
                self.others[phrase.text] = None

    def _keep(self, phrase: Phrase, near: str = "") -> None:
        """It is seen or heard, or ``near`` is; what was put into English is told by that."""
        english = phrase.text if phrase.said else ""
        self.notes.understood(phrase.said or phrase.text, near or english, translated=not near)

    def _draw(self, phrase: Phrase, meaning: Meaning) -> None:
        """A style is the job's own: what the prompt says of it is seen if that is the same."""
        if meaning.value == self.style:
            self._keep(phrase, meaning.near)
        else:
            self.notes.elsewhere(phrase.said or phrase.text, f"--style {meaning.value}")

    def _leave(self, phrase: Phrase) -> None:
        """Nothing is seen or heard of it."""
        self.notes.ignored(phrase.said or phrase.text)

    def scene(self, *, fallback: bool) -> Scene:
        """What the prompt asks for; a stand-in for it if ``fallback``, or if most of it is not understood."""
        whole, words, subjects = self.whole, self.notes.words(), self._subjects()
        unsure = self.notes.found == HALF or self._carries_only(subjects)
        lost = self.notes.found < HALF or (unsure and self._begins_strangely())
        return Scene(
            family=self.family,
            fallback=fallback or lost,
            setting=whole.get("settings", ""),
            floor=whole.get("floors", ""),
            subjects=subjects,
            actions=tuple(self.actions),
            camera=CameraWish(**{name: whole[name] for name in ("framing", "angle", "move") if name in whole}),
            tempo=whole.get("tempo", 1.0),
            light=whole.get("light", "day"),
            weather=whole.get("weather", ""),
            mood=whole.get("mood", ""),
            sounds=tuple(self.sounds),
            title=self.shown_title,
            label=self.shown_label,
            without=tuple(self.without),
            others=tuple(self.others),
            words=words,
        )

    def _carries_only(self, subjects: tuple[Subject, ...]) -> bool:
        """Whether of what the family shows only what carries something else is named: "a watch on a podium"."""
        carriers = self.known.first[-1] if len(self.known.first) > 1 else ()
        if not subjects or not all(subject.kind in carriers for subject in subjects):
            return False
        named = next((k for k, told in enumerate(self.told) if told.meaning.value in carriers), 0)
        while named and not self.gaps[named] and self.told[named - 1].meaning.role is Role.TRAIT:
            named -= 1
        return bool(self.gaps[named])

    def _begins_strangely(self) -> bool:
        """Whether the first thing that is named, which the others are said of, is not understood."""
        affirmed = (one for one in self.told if not one.phrase.negated)
        things = (one.meaning for one in affirmed if one.meaning.role is not Role.TRAIT)
        return next(things, None) == NOTHING

    def _deny(self, phrase: Phrase) -> None:
        """What must not be: obeyed where nothing shows it, or a place leaves it out."""
        text = phrase.text
        self.without[text] = None
        meant = meanings(self.family).get(text, NOTHING)
        if meant.trait in OPTIONAL and self.whole.get(str(meant.trait)) == meant.value:
            del self.whole[str(meant.trait)]
        common = lexicon.load().common
        unasked = any(text in common.meanings(trait).words for trait in OPTIONAL) and text not in self.known.phrases
        unasked |= text in common.title_words and not self.shown_title
        unasked |= meant.trait == "style" and meant.value != self.style
        kinds = {told.meaning.value for told in self.told if told.is_noun}
        kind = self.known.subjects.get(text, "")
        unasked |= kind not in kinds and not kinds.isdisjoint(self.known.left_off.get(kind, ()))
        (self._keep if unasked or text in {*common.absent, *common.left_out} else self._leave)(phrase)

    def _find_owners(self) -> dict[int, int | None]:
        """For each phrase that tells of a thing the index of its noun; None for whatever is shown, −1 for another."""
        owners: dict[int, int | None] = {}
        for index, told in enumerate(self.told):
            if told.meaning.trait in FIELDS and not told.phrase.negated:
                owner = noun(self.told, index, gaps=self.gaps) if self.known.subjects else None
                owners[index] = -1 if owner is not None and self._is_of_another(owner) else owner
        return owners

    def _find_contents(self) -> int | None:
        """Index of the first phrase that tells what a thing holds, if nothing else tells its colour."""
        holders = [
            k
            for k, told in enumerate(self.told)
            if told.is_noun and told.meaning.value in self.known.holders and not told.phrase.negated
        ]
        coloured = any(
            self.told[k].meaning.trait == "colours" and owner in {None, *holders} for k, owner in self.owners.items()
        )
        named = (k for k, told in enumerate(self.told) if told.phrase.text in self.known.contents)
        return next((k for k in named if not self.told[k].phrase.negated), None) if holders and not coloured else None

    def _subjects(self) -> tuple[Subject, ...]:
        """The cast's, the first that may hold something of the colour of what it holds."""
        subjects = self.cast.subjects()
        if self._contents is None:
            return subjects
        colour = self.known.contents[self.told[self._contents].phrase.text]
        first = next(k for k, subject in enumerate(subjects) if subject.kind in self.known.holders)
        return (*subjects[:first], replace(subjects[first], colours=(colour,)), *subjects[first + 1 :])

    def _of_noun(self, index: int, trait: lexicon.Trait, value: Any) -> bool:
        """Give a trait to its subject; False if it belongs to nothing that is shown so."""
        owner = self.owners[index]
        return owner != -1 and self.cast.describe(owner, trait, value)

    def _is_of_another(self, index: int) -> bool:
        """Whether a noun of no lexicon is like a thing that is named besides and may be of it, as a shoe's laces."""
        owner = self.told[index]
        alike = (told for told in self.told if told.is_noun and told.meaning.value == owner.meaning.value)
        return not owner.phrase.known and any(told.phrase.known for told in alike)

    def _likeness(self, index: int, meaning: Meaning) -> str:
        """By what a thing is like the material that it is told to be of; empty where it is of it."""
        if meaning.trait != "materials":
            return ""
        owner = self.owners[index]
        nouns = [self.told[owner]] if owner is not None else [told for told in self.told if told.is_noun][:1]
        return next((self.known.likened.get(str(told.meaning.value), {}).get(meaning.value, "") for told in nouns), "")

    def _of_whole(self, meaning: Meaning) -> bool:
        """Give a trait to the scene; False if it has another value already."""
        trait = str(meaning.trait)
        if trait == "title":
            return bool(self.shown_title)
        if trait == "sounds":
            self.sounds[meaning.value] = None
            return True
        return self.whole.setdefault(trait, meaning.value) == meaning.value

    def _act(self, index: int, name: str) -> None:
        action = Action(name=name, subject=self.cast.doer(index), at=self._times.get(index))
        last = self.actions[-1] if self.actions else None
        if last is None or (last.name, last.subject) != (action.name, action.subject) or action.at is not None:
            self.actions.append(action)
