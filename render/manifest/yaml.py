"""Reads the YAML of a brief: plain data only, bounded, and no key twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from yaml import MappingNode, SafeLoader, YAMLError, load_all

from render.errors import BriefError
from render.manifest import casts, sources

MAX_BYTES = 1 << 20
MAX_NODES = 1_000_000
"""Values in a brief, those counted again that an alias repeats."""


class _Loader(SafeLoader):
    """Safe YAML that refuses a key given twice, and whose keys are those of JSON: a date stands as its text."""

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if key.tag != "tag:yaml.org,2002:merge" and isinstance(name, str | int | float | bool):
                if name in seen:
                    raise BriefError(f"The key {name!r} stands twice{key.start_mark}. Remove or rename one.")
                seen.add(name)
        mapping = super().construct_mapping(node, deep)
        return {
            key if isinstance(key, str | int | float | None) else casts.text(key): value
            for key, value in mapping.items()
        }


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
        documents = list(load_all(data.decode("utf-8-sig"), _Loader))
        _count(documents)
    except UnicodeDecodeError as error:
        raise BriefError(f"{place.url} is not text in UTF-8. Save it as UTF-8.") from error
    except (YAMLError, ValueError, RecursionError) as error:
        told = " ".join(str(error).split()) or "it nests too deeply"
        raise BriefError(f"{place.url} is not valid YAML: {told}. Mend it there.") from error
    if len(documents) != 1:
        raise BriefError(f"{place.url} must hold one YAML document, not {len(documents)}.")
    return documents[0]


def _count(root: list[Any]) -> None:
    """Walk everything that the document stands for, so that nothing small can stand for something huge."""
    waiting, seen = list(root), 0
    while waiting:
        seen += 1
        if seen > MAX_NODES:
            raise BriefError(f"The brief stands for more than {MAX_NODES:,} values. Use fewer aliases or rows.")
        node = waiting.pop()
        if isinstance(node, dict):
            waiting += [*node.keys(), *node.values()]
        elif isinstance(node, list | tuple | set):
            waiting += list(node)
