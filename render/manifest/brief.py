"""Expands a brief, a small YAML file with a prompt template and the factors of an A/B test, into a manifest.

A brief has these keys, all but ``prompt`` or ``rows`` optional::

    experiment: vault_{who}       # may name factors; a factor stands in it by its name
    variant: "{style}"            # likewise; by default the factors that the experiment does not name, joined by "-"
    prompt: "{who}, at dawn"      # a factor stands in it by its value
    defaults: {seconds: 4}        # any columns of a manifest, for every row
    factors:                      # a list of values, or values by name
      who: {gymnast: A gymnast lands, skater: A skater falls}
      style: [realistic, anime]   # a factor that is a column of the manifest fills it; any other becomes a tag
    combine: cross                # every combination; "zip" takes the factors' first values together, then the second
    rows:                         # further rows, taken as they stand and judged only when the manifest is read
      - {variant: hero, prompt: A bottle on a turntable}
"""

from __future__ import annotations

import difflib
import itertools
import math
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from render.errors import BriefError
from render.manifest import casts, tables, yaml

KEYS = ("experiment", "variant", "prompt", "defaults", "factors", "combine", "rows")
NAMES = ("experiment", "variant", "prompt")
WORDLESS = frozenset(
    {"negative_prompt", "scene", "shots", "dialogue", "cameos", "reference_uri", "remix_of"}
    | {"deadline", "max_cost", "tags"}
)
"""Columns of the manifest whose values are never words of a prompt as well, as those of ``style`` may be."""
MAX_ROWS = 100_000
"""A brief is a small thing: more rows than this are a manifest of their own."""
MAX_TEXT = 256 << 20
"""Characters of all its rows together, were every level as long as its factor's longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """What differs between the variants of a test."""

    name: str
    levels: tuple[tuple[str, Any], ...]
    """Name and value of each."""


def expand(brief: Mapping[str, Any] | str | Path) -> pa.Table:
    """The manifest that a brief stands for: the combinations of its factors, then its literal rows.

    ``brief`` is a path or URL of a YAML file, or what such a file holds. Values are not judged here: that happens
    row by row when the manifest is read. Raises :class:`render.errors.BriefError` that says what to change.
    """
    document = brief if isinstance(brief, Mapping) else yaml.load(brief)
    try:
        rows = list(_rows(document))
        names = dict.fromkeys(itertools.chain.from_iterable(rows))
        if len(names) > tables.MAX_COLUMNS:
            raise BriefError(f"The brief {tables.too_wide(len(names))}")
        return tables.build({name: [row.get(name) for row in rows] for name in (*NAMES, *names)})
    except UnicodeError as error:
        raise BriefError("The brief holds half a character (a lone surrogate). Write that text anew.") from error


def _rows(document: Any) -> Iterator[dict[str, Any]]:
    brief = _mapping("The brief", document)
    if unknown := [str(key) for key in brief if key not in KEYS]:
        raise BriefError(f"The brief has the unknown key {unknown[0]!r}. {_meant(unknown[0])}")
    defaults = _mapping("defaults", brief.get("defaults"))
    if named := [name for name in NAMES if name in defaults]:
        raise BriefError(f"{named[0]} does not belong in defaults. Write it at the top of the brief.")
    literal = brief.get("rows") or []
    if not isinstance(literal, list):
        raise BriefError("rows must be a list of rows, each with columns and values.")
    factors = [_factor(str(name), levels) for name, levels in _mapping("factors", brief.get("factors")).items()]
    templates = _templates(brief, factors)
    count = _combinations(brief, factors) if "prompt" in templates else 0
    if count + len(literal) == 0:
        raise BriefError("The brief gives no row. Add a prompt, or rows.")
    if count + len(literal) > MAX_ROWS:
        raise BriefError(
            f"The brief gives {_many(count + len(literal))} rows, more than {MAX_ROWS:,}. "
            "Use fewer factors or levels, or several briefs."
        )
    if _text(templates, factors) * count + len(casts.text(defaults)) * (count + len(literal)) > MAX_TEXT:
        raise BriefError(
            f"The brief's rows would hold more than {MAX_TEXT:,} characters. Use shorter texts, or several briefs."
        )
    if count:
        for levels in _levels(brief, factors):
            yield defaults | _row(templates, factors, levels)
    shared = {} if _fields(templates["experiment"]) else {"experiment": templates["experiment"] or None}
    for number, row in enumerate(literal):
        yield shared | defaults | _mapping(f"Row {number} of rows", row)


def _many(count: int) -> str:
    """A number of combinations, which may have more digits than anybody reads."""
    return f"{count:,}" if count < 10**15 else "over a thousand million million"


def _meant(key: str) -> str:
    """What to do about a key that a brief does not have."""
    if key in tables.known_columns():
        return "It is a column of the manifest: write it under defaults, for every row, or under factors."
    near = difflib.get_close_matches(key.lower(), KEYS, 1, 0.7)
    return (f"Is {near[0]} meant? " if near else "") + f"Known: {', '.join(KEYS)}."


def _factor(name: str, levels: Any) -> Factor:
    if not name.isidentifier() or name in ("experiment", "variant"):
        raise BriefError(f"A factor cannot be called {name!r}. Name it by one word after what it changes.")
    if not isinstance(levels, list | Mapping) or not levels:
        raise BriefError(f"Factor {name!r} needs a list of values, or values by name; at least one.")
    named = levels.items() if isinstance(levels, Mapping) else [(level, level) for level in levels]
    return Factor(name=name, levels=tuple((casts.text(key), value) for key, value in named))


def _templates(brief: Mapping[str, Any], factors: list[Factor]) -> dict[str, str]:
    """The templates for experiment, variant and, if combinations are wanted, prompt."""
    for name in NAMES:
        if isinstance(brief.get(name), list | Mapping):
            raise BriefError(f'{name} must be text. Put it in quotes, such as {name}: "{{style}}".')
    given = {name: casts.text(brief[name]) for name in NAMES if brief.get(name) is not None}
    known = [factor.name for factor in factors]
    if "prompt" in known:
        given.setdefault("prompt", "{prompt}")
    if factors and "prompt" not in given:
        raise BriefError('The brief has factors and no prompt. Add one, such as prompt: "{' + known[0] + '}".')
    given.setdefault("experiment", "")
    rest = [name for name in known if name not in _fields(given["experiment"])]
    given.setdefault("variant", "-".join(f"{{{name}}}" for name in rest) or "default")
    for place, template in given.items():
        for name in _fields(template):
            if name not in known:
                raise BriefError(
                    f"{place} names {{{name}}}, which is no factor (factors: {', '.join(known) or 'none'}). "
                    "Add it under factors, or write {{ and }} for braces that are meant."
                )
            if place == "prompt" and name in WORDLESS:
                raise BriefError(
                    f"Factor {name!r} would fill the manifest's column {name}, which holds no words of a prompt. "
                    f"Rename the factor, and {{{name}}} too."
                )
    return given


def _combinations(brief: Mapping[str, Any], factors: list[Factor]) -> int:
    sizes = [len(factor.levels) for factor in factors]
    match brief.get("combine", "cross"):
        case "cross":
            return math.prod(sizes)
        case "zip":
            if len(set(sizes)) > 1:
                told = ", ".join(f"{factor.name} {size}" for factor, size in zip(factors, sizes, strict=True))
                raise BriefError(f"Factors that are zipped need equally many values, not {told}. Even them out.")
            return sizes[0] if sizes else 1
        case other:
            raise BriefError(f"combine cannot be {other!r}. Use cross or zip.")


def _text(templates: Mapping[str, str], factors: list[Factor]) -> int:
    """The most characters that the templates and factors give a row."""
    longest = {
        factor.name: max(len(name) + len(casts.text(value)) for name, value in factor.levels) for factor in factors
    }
    named = itertools.chain.from_iterable(map(_fields, templates.values()))
    return sum(map(len, templates.values())) + sum(longest[name] for name in named) + sum(longest.values())


def _levels(brief: Mapping[str, Any], factors: list[Factor]) -> Iterator[tuple[tuple[str, Any], ...]]:
    levels = [factor.levels for factor in factors]
    if not levels:
        return iter([()])
    return zip(*levels, strict=True) if brief.get("combine") == "zip" else itertools.product(*levels)


def _row(templates: Mapping[str, str], factors: list[Factor], levels: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    names = {factor.name: name for factor, (name, _) in zip(factors, levels, strict=True)}
    values = {factor.name: value for factor, (_, value) in zip(factors, levels, strict=True)}
    words = {name: "" if value is None else casts.text(value) for name, value in values.items()}
    columns = tables.known_columns()
    return (
        {name: values[name] if name in columns else names[name] for name in values}
        | {"experiment": templates["experiment"].format_map(names) or None}
        | {"variant": templates["variant"].format_map(names), "prompt": templates["prompt"].format_map(words)}
    )


def _fields(template: str) -> list[str]:
    """The factors that a template names. Anything but plain ``{name}`` is refused."""
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise BriefError(f"{template!r} has a brace without its match. Write {{{{ or }}}} for one meant.") from error
    for _, name, spec, conversion in parsed:
        if name is not None and (spec or conversion or not name.isidentifier()):
            raise BriefError(f"{template!r} may only hold plain placeholders such as {{style}}, not {{{name}…}}.")
    return [name for _, name, _, _ in parsed if name is not None]


def _mapping(what: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BriefError(f"{what} must be a mapping of names to values, not {type(value).__name__}.")
    return {str(key): inner for key, inner in value.items()}
