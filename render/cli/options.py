"""The options and arguments that several commands share."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="Where everything is kept: a directory, or a bucket such as s3://bucket/nightreel. "
        "Default: the setting NIGHTREEL_STORE, else .nightreel/store.",
        show_default=False,
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print exactly one JSON document on stdout; all else goes to stderr.")
]
Manifest = Annotated[
    str,
    typer.Argument(
        metavar="MANIFEST",
        help="A Parquet file or a folder of them (a path or an fsspec URL), a brief (.yaml) or a .csv.",
    ),
]
Limit = Annotated[
    int | None, typer.Option("--limit", metavar="N", min=1, help="Take only the first N rows.", show_default=False)
]
Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="EXPR",
        help="Take only the rows for which this SQL expression over the manifest's columns is true.",
        show_default=False,
    ),
]
JobsPerShard = Annotated[
    int | None,
    typer.Option("--jobs-per-shard", metavar="N", min=1, help="Clips in a shard. Default: 64.", show_default=False),
]
BatchId = Annotated[
    str, typer.Argument(metavar="BATCH", help="A batch's id, as `nightreel run` prints it, or how it begins or ends.")
]


def settings(**overrides: object) -> Any:
    """The settings with this call's options over them; those left out (None) count as not given. The log follows them.

    Raises :class:`render.errors.SettingsError`.
    """
    from render.settings import load
    from render.telemetry import logs

    loaded = load(**overrides)
    logs.set_up(loaded.log_format, loaded.log_level)
    return loaded


def elsewhere(store: str) -> str:
    """The words that lead a printed command to a store, as its own URL; none for the one that is used without them."""
    from pathlib import Path

    usual = settings().store
    if store in {usual, str(Path(usual).absolute())}:
        return ""
    return f" --store {word(store)}"


def command(*words: str, **given: object) -> str:
    """A command of this program as it is typed, with those of the options that are not None."""
    same = [part for name, value in given.items() if value is not None for part in (name, str(value))]
    return " ".join(map(word, ["nightreel", *words, *same]))


def word(text: str) -> str:
    """The text as one word of a shell, in which control characters are written out: a terminal would obey them."""
    if text.isprintable():
        return shlex.quote(text)
    return f"$'{''.join(map(_written_out, text))}'"


def _written_out(letter: str) -> str:
    code = ord(letter)
    if letter in "\\'":
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return f"\\x{code:02x}" if code < 0x80 else f"\\U{code:08x}"
