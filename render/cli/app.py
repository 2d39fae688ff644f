"""The commands under one roof, and the one place where an error becomes a line of text and an exit code.

0 every row reached an end and none failed · 1 an error of ours · 2 the input or the call is wrong · 3 the batch is
incomplete and a re-run resumes it · 4 more rows failed than are allowed · 5 ``verify`` found a mismatch.
Ctrl-C in a command that has no batch to resume ends it with the shell's own 130.
"""

from __future__ import annotations

import contextlib
import inspect
import tempfile
import traceback
from collections.abc import Callable
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

from render import errors
from render.cli import (
    cancel,
    doctor,
    engines,
    expand,
    export,
    output,
    plan,
    query,
    report,
    review,
    run,
    scene,
    status,
    sweep,
    tidy,
    try_,
    verify,
    withdraw,
)

app = typer.Typer(
    name="nightreel",
    help="A Parquet manifest of prompts becomes checked, muxed videos and a catalog.",
    epilog="Begin with `nightreel doctor`, then `nightreel try 'A red ball rolls off a table'`.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _help(command: Callable[..., object]) -> str:
    """The docstring, in which paragraphs with indented lines (lists, examples) keep their lines as they are."""
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    return "\n\n".join(f"\b\n{text}" if "\n  " in text else text for text in paragraphs)


_SIZES = frozenset({"--size", "--resolution", "--aspect", "--aspect-ratio", "--ratio"})
"""What people write who look for a clip's width and height."""
_SIZE = "width and height: columns of a manifest, and `nightreel try … --width 360 --height 640`"


for name, command in {
    "run": run.command,
    "try": try_.command,
    "scene": scene.command,
    "plan": plan.command,
    "expand": expand.command,
    "status": status.command,
    "cancel": cancel.command,
    "review": review.command,
    "query": query.command,
    "report": report.command,
    "export": export.command,
    "verify": verify.command,
    "withdraw": withdraw.command,
    "sweep": sweep.command,
    "tidy": tidy.command,
    "engines": engines.command,
    "doctor": doctor.command,
}.items():
    app.command(name, help=_help(command))(command)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        output.say(f"nightreel {version('nightreel')}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    show_traceback: Annotated[
        bool, typer.Option("--traceback", help="On an unexpected error print the whole traceback.")
    ] = False,
) -> None:
    pass


def execute(arguments: list[str]) -> int:
    """Run one command line, without the program's name; returns the exit code and never raises."""
    given = arguments[: arguments.index("--")] if "--" in arguments else arguments
    as_json = "--json" in given
    with output.only_the_document() if as_json else contextlib.nullcontext():
        try:
            code = int(app(arguments or ["--help"], prog_name="nightreel", standalone_mode=False) or 0)
            if code == 130:  # typer has made that of it, and said nothing
                raise KeyboardInterrupt
            return code
        except errors.NightreelError as error:
            return _fail(str(error), error, code=error.exit_code, as_json=as_json)
        except TyperException as error:
            return _fail(_usage(error), error, code=error.exit_code, as_json=as_json)
        except (Abort, KeyboardInterrupt) as error:
            return _fail("Interrupted.", error, code=130, as_json=as_json)
        except Exception as error:  # noqa: BLE001 the outermost frame: whatever it is, people get a line and a code
            return _unexpected(error, in_full="--traceback" in given, as_json=as_json)


def _fail(message: str, error: BaseException, *, code: int, as_json: bool, **more: str) -> int:
    output.note(f"nightreel: {message}")
    if as_json:
        kind = type(error).__name__
        output.document({"error": {"kind": kind, "message": message, "exit_code": code, **more}})
    return code


def _usage(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "nightreel"
    told = error.format_message().rstrip(".")
    if (option := getattr(error, "option_name", None)) in _SIZES:
        told = f"No such option: {option}. A size is two numbers, {_SIZE}"
    return f"{told}{'' if told.endswith('?') else '.'} See `{path} --help`."


def _unexpected(error: Exception, *, in_full: bool, as_json: bool) -> int:
    text = "".join(traceback.format_exception(error))
    lines = str(error).strip().splitlines()
    what = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    if in_full:
        output.note(text)
        return _fail(f"unexpected error: {what}.", error, code=1, as_json=as_json)
    with tempfile.NamedTemporaryFile("w", prefix="nightreel-traceback-", suffix=".txt", delete=False) as file:
        file.write(text)
    return _fail(
        f"unexpected error: {what}. This is a fault of ours; the traceback is in {file.name}.",
        error,
        code=1,
        as_json=as_json,
        traceback=file.name,
    )
