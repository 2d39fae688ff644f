"""Work ahead keeps the order, is bounded, and hides no error."""

import threading

import pytest

from render.ahead import ahead


def test_results_come_in_the_items_order_whichever_is_done_first():
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            second_is_done.wait(10)
        if item == 1:
            second_is_done.set()
        return item * item

    assert list(ahead(work, range(5), threads=2)) == [0, 1, 4, 9, 16]


@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_items_are_taken_than_threads_are_ahead(threads: int):
    taken = []

    def items():
        for item in range(20):
            taken.append(item)
            yield item

    results = ahead(lambda item: item, items(), threads=threads)
    for count in range(1, 4):
        next(results)
        assert len(taken) == count + threads


def test_nothing_comes_of_nothing():
    assert list(ahead(str, [])) == []


def test_an_error_stands_in_the_place_of_its_item():
    results = ahead(lambda item: 1 // item, [1, 0, 1])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_an_error_of_the_stream_is_raised():
    def items():
        yield 1
        raise OSError("the file ends early")

    with pytest.raises(OSError, match="ends early"):
        list(ahead(str, items()))
