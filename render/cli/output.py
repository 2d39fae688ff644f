"""What a command prints: for people a text or a table, with ``--json`` exactly one document on stdout.

A reader that goes away (``| head``) ends the printing, never the command.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TextIO

from render.telemetry import logs

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

UNCUT = 1 << 20
"""Columns that no line fills."""
_kept: TextIO | None = None
"""The real stdout while :func:`only_the_document` is in force."""


def write(text: str, stream: TextIO | None = None) -> bool:
    """Write text as it is to a stream (stdout if none is given) and flush it; a closed pipe is no error.

    Gives whether there was somebody to read it.
    """
    stream = sys.stdout if stream is None else stream
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        silence(stream)
        return False
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        return write(text.encode(encoding, "backslashreplace").decode(encoding), stream)
    return True


def silence(stream: TextIO) -> None:
    """Send whatever else is written to the stream nowhere, so that no later flush complains of a closed pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def many(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it must be."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def tags(names: Sequence[str]) -> str:
    """One line on the columns that no contract knows, asking about those that look like a slip of the pen."""
    from difflib import get_close_matches

    from render import contracts

    known = contracts.load("manifest").arrow_schema().names
    meant = {name: close[0] for name in names if (close := get_close_matches(name.lower(), known, 1, cutoff=0.8))}
    alone = len(names) == 1
    kept = f"Column `{names[0]}` is kept as a tag." if alone else f"Columns {_quoted(names)} are kept as tags."
    asked = (f" Did you mean `{column}`{'' if alone else f' instead of `{name}`'}?" for name, column in meant.items())
    return contracts.visible(f"{kept}{''.join(asked)}")


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def sentences(*parts: str) -> str:
    """What is said one after another, each with its full stop but the last, which keeps its own end."""
    given = [part for part in parts if part]
    ended = [part if part.endswith((".", "!", "?", "…", ".)")) else f"{part}." for part in given[:-1]]
    return " ".join([*ended, *given[-1:]])


def say(text: str) -> None:
    """One line of result, for people."""
    write(f"{text}\n")


def note(text: str) -> None:
    """One line beside the result: progress, warnings, errors. Always on stderr, as a log line if those are JSON."""
    if not logs.told(text):
        write(f"{text}\n", sys.stderr)


def show(*renderables: RenderableType, whole: bool = False) -> bool:
    """Print rich tables and panels on stdout, for people; gives whether somebody reads.

    Where stdout is no terminal nothing is cut or folded of what is to be shown ``whole``.
    """
    pen = console(sys.stdout)
    if whole and not sys.stdout.isatty():
        pen.width = UNCUT
    with pen.capture() as capture:
        pen.print(*renderables, sep="\n")
    return write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))


def console(stream: TextIO) -> Console:
    """A rich console on a stream; where that is no terminal, 120 columns wide unless ``COLUMNS`` says otherwise."""
    from rich.console import Console

    width = None if stream.isatty() or os.environ.get("COLUMNS") else 120
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def document(value: object) -> None:
    """The one JSON document of a command called with ``--json``."""
    write(json.dumps(plain(value), indent=2, allow_nan=False) + "\n", _kept)


def line(value: object) -> bool:
    """One of the JSON documents of a command that gives one after another, a line each; whether somebody reads."""
    return write(json.dumps(plain(value), allow_nan=False) + "\n", _kept)


def result(value: object, text: str, *, as_json: bool) -> None:
    """What a command came to: as the JSON document, or as a line for people."""
    if as_json:
        document(value)
    else:
        say(text)


def plain(value: Any) -> Any:
    """The same value in JSON's own types: instants as ISO 8601, NaN and infinities as null, bytes as hex."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        if not value.is_finite():
            return None
        return int(value) if value.as_tuple().exponent == 0 else plain(float(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, Sequence | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return str(value)


@contextmanager
def only_the_document() -> Iterator[None]:
    """Keep stdout for :func:`document`; what else is printed, by any library or child process, goes to stderr.

    File descriptor 1 itself is turned round, since worker processes and compiled code know nothing of
    ``sys.stdout``.
    """
    global _kept  # noqa: PLW0603 a process has one stdout
    shown = sys.stdout
    shown.flush()
    number = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    try:
        with open(number, "w", encoding="utf-8", closefd=False) as _kept:
            yield
    finally:
        _kept = None
        os.dup2(number, 1)
        os.close(number)
        sys.stdout = shown
