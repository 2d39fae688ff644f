"""A manifest that somebody names: a Parquet file or folder, or a brief or CSV and the Parquet it stands for."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from render.errors import ManifestError
from render.manifest.convert import convert
from render.manifest.reader import check, too_many
from render.manifest.sources import files, locate
from render.model import ManifestFile
from render.settings import MANIFEST_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was found under the name."""

    files: tuple[ManifestFile, ...]
    """Of a brief or a CSV one, with the size and the hash of what it was converted to."""
    converted: bytes | None
    """The Parquet file that a brief or a CSV stands for."""

    @contextmanager
    def readable(self) -> Iterator[Sequence[ManifestFile]]:
        """The files as they can be read before a store holds the converted one."""
        if self.converted is None:
            yield self.files
            return
        with TemporaryDirectory() as folder:
            path = Path(folder) / "manifest.parquet"
            path.write_bytes(self.converted)
            yield [replace(self.files[0], url=str(path))]


def find(name: str, *, roots: Sequence[str], most_rows: int = MANIFEST_ROWS) -> Given:
    """Find a manifest of at most ``most_rows`` rows by its path or URL, within ``roots`` if there are any.

    Raises :class:`render.errors.InputError` for what is none.
    """
    if (converted := convert(name, roots=roots)) is None:
        found = files(name, roots=roots)
        if (rows := sum(map(check, found))) > most_rows:
            raise ManifestError(too_many(name, rows, most_rows))
        return Given(files=tuple(found), converted=None)
    if (rows := pq.read_metadata(io.BytesIO(converted)).num_rows) > most_rows:
        raise ManifestError(too_many(name, rows, most_rows))
    digest = hashlib.sha256(converted).hexdigest()
    stands_for = ManifestFile(url=locate(name, roots).url, sha256=digest, bytes=len(converted))
    return Given(files=(stands_for,), converted=converted)
