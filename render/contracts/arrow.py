"""Arrow types from the text and the nesting of a contract's properties."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from open_data_contract_standard.model import SchemaProperty

_TOKEN = re.compile(r"\s*(timestamp\[[^\]]*\]|\w+\[\w+\]|\w+|[<>,:])")
_TIMESTAMP = re.compile(r"timestamp\[\s*(s|ms|us|ns)\s*(?:,\s*tz\s*=\s*([\w/+:-]+)\s*)?\]")


def parse_type(text: str) -> pa.DataType:
    """The Arrow type that ``text`` names.

    Plain names are Arrow's own ("int32", "double", "timestamp[us, tz=UTC]"); "list<T>", "map<K, V>" and
    "struct<name: T, …>" nest. Raises :class:`ValueError` for anything else.
    """
    tokens = _TOKEN.findall(text)
    if "".join("".join(tokens).split()) != "".join(text.split()):
        raise ValueError(f"{text!r} is not the name of an Arrow type.")
    stream = iter([*tokens, ""])
    kind, end = _parse(next(stream), stream)
    if end:
        raise ValueError(f"{text!r} goes on after the type, at {end!r}.")
    return kind


def _parse(token: str, stream: Iterator[str]) -> tuple[pa.DataType, str]:
    """The type that starts at ``token``, and the token behind it."""
    match token:
        case "list" | "map" | "struct":
            arguments = _arguments(stream, named=token == "struct")
            types = [kind for _, kind in arguments]
            if token == "list" and len(types) == 1:
                return pa.list_(types[0]), next(stream)
            if token == "map" and len(types) == 2:
                return pa.map_(types[0], types[1]), next(stream)
            if token == "struct":
                return pa.struct(arguments), next(stream)
            raise ValueError(f"{token} does not take {len(types)} types.")
        case _:
            if stamp := _TIMESTAMP.fullmatch(token):
                return pa.timestamp(stamp[1], tz=stamp[2]), next(stream)
            return pa.type_for_alias(token), next(stream)


def _arguments(stream: Iterator[str], *, named: bool) -> Sequence[tuple[str, pa.DataType]]:
    if next(stream) != "<":
        raise ValueError("A nested type needs its inner types in <…>.")
    arguments, token = [], ","
    while token == ",":
        name = next(stream) if named else ""
        if named and next(stream) != ":":
            raise ValueError(f"The struct's field {name!r} needs a colon and a type.")
        kind, token = _parse(next(stream), stream)
        arguments.append((name, kind))
    if token != ">":
        raise ValueError("A nested type lacks its closing >.")
    return arguments


def type_of(prop: SchemaProperty) -> pa.DataType:
    """The Arrow type of a property: "list", "struct" and "map" take their inside from what nests in it."""
    if prop.physicalType is None:
        raise ValueError(f"Property {prop.name!r} lacks its physicalType.")
    if prop.physicalType == "list" and prop.items is not None:
        return pa.list_(type_of(prop.items))
    if prop.physicalType == "struct" and prop.properties:
        return pa.struct([field_of(inner) for inner in prop.properties])
    if prop.physicalType == "map" and prop.map is not None and prop.map.key and prop.map.value:
        return pa.map_(type_of(prop.map.key), type_of(prop.map.value))
    return parse_type(prop.physicalType)


def custom(holder: object, name: str) -> object:
    """The value of a custom property of a property or a quality rule; None if there is none."""
    return next((p.value for p in getattr(holder, "customProperties", None) or () if p.property == name), None)


def field_of(prop: SchemaProperty) -> pa.Field:
    """The Arrow field of a property, with its unit and description as metadata."""
    metadata = {"unit": custom(prop, "unit"), "description": prop.description}
    return pa.field(
        prop.name or "",
        type_of(prop),
        nullable=not prop.required,
        metadata={key: " ".join(str(value).split()) for key, value in metadata.items() if value},
    )
