"""``python -m render.cli`` is ``nightreel``."""

from __future__ import annotations

import atexit
import os
import sys
from typing import NoReturn

from render.cli import main


def process() -> NoReturn:
    """Run the command of this process's arguments and end the process.

    The interpreter is not torn down: after a stop at once, threads of Dask's and Delta's may still be inside C++ code,
    which aborts the process when the interpreter goes away under them.
    """
    code = main()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            continue  # nobody reads any more
    os._exit(code)


if __name__ == "__main__":
    process()
