"""The files of an inbox: one that cannot be used stops no other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow.compute as pc

from render import errors
from render.manifest.bounds import MANIFEST_BYTES
from render.manifest.reader import check, size, too_many
from render.manifest.rows import Judged, rows
from render.manifest.sources import arrived, files, is_parquet
from render.model import ManifestFile, RefusedManifest
from render.settings import MANIFEST_ROWS

_OTHER = (
    "{url} is not Parquet, and an inbox takes nothing else. Turn a brief or a CSV into a manifest with "
    "`nightreel expand FILE --out INBOX/NAME.parquet`, or give it to `nightreel run`."
)
_TOO_MUCH = (
    "The values of this batch's manifests take more than {most} GiB together, and {url} is one too many. Put it into "
    "the inbox again, under another name."
)


def take(
    inbox: str | Path,
    *,
    taken: Collection[ManifestFile],
    roots: Sequence[str] = (),
    most_rows: int = MANIFEST_ROWS,
) -> tuple[list[ManifestFile], list[RefusedManifest]]:
    """Find the manifests in the inbox that are not among the ``taken``, and those that cannot be used.

    Those that would make more than ``most_rows`` rows together wait for a later batch; one that has more by itself
    cannot be used.

    Raises :class:`render.errors.StoreError` for one that cannot be had at the moment, and
    :class:`render.errors.ManifestError` for an inbox that cannot be listed or leads out of the ``roots``.
    """
    good, refused, total = [], [], 0
    for file in arrived(inbox, roots):
        if file in taken:
            continue
        if not is_parquet(file.url):
            refused.append(RefusedManifest(file=file, reason=_OTHER.format(url=file.url)))
            continue
        try:
            if (own := check(file)) > most_rows:
                raise errors.ManifestError(too_many(file.url, own, most_rows))
        except errors.ManifestError as error:
            refused.append(_refused(file, error))
            continue
        if total + own <= most_rows:
            good.append(file)
            total += own
    return good, refused


def rows_of(manifests: Sequence[ManifestFile], refused: list[RefusedManifest]) -> Iterator[Judged]:
    """Read the files one by one, their rows counted on; those that cannot be used any more come to the ``refused``.

    A file counts as a whole or not at all, so each is read twice: to its end, and then piece by piece for its rows. One
    that is too much beside the others is not taken.
    Raises :class:`render.errors.StoreError` for one that cannot be had at the moment.
    """
    first = total = 0
    for file in manifests:
        try:
            own = size(file)
            if total + own > MANIFEST_BYTES:
                raise errors.ManifestError(_TOO_MUCH.format(url=file.url, most=MANIFEST_BYTES >> 30))
        except errors.ManifestError as error:
            refused.append(_refused(file, error))
            continue
        total += own
        taken = 0
        for judged in _again(file):
            yield _moved(judged, first)
            taken += judged.count
        first += taken


def _again(file: ManifestFile) -> Iterator[Judged]:
    """The rows of a file that was read a moment ago; that it cannot be read any more is no reason to leave it out."""
    try:
        yield from rows([file])
    except errors.ManifestError as error:
        raise errors.StoreError(f"{file.url} was changed while it was read. Try again. {error}") from error


def _moved(judged: Judged, first: int) -> Judged:
    """The same rows, counted from ``first``."""
    tables = []
    for table in (judged.good, judged.faults):
        place = table.schema.get_field_index("row")
        tables.append(table.set_column(place, table.schema.field(place), pc.add(table["row"], first)))
    return Judged(good=tables[0], faults=tables[1])


def _refused(file: ManifestFile, error: errors.ManifestError) -> RefusedManifest:
    """The file as one that cannot be used; an error that may pass if its bytes cannot be had at the moment."""
    try:
        files(file.url)
    except errors.ManifestError as unreadable:
        if not isinstance(unreadable.__cause__, FileNotFoundError):
            raise errors.StoreError(str(unreadable)) from error
    return RefusedManifest(file=file, reason=str(error))
