"""Crash enumeration: a small batch, ended at each of its operations on storage in each way, then run again.

The process dies before the operation, or after it, or the operation happens and its answer is lost; a conditional put
on a directory also happens after its caller has given up. Whatever it was, the same command given again must come to
what an undisturbed run comes to.

    make crash                                      # every operation on a directory store in every mode
    make crash ARGS='s3 --each 9'                   # every ninth of those on an S3 service
    make crash ARGS='s3 --each 9 --from 1'          # the next ones of those, perhaps in another process
    make crash ARGS='s3 --only "PUT|POST|DELETE"'   # those that change something
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

import on_directory
import on_s3
from trouble import Ground, Mode

GROUNDS = {"directory": on_directory.ground, "s3": on_s3.ground}


def enumerate_all(ground: Ground, folder: Path, *, only: str, each: int, first: int) -> int:
    """Play every ``each``-th case from the ``first`` on, of operations whose names match ``only``; give the violations.

    Each violation is printed at once, a table at the end.
    """
    every = ground.cases(folder / "undisturbed")
    chosen = [case for case in every if re.search(only, case.operation)][first::each]
    operations = len({case.at for case in every})
    print(f"{operations} operations, of {len(every)} cases {len(chosen)} are played", flush=True)
    played: Counter[tuple[str, Mode]] = Counter()
    violated: Counter[tuple[str, Mode]] = Counter()
    for number, case in enumerate(chosen):
        wrong = ground.play(folder / f"case-{number}", case)
        played[case.operation, case.mode] += 1
        violated[case.operation, case.mode] += bool(wrong)
        if wrong:
            print(f"operation {case.at}, {case.operation}, {case.mode}: {'; '.join(wrong)}", flush=True)
    for operation, mode in sorted(played):
        print(f"{operation:<32} {mode:<20} {played[operation, mode]:>5} played {violated[operation, mode]:>5} violated")
    return violated.total()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ground", nargs="?", choices=GROUNDS, default="directory", help="where the store is")
    parser.add_argument("--only", default="", metavar="REGEX", help="operations with such names (default: all)")
    parser.add_argument("--each", type=int, default=1, metavar="N", help="play every Nth case (default: all)")
    parser.add_argument("--from", type=int, default=0, metavar="N", dest="first", help="begin with this case, from 0")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="nightreel-crash-") as folder,
        GROUNDS[given.ground](Path(folder)) as ground,
    ):
        violated = enumerate_all(ground, Path(folder), only=given.only, each=given.each, first=given.first)
    sys.exit(bool(violated))


if __name__ == "__main__":
    main()
