"""How log lines look in every process of ours: ``text`` for people or ``json`` for machines, with the same fields.

``timestamp``, ``level``, ``event`` (what is said), ``logger``, then what the line is about
(:mod:`render.telemetry.context`), and ``exception`` where there is one. They are the names and forms of Airflow's own
log, which takes our lines in its processes; everywhere else :func:`set_up` is called once the settings are known.
"""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

from render.telemetry.context import FIELDS

Form = Literal["text", "json"]

FIRST = ("timestamp", "level", "event", "logger", *FIELDS)
DASK = ("distributed", "tornado", "bokeh")
"""The loggers that Dask gives handlers of its own."""

_SAID = logging.getLogger("nightreel")
_form: Form = "text"


def set_up(form: Form, level: str) -> None:
    """Write all log lines of this process to stderr: ours from ``level`` up, other libraries' warnings and errors.

    What Dask says of itself follows Dask's own levels. May be called again.
    """
    global _form  # noqa: PLW0603 a process has one log
    _form = form
    formatter = _Formatter(form)
    for name in ("", *DASK):
        logger = logging.getLogger(name)
        theirs = [handler for handler in logger.handlers if type(handler) is logging.StreamHandler]
        for handler in theirs:
            logger.removeHandler(handler)
        ours = next((handler for handler in logger.handlers if isinstance(handler, _Handler)), None)
        if ours is None:
            ours = _Handler(max((handler.level for handler in theirs), default=logging.NOTSET))
            logger.addHandler(ours)
        ours.setFormatter(formatter)
        logger.propagate = not name
        if not name:
            ours.filters = [_of_interest]
    logging.getLogger("render").setLevel(level.upper())
    _SAID.setLevel(logging.INFO)


def lines_only() -> bool:
    """Whether stderr is to hold nothing but log lines that a machine reads."""
    return _form == "json"


def told(text: str) -> bool:
    """Write what a command says to people as a log line, if :func:`lines_only`; says whether it did."""
    if lines_only():
        _SAID.info("%s", text)
    return lines_only()


def _of_interest(record: logging.LogRecord) -> bool:
    """Other libraries set themselves to tell what only they want to know."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in {"render", _SAID.name}


class _Handler(logging.StreamHandler):
    """Writes to whatever ``sys.stderr`` is at that moment."""

    def __init__(self, level: int) -> None:
        logging.Handler.__init__(self, level)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class _Formatter(logging.Formatter):
    """Structlog's, made with the first line: most commands log none, and it takes a tenth of a second to import."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        return self._structured.format(record)

    @functools.cached_property
    def _structured(self) -> logging.Formatter:
        import structlog
        from structlog.dev import ConsoleRenderer, plain_traceback

        ends = {
            "text": [ConsoleRenderer(colors=False, exception_formatter=plain_traceback, sort_keys=False)],
            "json": [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)],
        }
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _in_order, *ends[self._form]],
        )


def _in_order(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The same fields, the known ones first."""
    return {name: event[name] for name in FIRST if name in event} | dict(event)


def _json(event: object, **_: object) -> str:
    import orjson

    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
