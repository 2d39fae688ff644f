"""Hands the clips of an experiment on as plain files with speaking names, and a CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from render import errors
from render.experiments import copying, names, sheet
from render.experiments.current import current
from render.experiments.gather import of_experiment
from render.experiments.lines import variants
from render.experiments.view import DELIVERED, Entry, View
from render.model import Row

if TYPE_CHECKING:
    from render.store.objects import ObjectStore


_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export did."""

    folder: Path
    """The experiment's folder."""
    csv: Path
    written: int
    unchanged: int
    """Clips that were there already, byte for byte."""
    left_out: Mapping[str, int]
    """Rows without a file, by the reason in plain language."""
    stale: tuple[Path, ...]
    """Videos under names that an export gives, of no row any more, as of clips that were taken down: they are left."""

    @property
    def sentence(self) -> str:
        """What was done, for people."""
        clips = self.written + self.unchanged
        said = f"{clips:,} {'clip' if clips == 1 else 'clips'} in {self.folder}"
        if self.unchanged:
            said += f" ({self.unchanged:,} of them there already)"
        if left := ", ".join(f"{number:,} {why}" for why, number in self.left_out.items()):
            said += f"; left out: {left}"
        if self.stale:
            shown = ", ".join(str(path.relative_to(self.folder)) for path in self.stale[:_SHOWN])
            more = f" and {len(self.stale) - _SHOWN:,} more" if len(self.stale) > _SHOWN else ""
            said += f". Of an earlier export, and not to be handed on, there are still {shown}{more}: remove them"
        return f"{said}."


def write(store: ObjectStore, experiment: str, directory: Path) -> Exported:
    """Write ``<experiment>/<variant>/<row>-<slug>.mp4`` and ``<experiment>/clips.csv`` below ``directory``.

    Only published and reused clips are handed on, and none that is taken down meanwhile; the CSV has every row. Each
    file appears whole or not at all and matches its recorded hash; running it again touches no file that is right
    already. Names are made of plain ASCII and never collide. Raises :class:`render.errors.NotFound` for an unknown
    experiment and :class:`render.errors.CorruptObject` for a clip that is not what its record says.
    """
    written: dict[Path, str] = {}
    gathered = partial(of_experiment, store, experiment)
    return current(store, gathered, lambda view: _write(store, view, directory, written))[0]


def _write(store: ObjectStore, view: View, directory: Path, written: dict[Path, str]) -> Exported:
    """Bring the folder to this view; ``written`` are the files that this export has written, with their clips."""
    delivered = {entry.fingerprint for entry in view.entries if entry.delivered}
    for path in [path for path, clip in written.items() if clip not in delivered]:
        path.unlink(missing_ok=True)
        del written[path]
    folder = _folder(directory, names.alone(view.title), directory)
    files = _files(view.entries)
    unchanged, kept = 0, set[Path]()
    for entry in view.entries:
        if entry.record is None or not entry.delivered:
            continue
        variant, _, name = files[_key(entry)].partition("/")
        path = _folder(folder, variant, directory) / name
        kept.add(path)
        if copying.fetch(store, entry.record.objects["clip"], path):
            written[path] = entry.fingerprint
        elif path not in written:
            unchanged += 1
    csv = folder / "clips.csv"
    copying.put(sheet.write(view, file=lambda entry: files.get(_key(entry), "")), csv)
    left = Counter(_why(entry) for entry in view.entries if not entry.delivered)
    left.update(str(problem.end) for problem in view.malformed)
    return Exported(
        folder=folder,
        csv=csv,
        written=len(written),
        unchanged=unchanged,
        left_out=dict(sorted(left.items())),
        stale=tuple(sorted({*folder.glob("*/[0-9]*.mp4")} - kept)),
    )


def _files(entries: Sequence[Entry]) -> dict[str, str]:
    """``<variant>/<row>-<slug>.mp4`` for each entry whose clip is handed on."""
    folders = names.unique({variant: names.slug_with_end(variant) for variant in variants(entries)})
    rows: dict[str, dict[str, Row]] = {variant: {} for variant in folders}
    for entry in entries:
        if entry.delivered:
            rows[entry.row.variant][_key(entry)] = entry.row
    files: dict[str, str] = {}
    for variant, own in rows.items():
        wanted = {key: f"{row.row}-{names.slug(row.prompt).lower()}".rstrip("-") for key, row in own.items()}
        files |= {key: f"{folders[variant]}/{name}.mp4" for key, name in names.unique(wanted).items()}
    return files


def _key(entry: Entry) -> str:
    return f"{entry.batch}/{entry.row.row}"


def _why(entry: Entry) -> str:
    if entry.end is None:
        return "not finished yet"
    if entry.end in DELIVERED:
        return f"{entry.end}, but the clip's record is missing"
    return str(entry.end)


def _folder(parent: Path, name: str, root: Path) -> Path:
    """The folder ``name`` in ``parent``, made if need be; never outside ``root``, whatever links lie there."""
    folder = parent / name
    try:
        root.mkdir(parents=True, exist_ok=True)
        if not folder.resolve().is_relative_to(root.resolve()):
            raise errors.InputError(f"{folder} leads outside {root}. Remove that link, or export into another folder.")
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise errors.InputError(f"{folder} cannot be made: {error}. Export into another folder.") from error
    return folder
