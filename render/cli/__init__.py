"""The command line, ``nightreel``: one module a command; each parses, calls one function of the house and prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; ``arguments`` default to those of the process. Returns the exit code."""
    from render.cli.app import execute

    return execute(list(sys.argv[1:] if arguments is None else arguments))
