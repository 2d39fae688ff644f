"""``nightreel export``: an experiment's clips as plain files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from render.cli import options, output


def command(
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT", help="The experiment's name.")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder; it is made if it is not there.")],
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Hand an experiment's clips on as plain files.

    Writes <experiment>/<variant>/<row>-<slug>.mp4 and a CSV with every row. Only published and reused clips are
    handed on. Run again, it touches no file that is right already.

    Examples:
      nightreel export spring-hero ./handover
    """
    from render.experiments import export
    from render.store.objects import open_store

    done = export.write(open_store(options.settings(store=store).store), experiment, directory)
    output.result(asdict(done), done.sentence, as_json=as_json)
