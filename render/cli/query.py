"""``nightreel query``: SQL over the catalog."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from render import errors
from render.cli import options, output

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.table import Table

WIDE = 16
"""With more columns than these a record is shown as a block, one column a line."""


def command(
    sql: Annotated[
        str, typer.Argument(metavar="SQL", help="One SELECT (DuckDB's SQL) over requests, clips, checks, results.")
    ],
    rows: Annotated[int, typer.Option("--rows", metavar="N", min=1, help="Show at most N rows of the table.")] = 60,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all rows as CSV.")] = False,
    store: options.Store = None,
    as_json: options.Json = False,
) -> None:
    """Ask the catalog in SQL.

    The tables are requests (a row for each manifest row and batch), clips (a row for each fingerprint) and
    checks (a row for each figure); the view results joins them.

    Examples:
      nightreel query "select experiment, count(uri) as clips, avg(render_seconds) from results group by all"
      nightreel query 'select "end", count(*) from requests group by all' --json
      nightreel query "describe results"
      nightreel query "select * from clips" --csv > clips.csv
    """
    from render.store import batches, catalog
    from render.store.objects import open_store

    if as_json and as_csv:
        raise errors.InputError("--json and --csv exclude each other: choose one.")
    place = open_store(options.settings(store=store).store)
    found = catalog.query(place, sql)
    if not batches.list_ids(place):
        output.note(f"nightreel: nothing was made in {place.url} yet. If another store is meant, name it with --store.")
    elif catalog.is_empty(place):
        output.note(
            f"nightreel: nothing is published yet in {place.url}: a batch comes into the catalog when its run ends. "
            f"How far it is: nightreel status{options.elsewhere(place.url)}"
        )
    if as_json:
        output.document(_records(found))
    elif as_csv:
        output.write(_csv(found.column_names, _records(found)))
    else:
        records = _records(found.slice(0, rows))
        if records or found.num_columns <= WIDE:
            shown = _table(found.column_names, records) if found.num_columns <= WIDE else map(_block, records)
            output.show(*shown, whole=True)
        if found.num_rows > rows:
            output.say(f"… {found.num_rows - rows} more rows; --rows N shows more, --csv and --json give all.")
        elif not found.num_rows:
            output.say("(no rows)")


def _records(found: pa.Table) -> list[dict[str, Any]]:
    try:
        return found.to_pylist(maps_as_pydicts="strict")
    except TypeError as error:
        raise errors.QueryError(
            "A map in the answer has lists or structs as keys, which cannot be shown: ask for map_entries(…) of it."
        ) from error


def _table(names: Sequence[str], records: Sequence[dict[str, object]]) -> Iterator[Table]:
    from rich.table import Table

    table = Table(*names, box=None, pad_edge=False)
    for record in records:
        table.add_row(*map(_cell, record.values()))
    yield table


def _block(record: dict[str, object]) -> Table:
    """A record of many columns, one column a line."""
    from rich.table import Table

    block = Table(show_header=False, box=None, pad_edge=False)
    for name, value in record.items():
        block.add_row(name, _cell(value))
    block.add_row("", "")
    return block


def _csv(names: Sequence[str], records: Sequence[dict[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for record in records:
        values = map(output.plain, record.values())
        writer.writerow(json.dumps(value) if isinstance(value, list | dict) else value for value in values)
    return text.getvalue()


def _cell(value: object) -> str:
    """A value as a terminal may show it: control characters, which could move its cursor, as their pictures."""
    from render import contracts

    value = output.plain(value)
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return contracts.visible(json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value))
