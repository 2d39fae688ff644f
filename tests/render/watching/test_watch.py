"""Looking again and again: how often, at what, and until when."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from in_process import NOW, InProcess, go, raising, write

from render import errors, pipeline
from render.farm import cluster
from render.farm.survey import Asker, Survey
from render.model import Tombstone
from render.settings import Settings
from render.status import status_of
from render.store import batches, clips, tombstones
from render.store.objects import open_store
from render.watching import watch
from render.watching.watch import Look, Watcher, looks


@pytest.fixture
def batch(settings: Settings, tmp_path: Path) -> str:
    made = pipeline.intake(settings, manifest=write(tmp_path / "m.parquet", "a", "b"), run_key="run-1", now=NOW)
    return made.id


class Clock:
    """A clock that looking and sleeping move on."""

    def __init__(self, *took: float) -> None:
        self.at, self.slept, self._took = 0.0, [], iter(took)

    def now(self) -> float:
        return NOW.timestamp() + self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def looking(self, look: Callable[..., object]) -> Callable[..., object]:
        def timed(now: float) -> object:
            self.at += next(self._took)
            return look(now)

        return timed

    def looks(self, watcher: Watcher, *, every: float) -> Iterator[Look]:
        return looks(watcher, every=every, now=self.now, clock=lambda: self.at, sleep=self.sleep)


def test_a_batch_is_watched_from_its_intake_to_its_end(settings: Settings, farm: InProcess, batch: str) -> None:
    clock, states = Clock(), []
    with Watcher(settings, batch) as watcher:
        for look in clock.looks(watcher, every=2):
            states.append(look.view.state)
            if len(states) == 1:
                pipeline.plan(settings, batch, now=NOW)
            elif len(states) == 2:
                named = settings.model_copy(update={"scheduler": "tcp://127.0.0.1:1"})
                pipeline.run(named, batch, now=lambda: NOW)
    assert states == ["taken in", "planned", "finished"]
    assert look.view.report
    assert look.view.done == look.view.clips == 2


def test_a_batch_that_is_cancelled_is_over(settings: Settings, batch: str) -> None:
    pipeline.cancel(settings, batch, now=NOW)
    with Watcher(settings, batch) as watcher:
        (look,) = Clock().looks(watcher, every=2)
    assert (look.view.state, look.view.over, look.view.waiting) == ("cancelled", True, 0)


def test_where_looking_takes_long_it_is_done_less_often(
    settings: Settings, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tenth of the time at most goes into it, whatever was asked for."""
    took = (0.01, 0.1, 3.0, 0.01)
    clock = Clock(*took)
    with Watcher(settings, batch) as watcher:
        monkeypatch.setattr(watcher, "look", clock.looking(watcher.look))
        for number, _ in enumerate(clock.looks(watcher, every=2), start=1):
            if number == len(took):
                break
    assert clock.slept == pytest.approx([1.99, 1.9, 27.0])
    assert all(one / (one + slept) <= watch.BUSY for one, slept in zip(took, clock.slept, strict=False))


def test_storage_may_be_away_for_a_while_but_not_at_first(
    settings: Settings, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, real = raising(errors.StoreError("The bucket does not answer.")), watch.status_of
    with Watcher(settings, batch) as watcher:
        found = Clock().looks(watcher, every=2)
        first = next(found)
        monkeypatch.setattr(watch, "status_of", away)
        assert next(found) == Look(view=first.view, trouble="The bucket does not answer.")
        monkeypatch.setattr(watch, "status_of", real)
        back = next(found)
        assert (back.trouble, back.view.same_as(first.view)) == ("", True)
        monkeypatch.setattr(watch, "status_of", away)
        with pytest.raises(errors.StoreError):
            next(Clock().looks(watcher, every=2))
    with pytest.raises(errors.NotFound):
        Watcher(settings, "never")


def test_what_a_look_has_found_is_not_read_again(
    settings: Settings, farm: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only records that were missing are asked for; a clip that is taken down meanwhile is seen no more."""
    farm.stop_after = 2
    with pytest.raises(errors.BatchStopped):
        go(settings, write(tmp_path / "m.parquet", "a", "b", "c"))
    store = open_store(settings.store)
    (batch,) = batches.list_ids(store)
    rows = list(status_of(store, batch).clips)
    made, missing = ({row.fingerprint for row in rows if bool(row.uri) is there} for there in (True, False))
    assert (len(made), len(missing)) == (2, 1)
    asked: list[str] = []
    find = clips.find
    monkeypatch.setattr(clips, "find", lambda store, one: asked.append(one) or find(store, one))

    with Watcher(settings, batch) as watcher:
        first = watcher.look(NOW.timestamp())
        assert set(asked) == made | missing
        asked.clear()
        again = watcher.look(NOW.timestamp())
        assert set(asked) == missing
        assert again.same_as(first)
        assert again.done == 2

        gone = min(made)
        tombstones.put(store, [Tombstone(fingerprint=gone, withdrawn_at="", withdrawn_by="ann", reason="Asked for.")])
        assert watcher.look(NOW.timestamp()).done == 1
        farm.stop_after = None
        resumed = settings.model_copy(update={"scheduler": "tcp://127.0.0.1:1"})
        pipeline.run(resumed, batch, now=lambda: NOW)
        asked.clear()
        assert watcher.look(NOW.timestamp()).over
        assert not asked


def test_of_several_farms_the_one_that_has_the_batch_is_asked(
    settings: Settings, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.plan(settings, batch, now=NOW)
    known = {"tcp://a:1": Survey(address="tcp://a:1", workers={}), "tcp://c:1": None}
    known["tcp://b:1"] = Survey(address="tcp://b:1", workers={"w": {}}, controllers=(None,))
    asked: list[str] = []

    def ask(asker: Asker, batch_id: str, store: str) -> Survey:
        asked.append(asker.address)
        assert (batch_id, store) == (batch, settings.store)
        if (found := known[asker.address]) is None:
            raise errors.SchedulerAway("It is away.")
        return found

    monkeypatch.setattr(Asker, "ask", ask)
    monkeypatch.setattr(cluster, "living", lambda _: ["tcp://a:1", "tcp://c:1", "tcp://b:1"])

    def seen(settings: Settings) -> tuple[str, str]:
        with Watcher(settings, batch) as watcher:
            view = watcher.look(NOW.timestamp())
        return view.scheduler, view.reasons[0].text

    assert seen(settings) == ("tcp://b:1", "not sent yet: the run sends more as workers come free")
    del known["tcp://b:1"]
    known["tcp://b:1"] = None
    assert seen(settings) == ("", "not known: It is away.")
    monkeypatch.setattr(cluster, "living", lambda _: [])
    assert "name that with --scheduler ADDRESS" in seen(settings)[1]
    asked.clear()
    named = settings.model_copy(update={"scheduler": "tcp://a:1"})
    assert seen(named) == ("tcp://a:1", "no run is at work on it at tcp://a:1")
    assert asked == ["tcp://a:1"], "whoever names one means it"
