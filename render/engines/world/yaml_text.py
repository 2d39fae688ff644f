"""Reads YAML in which every scalar is text, so that words such as "off" and "no" stay words."""

from __future__ import annotations

from typing import Any

from yaml import AliasEvent, BaseLoader, MappingNode, Node, YAMLError, load


class _Loader(BaseLoader):
    """Plain text values; no key twice, no aliases."""

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self.check_event(AliasEvent):
            raise ValueError("it holds an alias (*name); write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        made = super().construct_mapping(node, deep)
        if len(made) != len(node.value):
            keys = [key.value for key, _ in node.value]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise ValueError(f"the key {twice!r} stands twice")
        return made


def read(text: str) -> dict[str, Any]:
    """The mapping that one YAML document holds, its scalars as text.

    Raises :class:`ValueError` that says what is wrong with the document.
    """
    try:
        document = load(text, _Loader)  # noqa: S506, a BaseLoader builds text, lists and mappings only
    except (YAMLError, RecursionError) as error:
        raise ValueError(f"it is not YAML: {' '.join(str(error).split()) or 'it nests too deeply'}") from error
    if not isinstance(document, dict):
        raise ValueError("it must be keys with values")
    return document
