"""Crash enumeration: a small batch, ended at each of its operations on storage in each way, then run again.

An operation is a call of the store, or of delta-rs on a catalog table as a whole. It can die before it has happened or
after, with its process: nothing of that process happens any more. Or its answer is lost: it has happened, and the
caller, which lives on, sees an error. Whatever it was, the same command given again must come to what an undisturbed
run comes to.

    python tests/chaos/enumeration.py              # every operation in every mode
    python tests/chaos/enumeration.py --each 9     # every ninth of them
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from unittest.mock import patch

from deltalake import DeltaTable
from deltalake.table import TableMerger

from render import errors, pipeline
from render.farm import dispatch, worker
from render.model import End
from render.settings import Settings, load
from render.store import batches, catalog, clips, layout
from render.store.directory import TEMPORARY, DirectoryStore
from render.store.objects import ObjectStore, open_store

MANIFEST = """experiment,variant,prompt,engine,seconds,width,height,fps
e,a,one,testcard,0.5,64,64,8
e,b,two,testcard,0.5,64,64,8
e,c,one,testcard,0.5,64,64,8
e,d,,testcard,0.5,64,64,8
"""
"""Two clips to be made, one that follows the first, one row that is malformed."""
ROWS = 4
ENDS = {End.PUBLISHED: 2, End.REUSED: 1, End.REJECTED: 1}
ENDS_AGAIN = {End.REUSED: 3, End.REJECTED: 1}
"""Of a batch whose forerunner had finished before its own end was known to whoever ran it."""
OPERATIONS = ("get", "open", "put", "put_file", "put_if_absent", "size", "folders", "list", "delete", "sweep_temporary")
RUNS = 5
"""After so many tries an undisturbed run must have come to its end; the second does it."""


class Mode(StrEnum):
    """What becomes of the operation that is chosen."""

    BEFORE = "crash before it"
    AFTER = "crash after it"
    LOST = "its answer is lost"


class Crash(BaseException):
    """The process is gone: nothing may catch this."""


@dataclass(slots=True)
class Process:
    """One run's operations on storage, and what happens to one of them."""

    at: int | None = None
    """Which operation, counted from 0; None for no trouble."""
    mode: Mode = Mode.BEFORE
    done: list[str] = field(default_factory=list)
    """The operations so far."""
    dead: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def operate(self, name: str, do: Callable[[], Any], lost: type[Exception]) -> Any:
        """Do an operation, unless the process dies of it; ``lost`` is what its caller sees when the answer is lost."""
        with self._lock:
            if self.dead:
                raise Crash
            chosen = len(self.done) == self.at
            self.done.append(name)
            if chosen and self.mode is Mode.BEFORE:
                self.dead = True
                raise Crash
        answer = do()
        if not chosen:
            return answer
        if hasattr(answer, "close"):
            answer.close()
        if self.mode is Mode.LOST:
            raise lost("The answer was lost.")
        self.dead = True
        raise Crash

    @contextmanager
    def lives(self) -> Iterator[None]:
        """Everything that is done to a directory store or a Delta table here is done by this process."""
        with ExitStack() as stack:
            for name in OPERATIONS:
                stack.enter_context(self._counted(DirectoryStore, name, errors.StoreError))
            stack.enter_context(self._counted(TableMerger, "execute", OSError))
            stack.enter_context(self._counted(DeltaTable, "create", OSError))
            stack.enter_context(patch.object(dispatch, "run", _farm))
            yield

    def _counted(self, kind: type, name: str, lost: type[Exception]) -> Any:
        true = getattr(kind, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            return self.operate(f"{kind.__name__}.{name}", lambda: true(*arguments, **options), lost)

        return patch.object(kind, name, counted)


def _farm(
    _address: str, jobs: Any, *, store_url: str, batch: str, settings: Settings, on_result: Any, **_: Any
) -> None:
    """A farm in this process, which tries again what may pass, as the real one does."""
    worker._store.cache_clear()  # a new process opens its own
    orders = worker.Orders(
        store_url=store_url,
        batch=batch,
        scratch=settings.scratch,
        cache=settings.cache,
        usd_per_cpu_hour=settings.usd_per_cpu_hour,
    )
    for job in jobs:
        for _ in range(settings.tries):
            (tried,) = worker.make_clips([job], orders)
            if not tried.may_pass:
                break
        on_result(tried.result)


def run(settings: Settings, manifest: Path, number: int, process: Process) -> bool:
    """Give the command once; say whether it came to its end."""
    now = datetime(2026, 11, 22, 2, number, tzinfo=UTC)
    try:
        with process.lives():
            batch = pipeline.intake(settings, manifest=str(manifest), run_key=f"run-{number}", now=now)
            pipeline.run(settings, batch.id, now=lambda: now)
    except (Crash, errors.NightreelError):
        return False
    return True


def violations(store: ObjectStore, records: dict[str, str]) -> list[str]:
    """What is not as an undisturbed run leaves it; ``records`` are the attempts of clips made before the last run."""
    wrong: list[str] = []
    known = batches.list_ids(store)
    if not known:
        return ["no batch"]
    for batch, ends in zip(known, (ENDS, *[ENDS_AGAIN] * len(known)), strict=False):
        status = pipeline.status_of(store, batch)
        if status.state != "finished":
            wrong.append(f"{batch} is {status.state}")
        if {end: count for end, count in status.ends.items() if count} != ends:
            wrong.append(f"{batch} ends {dict(status.ends)}")
        if not store.exists(layout.report(batch)):
            wrong.append(f"{batch} has no report")
        parts = [part for part in ("plan", "quarantine") if len(store.list(f"{layout.batch(batch)}/{part}")) != 1]
        wrong += [f"{batch} has an unreferenced {part}" for part in parts]
    made = [clips.get(store, path.split("/")[2]) for path in _records(store)]
    if len(made) != 2:
        wrong.append(f"{len(made)} clips")
    for record in made:
        wrong += clips.verify(store, record)
        if store.folders(layout.clip(record.job.fingerprint)) != [record.attempt]:
            wrong.append("an unreferenced attempt")
        if records.get(record.job.fingerprint, record.attempt) != record.attempt:
            wrong.append("a clip with a record was made again")
    if list(Path(store.url, TEMPORARY).glob("*")):
        wrong.append("a temporary file")
    wrong += _of_catalog(store, rows=ROWS * len(known))
    return wrong


def _of_catalog(store: ObjectStore, *, rows: int) -> Iterator[str]:
    questions = {
        "requests": 'select count(*) as n, count(distinct (batch, row)) as keys, count("end") as ended from requests',
        "clips": "select count(*) as n, count(distinct fingerprint) as keys from clips",
        "checks": 'select count(*) as n, count(distinct (fingerprint, "check", name)) as keys from checks',
        "results": "select count(*) as n, count(uri) as clips from results",
    }
    found = {name: catalog.query(store, sql).to_pylist()[0] for name, sql in questions.items()}
    if found["requests"] != {"n": rows, "keys": rows, "ended": rows}:
        yield f"requests {found['requests']}"
    if found["clips"] != {"n": 2, "keys": 2}:
        yield f"clips {found['clips']}"
    if not found["checks"]["n"] or found["checks"]["n"] != found["checks"]["keys"]:
        yield f"checks {found['checks']}"
    if found["results"] != {"n": rows, "clips": rows // ROWS * (ROWS - 1)}:
        yield f"results {found['results']}"


@dataclass(frozen=True, slots=True)
class Case:
    """One operation of an undisturbed run, and what happens to it."""

    at: int
    operation: str
    mode: Mode


def cases(folder: Path) -> list[Case]:
    """Every operation of an undisturbed run in every mode."""
    undisturbed = Process()
    store, wrong = _play(folder, undisturbed)
    assert not wrong, f"an undisturbed run: {wrong} in {store}"
    return [Case(at, name, mode) for (at, name), mode in itertools.product(enumerate(undisturbed.done), Mode)]


def play(folder: Path, case: Case) -> list[str]:
    """Run into the case's trouble, run again until it is done, and say what is wrong then."""
    return _play(folder, Process(at=case.at, mode=case.mode))[1]


def _play(folder: Path, first: Process) -> tuple[str, list[str]]:
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.csv"
    manifest.write_text(MANIFEST)
    settings = load(
        store=str(folder / "store"), scratch=folder / "scratch", workers=1, scheduler="tcp://127.0.0.1:1", tries=3
    )
    records: dict[str, str] = {}
    for number in range(RUNS):
        if run(settings, manifest, number, first if number == 0 else Process()):
            break
        store = open_store(settings.store)
        records = {path.split("/")[2]: clips.get(store, path.split("/")[2]).attempt for path in _records(store)}
    else:
        return settings.store, [f"not done after {RUNS} runs"]
    return settings.store, violations(open_store(settings.store), records)


def _records(store: ObjectStore) -> list[str]:
    return [path for path in store.list("clips") if path.endswith("/clip.json")]


def enumerate_all(chosen: Sequence[Case], folder: Path) -> Counter[tuple[str, Mode]]:
    """Play the cases; print each violation at once, and give how many cases of each kind were violated."""
    violated: Counter[tuple[str, Mode]] = Counter()
    for number, case in enumerate(chosen):
        wrong = play(folder / f"case-{number}", case)
        violated[case.operation, case.mode] += bool(wrong)
        if wrong:
            print(f"operation {case.at}, {case.operation}, {case.mode}: {'; '.join(wrong)}", flush=True)
    return violated


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=1, metavar="N", help="play every Nth case (default: all)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nightreel-crash-") as folder:
        every = cases(Path(folder) / "undisturbed")
        chosen = every[:: given.each]
        operations = len(every) // len(Mode)
        print(f"{operations} operations in {len(Mode)} modes: {len(every)} cases, {len(chosen)} of them are played")
        violated = enumerate_all(chosen, Path(folder))
    for operation, mode in sorted({(case.operation, case.mode) for case in chosen}):
        played = sum((case.operation, case.mode) == (operation, mode) for case in chosen)
        print(f"{operation:<30} {mode:<20} {played:>5} played {violated[operation, mode]:>5} violated")
    sys.exit(bool(violated.total()))


if __name__ == "__main__":
    main()
