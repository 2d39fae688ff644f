"""Crashes on a directory store: an operation is a call of the store, or of delta-rs on a catalog table as a whole.

A crash is an exception that nothing catches, after which the process does nothing to storage any more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import deltalake
import subject
from deltalake import DeltaTable
from deltalake.table import TableMerger
from trouble import Case, Ground, Mode

from render import errors
from render.store.directory import DirectoryStore
from render.store.objects import open_store

CALLS = ("get", "open", "put", "put_file", "put_if_absent", "size", "folders", "list", "delete", "sweep_temporary")
LATE = ("DirectoryStore.put_if_absent",)
"""Operations that can happen after their caller has given up."""


class Crash(BaseException):
    """The process is gone: nothing may catch this."""


class Process:
    """One run's operations on storage, and what happens to one of them."""

    def __init__(self, case: Case | None = None) -> None:
        self.case = case
        self.done: list[str] = []
        self._dead = False
        self._late: tuple[tuple[Any, ...], Callable[[], Any]] | None = None
        """What is still to happen: which operation on which path, and how it is done."""
        self._lock = threading.Lock()

    @contextmanager
    def lives(self) -> Iterator[None]:
        """Everything that is done to a directory store or a Delta table here is done by this process."""
        with ExitStack() as stack:
            for name in CALLS:
                stack.enter_context(self._counted(DirectoryStore, name, errors.StoreError))
            stack.enter_context(self._counted(deltalake, "write_deltalake", OSError))
            stack.enter_context(self._counted(TableMerger, "execute", OSError))
            stack.enter_context(self._counted(DeltaTable, "create", OSError))
            yield
        if self._late:
            self._late[1]()

    def _counted(self, kind: Any, name: str, lost: type[Exception]) -> Any:
        true = getattr(kind, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            about = arguments[1:2]  # of a store its path, which stands after the store itself
            return self._operate(f"{kind.__name__}.{name}", about, lambda: true(*arguments, **options), lost)

        return patch.object(kind, name, counted)

    def _operate(self, name: str, about: tuple[Any, ...], do: Callable[[], Any], lost: type[Exception]) -> Any:
        with self._lock:
            if self._dead:
                raise Crash
            hit = self.case and (name, self.done.count(name)) == (self.case.operation, self.case.nth)
            mode = self.case.mode if self.case and hit else None
            self.done.append(name)
            if mode is Mode.BEFORE:
                self._dead = True
                raise Crash
            if mode is Mode.LATE:
                self._late = ((name, *about), do)
                raise lost("No answer came.")
            if self._late and self._late[0] == (name, *about):
                self._late[1]()
                self._late = None
        answer = do()
        if mode is None:
            return answer
        if hasattr(answer, "close"):
            answer.close()
        if mode is Mode.LOST:
            raise lost("The answer was lost.")
        self._dead = True
        raise Crash


class DirectoryGround(Ground):
    """Each trial has a store in its own folder."""

    late = LATE

    def __init__(self) -> None:
        self._last = Process()

    def command(self, folder: Path, number: int, case: Case | None) -> bool:
        """See :meth:`Ground.command`."""
        settings, manifest = subject.prepare(folder)
        self._last = Process(case)
        try:
            with self._last.lives():
                return subject.give_command(settings, manifest, number) is None
        except Crash:
            return False

    def operations(self) -> Sequence[str]:
        """See :meth:`Ground.operations`."""
        return self._last.done

    def attempts(self, folder: Path) -> dict[str, str]:
        """See :meth:`Ground.attempts`."""
        return subject.attempts(str(folder / "store"))

    def violations(self, folder: Path, before: dict[str, str]) -> list[str]:
        """See :meth:`Ground.violations`."""
        return [*subject.violations(open_store(str(folder / "store")), before), *subject.left_in(folder / "scratch")]


@contextmanager
def ground(_: Path) -> Iterator[DirectoryGround]:
    """The ground on which trials put their stores into their own folders."""
    yield DirectoryGround()
