"""``nightreel try``: one clip from one prompt."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from render import errors
from render.cli import options, output, summary
from render.model import End, ReasonKind

if TYPE_CHECKING:
    from render.model import Fault
    from render.settings import Settings
    from render.status import Status


def command(
    prompt: Annotated[
        str | None, typer.Argument(metavar="PROMPT", help="What the clip shows.", show_default=False)
    ] = None,
    *,
    scene: Annotated[
        typer.FileText | None,
        typer.Option(
            "--scene",
            metavar="FILE",
            encoding="utf-8",
            help="A scene as `nightreel scene` prints it, instead of a prompt or beside it; - for stdin.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[str, typer.Option("--engine", help="One of `nightreel engines`.")] = "world",
    style: Annotated[str, typer.Option("--style", help="realistic, cinematic or anime.")] = "realistic",
    seconds: Annotated[float, typer.Option("--seconds", help="Length of the clip.")] = 4.0,
    width: Annotated[
        int, typer.Option("--width", help="Pixels, even; less than the height for a vertical clip.")
    ] = 640,
    height: Annotated[int, typer.Option("--height", help="Pixels, even.")] = 360,
    fps: Annotated[int, typer.Option("--fps", help="Frames a second.")] = 24,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another take.")] = 0,
    store: options.Store = None,
    as_json: options.Json = False,
) -> int:
    """Make one clip and print where it is.

    It is a batch of one row, with the checks and the catalog of any other. The same call again finds the clip
    and renders nothing.

    Examples:
      nightreel try "Ocean waves against a rocky coast"
      nightreel try "A red ball rolls off a table" --seconds 2 --style anime --seed 7
      nightreel try "A red ball rolls off a table" --width 360 --height 640
      nightreel try --scene shoe.yaml
    """
    from render.cli import batch

    prompt, described = _asked(prompt, scene)
    row = {
        "experiment": "try",
        "variant": "try",
        "prompt": prompt,
        "scene": described,
        "engine": engine,
        "style": style,
        "seconds": seconds,
        "width": width,
        "height": height,
        "fps": fps,
        "seed": seed,
    }
    settings = options.settings(store=store, workers=1, manifest_roots=())
    with TemporaryDirectory(prefix="nightreel-try-") as folder:
        manifest = Path(folder) / "try.csv"
        with manifest.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            writer = csv.DictWriter(file, row)
            writer.writeheader()
            writer.writerow(row)
        _refuse_unfit(settings, str(manifest))
        status, stopped = batch.go(settings, str(manifest), passing=True)
    made = next((clip for clip in status.clips if clip.uri), None)
    if as_json:
        output.document(status.as_json())
    elif made:
        output.say(_path(made.uri))
        for line in _understood(settings.store, made.fingerprint):
            output.note(line)
    for trouble in _troubles(status, stopped):
        output.note(f"nightreel: {trouble}")
    return _code(status, stopped)


def _asked(prompt: str | None, file: TextIO | None) -> tuple[str, str]:
    """The prompt and the scene as YAML; a scene without a prompt is called what its family is."""
    if file is None:
        if prompt is None:
            raise errors.InputError("Say what the clip shows: give a PROMPT, or a scene with --scene FILE.")
        return prompt, ""
    from render.engines.world import lexicon
    from render.engines.world.reading import document

    try:
        text = file.read()
    except UnicodeDecodeError as error:
        raise errors.InputError(f"{file.name} is not text in UTF-8. Save it as UTF-8.") from error
    family = document.parse(text).family
    return lexicon.load().families[family].title if prompt is None else prompt, text


def _refuse_unfit(settings: Settings, manifest: str) -> None:
    """Raise :class:`render.errors.InputError` if no clip can be made of these options; nothing is recorded then.

    A prompt that policy refuses is recorded as any batch's.
    """
    from render import pipeline

    faults: list[Fault] = []
    pipeline.preview(settings, manifest, on_fault=faults.append)
    if unfit := [fault for fault in faults if fault.kind is not ReasonKind.POLICY]:
        raise errors.InputError(" ".join(map(summary.told, unfit)))


def _path(uri: str) -> str:
    """A local file as a plain path, so that other programs take it."""
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(uri).path) if uri.startswith("file://") else uri


def _understood(store: str, fingerprint: str) -> Iterator[str]:
    """What kind of picture it is, and what the engine made of the prompt's words."""
    from render.store import clips
    from render.store.objects import open_store

    record = clips.get(open_store(store), fingerprint)
    if record.engine_simulated:
        yield f"Simulated by {record.job.engine}: previs, no generated video."
    if (seen := record.understanding) is None:
        return
    yield f"Scene: {seen.scene}" + (", a stand-in for what the prompt asks for" if seen.fallback else "")
    for what, words in (
        ("Understood", seen.understood),
        ("Approximated", seen.approximated),
        ("Not understood", seen.ignored),
    ):
        if words:
            yield f"{what}: {', '.join(words)}"


def _troubles(status: Status, stopped: str | None) -> list[str]:
    said = [stopped] if stopped else []
    said += [summary.told(fault) for fault in status.quarantined]
    said += [
        output.sentences(f"{clip.end}: {clip.reason}", clip.fix)
        for clip in status.clips
        if clip.end in {End.HELD, End.REJECTED, End.FAILED, End.WITHDRAWN}
    ]
    return said


def _code(status: Status, stopped: str | None) -> int:
    return 2 if status.quarantined else summary.code(status, stopped=stopped is not None, allow_failed=0)
