"""A batch on a store that fails at every tenth request, delta-rs' own included, ends as on one that never does."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import subject
from proxy import Mishap, Proxy

from infra import seaweed
from render.model import End
from render.store.objects import open_store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CLIPS = 100
SHARE = 0.1
"""Of the requests, that a mishap befalls."""
MISHAPS = (Mishap.ERROR, Mishap.SLOW_DOWN, Mishap.SILENT, Mishap.RESET, Mishap.LOST, Mishap.TRUNCATED, Mishap.SLOW)
CERTAIN = {("PUT delta commit", 1): Mishap.SILENT}
"""What befalls these requests, by kind and number, whatever the seed: the catalog's first commit is never answered."""
RUNS = 4
"""After so many the batch must be complete; as a rule the first completes it."""


class Fate:
    """Decides by the seed what befalls the n-th request of a kind, however requests of several threads mix."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._seen: Counter[str] = Counter()
        self.befell: Counter[Mishap] = Counter()

    def __call__(self, kind: str) -> Mishap | None:
        self._seen[kind] += 1
        mishap = CERTAIN.get((kind, self._seen[kind])) or self._chosen(f"{self._seed} {kind} {self._seen[kind]}")
        if mishap is not None:
            self.befell[mishap] += 1
        return mishap

    @staticmethod
    def _chosen(seed: str) -> Mishap | None:
        chance = random.Random(seed)
        return chance.choice(MISHAPS) if chance.random() < SHARE else None


@pytest.fixture
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """What every request of the test goes through."""
    folder = tmp_path / "service"
    folder.mkdir()
    with seaweed.running(folder) as env, Proxy(env["AWS_ENDPOINT_URL"]).running() as proxy:
        for name, value in {**env, "AWS_ENDPOINT_URL": proxy.url}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("s3fs.S3FileSystem.read_timeout", 0.5)
        monkeypatch.setenv("AWS_TIMEOUT", "2s")  # of delta-rs, which else waits for half a minute
        yield proxy


def test_a_batch_ends_right_on_a_store_that_fails_at_every_tenth_request(proxy: Proxy, tmp_path: Path) -> None:
    """Whatever the requests come to, every row has its one end, every clip is whole, and nothing is left over."""
    fate = Fate(subject.seed())
    rows = "".join(f"e,v{number},take {number},testcard,0.5,64,64,8\n" for number in range(CLIPS))
    settings, manifest = subject.prepare(tmp_path, f"s3://{seaweed.BUCKET}/faulty")
    manifest.write_text(f"experiment,variant,prompt,engine,seconds,width,height,fps\n{rows}")
    settings = settings.model_copy(update={"workers": 4})
    before: dict[str, str] = {}
    troubles = []
    for number in range(RUNS):
        proxy.begin(fate, lambda: None)
        trouble = subject.give_command(settings, manifest, number)
        proxy.begin(lambda _: None, lambda: None)
        if trouble is None:
            break
        troubles.append(trouble)
        before = subject.attempts(settings.store)
    assert len(troubles) < RUNS, "\n".join(map(str, troubles))
    assert fate.befell.keys() == set(MISHAPS)
    ends = [{End.PUBLISHED: CLIPS}, {End.REUSED: CLIPS}]
    assert subject.violations(open_store(settings.store), before, ends=ends) == []
