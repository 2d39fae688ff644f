"""Reads the YAML of a brief: plain data only, bounded, and no key twice."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import Any

from yaml import MappingNode, Node, SafeLoader, YAMLError, load_all
from yaml.constructor import ConstructorError
from yaml.error import MarkedYAMLError

from render.errors import BriefError
from render.manifest import casts, sources

MAX_BYTES = 1 << 20
MAX_TEXT = 16 << 20
"""Characters of its texts, those counted again that an alias repeats."""
MAX_BITS = 1024
"""Bits of a whole number."""
MAX_WRITTEN = 50_000
"""Values that stand in a brief: to read one takes a tenth of a millisecond."""
MAX_NODES = 1_000_000
"""Values in a brief, those counted again that an alias repeats."""


def _misfit(node: Node) -> ConstructorError:
    kind = node.tag.rpartition(":")[2]
    return ConstructorError(problem=f"this does not fit its type, {kind}", problem_mark=node.start_mark)


class _Loader(SafeLoader):
    """Safe YAML that refuses a key given twice, and whose keys are those of JSON: a date stands as its text.

    Words and numbers are read as YAML 1.2 has them: ``no`` is a country, ``on`` a word and ``16:9`` a shape, where
    YAML 1.1 makes false, true and 969 of them; ``010`` stays as it stands.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - a class attribute of the base class
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in ("bool", "int", "float")]
        for first, resolvers in SafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._written = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        self._written += 1
        if self._written > MAX_WRITTEN:
            raise BriefError(f"The brief holds more than {MAX_WRITTEN:,} values. Make it a manifest.")
        return super().compose_node(parent, index)

    def construct_object(self, node: Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
        except (
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ) as error:  # what a tag says is not what stands there
            raise _misfit(node) from error
        if isinstance(value, int) and value.bit_length() > MAX_BITS:
            raise _misfit(node)
        return value

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, MappingNode):
            raise _misfit(node)
        seen = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if key.tag != "tag:yaml.org,2002:merge" and isinstance(name, str | int | float | bool):
                if name in seen:
                    where = f"line {key.start_mark.line + 1}"
                    raise BriefError(f"The key {name!r} stands twice, again in {where}. Remove or rename one.")
                seen.add(name)
        mapping = super().construct_mapping(node, deep)
        return {
            key if isinstance(key, str | int | float | None) else casts.text(key): value
            for key, value in mapping.items()
        }


for _kind, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"^(?:{_pattern})$"), list(_first))

# A set of Python has no order, and the same brief must give the same manifest.
_Loader.add_constructor("tag:yaml.org,2002:set", lambda loader, node: list(loader.construct_mapping(node)))


def load(url: str | Path) -> Any:
    """What a brief's file holds. Raises :class:`render.errors.BriefError` or :class:`render.errors.ManifestError`."""
    place = sources.locate(url)
    with sources.explained(place.url), place.open() as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise BriefError(f"{place.url} is longer than a brief may be ({MAX_BYTES:,} bytes). Make it a manifest.")
    try:
        documents = list(islice(load_all(data.decode("utf-8-sig"), _Loader), 2))
        _count(documents)
    except UnicodeDecodeError as error:
        raise BriefError(f"{place.url} is not text in UTF-8. Save it as UTF-8.") from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise BriefError(f"{place.url} is not valid YAML: {_told(error)}") from error
    if not documents:
        raise BriefError(f"{place.url} is empty. Write a prompt into it, and the factors of the test.")
    if len(documents) != 1:
        raise BriefError(f"{place.url} must hold one YAML document, not several.")
    return documents[0]


def _told(error: Exception) -> str:
    """What is wrong with the YAML, where, and what to do, for those who wrote it."""
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    if not isinstance(error, MarkedYAMLError) or mark is None:
        return f"{' '.join(str(error).split()) or 'it nests too deeply'}. Mend it there."
    where = f"line {mark.line + 1}, column {mark.column + 1}: "
    if error.problem and "'\\t'" in error.problem:
        return f"{where}a tab. Indent by spaces."
    if error.problem == "mapping values are not allowed here":
        return (
            f"{where}a colon too many. Put text that holds a colon in quotes, and begin each key on a line of its own."
        )
    if error.problem == "expected <block end>, but found '<scalar>'":
        return (
            f"{where}text after the end of a value. Put text that begins with a brace, a bracket or a quote in quotes."
        )
    context = f" {error.context}" if error.context else ""
    return f"{where}{error.problem}{context}. Mend it there."


def _count(root: list[Any]) -> None:
    """Walk everything that the document stands for, so that nothing small can stand for something huge."""
    waiting, seen, text = list(root), 0, 0
    while waiting:
        seen += 1
        if text > MAX_TEXT:
            raise BriefError(
                f"The brief stands for more than {MAX_TEXT:,} characters. Use fewer aliases, or shorter texts."
            )
        if seen > MAX_NODES:
            raise BriefError(f"The brief stands for more than {MAX_NODES:,} values. Use fewer aliases or rows.")
        node = waiting.pop()
        if isinstance(node, str | bytes):
            text += len(node)
        if isinstance(node, dict):
            waiting += [*node.keys(), *node.values()]
        elif isinstance(node, list | tuple | set):
            waiting += list(node)
