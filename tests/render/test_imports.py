"""Imports cost no collections of garbage, and leave the collector as it was."""

import gc

import pytest

from render.imports import uncollected


@pytest.fixture
def collector():
    was = gc.isenabled()
    yield
    (gc.enable if was else gc.disable)()
    gc.unfreeze()


@pytest.mark.parametrize("enabled", [True, False])
def test_nothing_is_collected_meanwhile_and_what_there_is_then_never(collector, enabled):
    (gc.enable if enabled else gc.disable)()
    with uncollected():
        assert not gc.isenabled()
        made = [[]]
    assert gc.isenabled() is enabled
    assert not any(one is made for one in gc.get_objects())


def test_an_import_that_fails_leaves_the_collector_as_it_was(collector):
    gc.enable()
    with pytest.raises(ImportError), uncollected():
        raise ImportError
    assert gc.isenabled()
