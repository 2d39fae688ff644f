"""Policies: readable rule files that judge prompts before, and figures after a clip is made.

A policy is ``policies/<name>.yaml``. Its ``prompt`` rules refuse what may not be asked for; its ``limits`` hold
or reject clips by their figures. Judging is pure: the same policy and figures give the same verdict at any time.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from render import errors
from render.checks import registry, wording
from render.model import Figure, Outcome, Row, Verdict

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIX = ".yaml"


def _sentence(text: str) -> str:
    if not text.strip().endswith("."):
        raise ValueError("must be a sentence that ends with a full stop")
    return " ".join(text.split())


def _phrase(text: str) -> str:
    if not any(letter.isalnum() for letter in text):
        raise ValueError("must hold a word")
    return text


Sentence = Annotated[str, AfterValidator(_sentence)]
Phrases = tuple[Annotated[str, AfterValidator(_phrase)], ...]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PromptRule(_Part):
    """Refuses a prompt that holds one of the phrases, or one of each list of words near one another."""

    name: str = Field(pattern=r"^[a-z][a-z-]*$")
    phrases: Phrases = ()
    together: tuple[str, ...] = ()
    """Names of word lists of the policy."""
    within: int = Field(12, ge=1)
    """How many words may stand between those of ``together``."""
    but_not: Phrases = ()
    """Phrases that make the words within them harmless."""
    reason: Sentence
    fix: Sentence

    @model_validator(mode="after")
    def _finds_something(self) -> Self:
        if not self.phrases and len(self.together) < 2:
            raise ValueError("needs phrases, or at least two lists under together")
        return self


class Limit(_Part):
    """Holds or rejects a clip whose figure lies beyond ``min`` or ``max``."""

    check: str
    figure: str
    min: float | None = None
    max: float | None = None
    outcome: Literal["hold", "reject"]
    reason: Sentence
    fix: Sentence

    @model_validator(mode="after")
    def _is_a_limit(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("needs min or max")
        known = registry.figure_specs()
        if (self.check, self.figure) not in known:
            names = ", ".join(sorted(f"{check}.{figure}" for check, figure in known))
            raise ValueError(f"no check gives {self.check}.{self.figure}; there are {names}")
        return self

    def holds(self, value: float) -> bool:
        """Whether a value is within the limit."""
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)

    def bounds(self) -> str:
        """The limit in words."""
        parts = [("at least", self.min), ("at most", self.max)]
        return " and ".join(f"{word} {bound:g}" for word, bound in parts if bound is not None)


class Policy(_Part):
    """One rule file."""

    title: Sentence
    words: dict[str, Phrases] = {}
    """Lists of words, for ``together``."""
    prompt: tuple[PromptRule, ...] = ()
    limits: tuple[Limit, ...] = ()

    @model_validator(mode="after")
    def _names_its_lists(self) -> Self:
        for rule in self.prompt:
            for name in rule.together:
                if name not in self.words:
                    raise ValueError(f"rule {rule.name} names the list {name!r}, which is not under words")
        return self


def names() -> list[str]:
    """Names of the policies there are, sorted."""
    files = (file.name for file in resources.files("render.checks").joinpath("policies").iterdir())
    return sorted(name.removesuffix(SUFFIX) for name in files if name.endswith(SUFFIX))


@functools.cache
def load(name: str) -> Policy:
    """Read a policy.

    Raises :class:`render.errors.NotFound` with the known names, and :class:`render.errors.SettingsError` with
    each fault of a rule file that is not valid.
    """
    if name not in names():
        raise errors.NotFound(f"There is no policy {name!r}. Known: {', '.join(names())}.")
    file = resources.files("render.checks").joinpath("policies", name + SUFFIX)
    return parse(file.read_text(encoding="utf-8"), source=f"policy {name} ({file})")


def parse(text: str, *, source: str) -> Policy:
    """A policy from the text of its rule file; ``source`` names it in errors.

    Raises :class:`render.errors.SettingsError` with each fault.
    """
    try:
        return Policy.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        place = f", line {mark.line + 1}" if mark else ""
        raise errors.SettingsError(f"The {source} is not YAML{place}: {problem or error}.") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise errors.SettingsError(f"The {source} is not valid: {faults}.") from error


def digest(policy: Policy) -> str:
    """What the policy demands of a finished clip, as 64 hex digits: another limit, another digest."""
    limits = [limit.model_dump(include={"check", "figure", "min", "max", "outcome"}) for limit in policy.limits]
    return hashlib.sha256(json.dumps(limits, sort_keys=True).encode()).hexdigest()


def judge_prompt(policy: Policy, row: Row) -> Verdict:
    """Say whether a row's prompt, shots and scene may be made: PASS, or REJECT with the rule as its check.

    The negative prompt is not judged: what is not wanted may be named.
    """
    for text in (row.prompt, *(shot.prompt for shot in row.shots), values(row.scene)):
        for reading in wording.words(text):
            for rule in policy.prompt:
                if found := _found(rule, policy, reading):
                    quoted = " … ".join(f'"{word}"' for word in found)
                    return Verdict(
                        outcome=Outcome.REJECT,
                        check=f"prompt.{rule.name}",
                        reason=f"{rule.reason} Found: {quoted}.",
                        fix=rule.fix,
                    )
    return Verdict(outcome=Outcome.PASS)


def suspects(policy: Policy, texts: pa.Array) -> pa.Array:
    """Which texts (strings without null) :func:`judge_prompt` may reject, as ``[texts]`` of bool; it passes all others.

    A million texts take seconds, where to judge them takes minutes.
    """
    import numpy as np
    import pyarrow as pa

    from render.checks import screening

    alone = tuple(phrase for rule in policy.prompt for phrase in rule.phrases)
    together = [[policy.words[name] for name in rule.together] for rule in policy.prompt if rule.together]
    likely = np.flatnonzero(
        screening.Sieve(texts).holding(alone + tuple(word for words, *_ in together for word in words))
    )
    sieve = screening.Sieve(texts.take(pa.array(likely)))
    held = sieve.holding(alone)
    for each in together:
        held |= np.logical_and.reduce([sieve.holding(words) for words in each])
    found = np.zeros(len(texts), np.bool_)
    found[likely] = held
    return pa.array(found)


def judge(policy: Policy, figures: Sequence[Figure]) -> Verdict:
    """Say what the policy makes of a clip by its figures; a reject outweighs a hold, then the first limit counts.

    A figure that the policy limits and that was never measured holds the clip.
    """
    values = {(figure.check, figure.name): figure for figure in figures}
    verdict = Verdict(outcome=Outcome.PASS)
    for limit in policy.limits:
        said = _said(limit, values.get((limit.check, limit.figure)))
        if said and (verdict.outcome is Outcome.PASS or (verdict.outcome, said.outcome) == _WORSE):
            verdict = said
    return verdict


_WORSE = (Outcome.HOLD, Outcome.REJECT)


@functools.lru_cache(maxsize=1024)
def values(scene: str) -> str:
    """All text of a YAML document, as it reads: escapes undone, nothing else made of it. Any other text is as it is."""
    try:
        return "\n".join(token.value for token in yaml.scan(scene) if isinstance(token, yaml.ScalarToken))
    except (yaml.YAMLError, RecursionError):
        return scene


def _found(rule: PromptRule, policy: Policy, reading: Sequence[str]) -> list[str]:
    if hits := wording.find(rule.phrases, reading, but_not=rule.but_not):
        return [hits[0].text]
    groups = []
    for name in rule.together:
        groups.append(wording.find(policy.words[name], reading, but_not=rule.but_not))
        if not groups[-1]:
            return []
    return [hit.text for hit in wording.together(groups, rule.within)]


def _said(limit: Limit, figure: Figure | None) -> Verdict | None:
    name = f"{limit.check}.{limit.figure}"
    if figure is None:
        return Verdict(
            outcome=Outcome.HOLD,
            check=limit.check,
            reason=f"The policy limits {name}, which was not measured when this clip was made.",
            fix="Watch the clip and decide, or have it made again.",
        )
    if limit.holds(figure.value):
        return None
    unit = "" if figure.unit == "1" else f" {figure.unit}"
    value = f"{figure.value:.4g}" if math.isfinite(figure.value) else "no number"
    return Verdict(
        outcome=Outcome(limit.outcome),
        check=limit.check,
        reason=f"{limit.reason} ({name} is {value}{unit}; the limit is {limit.bounds()}{unit}.)",
        fix=limit.fix,
    )
