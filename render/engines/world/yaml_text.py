"""Reads YAML in which every scalar is text, so that words such as "off" and "no" stay words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from yaml import (
    AliasEvent,
    CBaseLoader,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    YAMLError,
    parse,
)


def _value(event: Event, events: Iterator[Event]) -> Any:
    """What begins with ``event``; no key twice, no aliases."""
    if isinstance(event, ScalarEvent):
        return event.value
    if isinstance(event, AliasEvent):
        raise ValueError("it holds an alias (*name); write the value out")
    if not isinstance(event, MappingStartEvent):
        held = []
        while not isinstance(event := next(events), SequenceEndEvent):
            held.append(_value(event, events))
        return held
    made: dict[str, Any] = {}
    while not isinstance(event := next(events), MappingEndEvent):
        key = _value(event, events)
        if not isinstance(key, str):
            raise ValueError("a key is not text")
        if key in made:
            raise ValueError(f"the key {key!r} stands twice")
        made[key] = _value(next(events), events)
    return made


def _document(text: str) -> Any:
    """The only document, None if there is none: of events, for libyaml's composer would overflow the stack of C."""
    events = parse(text, CBaseLoader)
    next(events)
    if isinstance(next(events), StreamEndEvent):
        return None
    document = _value(next(events), events)
    next(events)
    if not isinstance(next(events), StreamEndEvent):
        raise ValueError("it holds more than one document")
    return document


def read(text: str) -> dict[str, Any]:
    """The mapping that one YAML document holds, its scalars as text.

    Raises :class:`ValueError` that says what is wrong with the document.
    """
    try:
        document = _document(text)
    except (YAMLError, RecursionError, UnicodeError) as error:
        raise ValueError(f"it is not YAML: {' '.join(str(error).split()) or 'it nests too deeply'}") from error
    if not isinstance(document, dict):
        raise ValueError("it must be keys with values")
    return document
