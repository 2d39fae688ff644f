"""``nightreel expand``: a brief becomes a manifest."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

import typer

from render.cli import options, output


def command(
    brief: Annotated[
        str,
        typer.Argument(
            metavar="BRIEF", help="A brief (a path or URL): YAML with a prompt template and factors; or a .csv."
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="URL",
            help="Where to write the Parquet file. Default: beside the brief.",
            show_default=False,
        ),
    ] = None,
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Turn a brief or a CSV into a manifest.

    The manifest is a Parquet file with one row for each combination of the brief's factors, or for each of the CSV's.

    Examples:
      nightreel expand examples/spring_campaign.yaml
      nightreel expand brief.yaml --out s3://bucket/inbox/brief.parquet
    """
    from render import contracts, manifest

    place = options.elsewhere(options.settings(store=store).store)
    table = manifest.csv_to_table(brief) if brief.lower().endswith(".csv") else manifest.expand(brief)
    target = out or f"{brief.removesuffix(PurePosixPath(brief).suffix)}.parquet"
    manifest.write(table, target)
    said = f"{contracts.visible(target)}: {output.many(table.num_rows, 'row')}."
    output.result(
        {"brief": brief, "manifest": target, "rows": table.num_rows},
        f"{said} Next: nightreel plan {options.word(target)}{place}",
        as_json=as_json,
    )
