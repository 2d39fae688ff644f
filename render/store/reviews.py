"""What people decided on the held rows of a batch: numbered records, each put once and never replaced.

The number after the last is taken by whoever puts its record first; who comes second reads that one, and takes the next
number for the rows that are left. So each row is in one record at most, and the records are in one order for everybody.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from render import errors
from render.model import Review
from render.store import layout
from render.store.objects import ObjectStore
from render.store.records import RecordFormat

_AT_ONCE = 16
_FORMAT = RecordFormat(Review, version=1, title="record of a decision on held rows")


def read(store: ObjectStore, batch_id: str) -> list[Review]:
    """Every decision on rows of the batch, the first one first.

    Raises :class:`render.errors.StoreError` if one is missing before the last.
    """

    def numbered(number: int) -> Review:
        path = layout.review(batch_id, number)
        try:
            return _FORMAT.load(store.get(path), store.uri(path))
        except errors.NotFound as error:
            raise errors.StoreError(
                f"{store.uri(path)} is missing, so what was decided is not known. Restore it from the bucket's older "
                "versions or from a backup."
            ) from error

    numbers = [layout.review_number(path) for path in store.list(layout.reviews(batch_id))]
    last = max((number for number in numbers if number is not None), default=-1)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="reviews") as pool:
        return list(pool.map(numbered, range(last + 1)))


def record(store: ObjectStore, batch_id: str, number: int, review: Review) -> bool:
    """Keep a decision as the one of this number; False if another one has this number already."""
    path, data = layout.review(batch_id, number), _FORMAT.dump(review)
    return store.put_if_absent(path, data) or store.get(path) == data  # the answer to an earlier try may have been lost
