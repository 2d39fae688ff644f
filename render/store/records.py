"""Records as JSON: the frozen data of :mod:`render.model` on its way to an object and back, checked both ways."""

from __future__ import annotations

import json
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from render import errors

T = TypeVar("T")


class RecordFormat(Generic[T]):
    """How one kind of record is written: a JSON object whose ``version`` says which program understands it."""

    def __init__(self, kind: type[T], *, version: int, title: str) -> None:
        self.version = version
        self._adapter = TypeAdapter(kind)
        self._title = title
        self._versioned = "version" in getattr(kind, "__dataclass_fields__", {})

    def dump(self, record: T) -> bytes:
        """The record as JSON in UTF-8. Raises :class:`ValueError` for a number that JSON cannot hold."""
        fields: dict[str, Any] = self._adapter.dump_python(record, mode="json")
        return json.dumps({"version": self.version} | fields, ensure_ascii=False, allow_nan=False, indent=1).encode()

    def load(self, data: bytes, where: str) -> T:
        """The record in ``data``, which was read from ``where``.

        Raises :class:`render.errors.StoreError` for a version that this program does not know,
        :class:`render.errors.CorruptObject` for bytes that are no such record.
        """
        try:
            fields = json.loads(data)
            version = fields["version"] if self._versioned else fields.pop("version")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise errors.CorruptObject(f"{where} is not a {self._title}: {error!r}.") from error
        if version != self.version:
            raise errors.StoreError(
                f"{where} is a {self._title} of version {version!r}; this program knows version {self.version}. "
                "Use the Nightreel that wrote it, or a newer one."
            )
        try:
            return self._adapter.validate_python(fields)
        except ValidationError as error:
            raise errors.CorruptObject(f"{where} is not a valid {self._title}: {error}") from error
