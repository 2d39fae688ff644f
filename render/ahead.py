"""Work on a stream of items in threads, a bounded number ahead of whoever takes the results."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(work: Callable[[Item], Result], items: Iterable[Item], *, threads: int = 1) -> Iterator[Result]:
    """The results in the items' order; an item is taken from its stream when a thread is free for it.

    Unlike an executor's ``map``, which takes all items at once and so holds a whole stream in memory. Raises what the
    work raises, in the place of that item, and what the stream raises as soon as it does.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix=getattr(work, "__name__", "ahead")) as pool:
        under_way: deque[Future[Result]] = deque()
        for item in items:
            under_way.append(pool.submit(work, item))
            if len(under_way) > threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
