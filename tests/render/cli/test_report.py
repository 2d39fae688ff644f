"""The report of a batch whose run has stopped, or is at work. Jobs run in this process, without Dask."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from render import errors, pipeline
from render.cli import main
from render.farm import dispatch, worker
from render.settings import load

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


def only_the_first(address, jobs, *, store_url, batch, settings, control, on_result, **_) -> None:
    """A farm that makes one clip and stops."""
    orders = worker.Orders(
        store_url=store_url, batch=batch, scratch=settings.scratch, cache=settings.cache, usd_per_cpu_hour=0.0
    )
    worker.make_clips([next(iter(jobs))], orders)
    raise errors.BatchStopped("Stopped on request.")


@pytest.fixture
def batch(manifest: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A batch of two clips, of which one is made."""
    monkeypatch.setenv("NIGHTREEL_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(dispatch, "run", only_the_first)
    path = manifest(tmp_path / "m.parquet", [{"variant": name, "prompt": name} for name in ("a", "b")])
    settings = load(scratch=tmp_path / "scratch", scheduler="tcp://127.0.0.1:1")
    batch = pipeline.intake(settings, manifest=str(path), run_key="k", now=NOW).id
    with pytest.raises(errors.BatchStopped):
        pipeline.run(settings, batch, now=lambda: NOW)
    return batch


@pytest.mark.parametrize("subject", ["batch", "experiment"])
def test_it_shows_what_is_made_and_says_what_is_to_come(
    batch: str, subject: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", batch if subject == "batch" else "e", "--json"]) == 0
    out, err = capfd.readouterr()
    told = json.loads(out)
    assert (told["unfinished"], told["made"]) == (2, 1)
    assert "of 2 rows, 2 not finished yet, 1 of them with a clip" in err
    assert Path(told["report"].removeprefix("file://")).read_text("utf-8").count("<video") == 1


def test_the_status_says_how_to_see_what_is_made(batch: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["status", batch]) == 0
    assert f"nightreel report {batch}\n" in capfd.readouterr().out
