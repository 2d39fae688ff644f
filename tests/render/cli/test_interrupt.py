import os
import signal
import threading
from pathlib import Path

import pytest

from render import errors, pipeline
from render.cli import batch, interrupt
from render.settings import Settings, load
from render.status import Status


@pytest.mark.parametrize("number", interrupt.SIGNALS)
def test_the_first_signal_drains_and_the_second_stops(number: signal.Signals):
    drained, said = threading.Event(), []

    def interrupted_twice() -> None:
        with interrupt.draining(drained.set, say=said.append):
            os.kill(os.getpid(), number)
            assert drained.wait(10)
            os.kill(os.getpid(), number)
            threading.Event().wait(10)

    before = [signal.getsignal(one) for one in interrupt.SIGNALS]
    with pytest.raises(KeyboardInterrupt):
        interrupted_twice()
    assert said == [interrupt.DRAINING]
    assert [signal.getsignal(one) for one in interrupt.SIGNALS] == before


def test_without_a_signal_nothing_is_said():
    said = []
    with interrupt.draining(lambda: said.append("drained"), say=said.append):
        pass
    assert said == []


def test_drain_may_take_a_lock_that_the_interrupted_code_holds():
    lock, drained = threading.Lock(), threading.Event()

    def drain() -> None:
        with lock:
            drained.set()

    with interrupt.draining(drain, say=lambda _: None):
        with lock:
            os.kill(os.getpid(), signal.SIGINT)
        assert drained.wait(10)


@pytest.mark.parametrize("number", interrupt.SIGNALS)
def test_a_signal_while_the_stop_is_being_told_changes_nothing(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    manifest = tmp_path / "m.csv"
    manifest.write_text("experiment,variant,prompt,engine\ne,a,one,testcard\n")

    def stop(*_: object, **__: object) -> None:
        os.kill(os.getpid(), number)
        raise errors.BatchStopped("Stopped on request.")

    status = pipeline.status

    def pressed_again(settings: Settings, batch_id: str) -> Status:
        os.kill(os.getpid(), number)
        return status(settings, batch_id)

    monkeypatch.setattr(pipeline, "run", stop)
    monkeypatch.setattr(pipeline, "status", pressed_again)
    settings = load(store=str(tmp_path / "store"))
    found, why = batch.go(settings, str(manifest))
    assert (found.state, why) == ("taken in", "Stopped on request.")
