"""What is told to OpenLineage: how data are named, and what each task reads and writes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.openlineage.extractors.base import DefaultExtractor
from in_process import NOW, write

from render import pipeline
from render.orchestration import lineage
from render.orchestration.lineage import Data
from render.orchestration.operators import PlanOperator, PublishOperator, RenderShardOperator
from render.settings import load
from render.store.objects import open_store


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("s3://films/nightreel/inbox/a.parquet", ("s3://films", "nightreel/inbox/a.parquet")),
        ("s3a://films/nightreel/clips", ("s3://films", "nightreel/clips")),
        ("file:///data/my%20store/a.parquet", ("file", "/data/my store/a.parquet")),
        ("gs://films/a.parquet", ("gs://films", "a.parquet")),
    ],
)
def test_data_are_named_as_openlineage_names_them(url: str, named: tuple[str, str]) -> None:
    assert lineage.named(url) == named


def test_each_kind_of_data_has_its_places(tmp_path: Path) -> None:
    settings = load(store=str(tmp_path / "store"))
    path = write(tmp_path / "store/inbox/a.parquet", "one")
    batch = pipeline.intake(settings, run_key="k", now=NOW)
    assert batch
    store = open_store(settings.store)
    assert lineage.urls(Data.MANIFESTS, store, batch) == [Path(path).as_uri()]
    assert lineage.urls(Data.CLIPS, store, batch) == [store.uri("clips")]
    tables = [store.uri(f"catalog/{table}") for table in ("checks", "clips", "requests")]
    assert sorted(lineage.urls(Data.CATALOG, store, batch)) == tables


def test_openlineages_own_extractor_finds_what_a_task_read_and_wrote(tmp_path: Path) -> None:
    """A task that touches no data, or has no batch, tells nothing; None would be a warning in its log."""
    settings = load(store=str(tmp_path / "store"))
    path = write(tmp_path / "store/inbox/a.parquet", "one")
    batch = pipeline.intake(settings, run_key="k", now=NOW)
    assert batch
    ti = SimpleNamespace(get_template_context=lambda: {"params": {"store": settings.store}})

    def told(operator: Any) -> tuple[list[str], list[str]]:
        found = DefaultExtractor(operator).extract_on_complete(ti)
        assert found is not None
        assert {data.namespace for data in (*found.inputs, *found.outputs)} <= {"file"}
        return [data.name for data in found.inputs], sorted(data.name for data in found.outputs)

    clips, catalog = f"{settings.store}/clips", f"{settings.store}/catalog"
    assert told(PublishOperator(task_id="t", batch=batch.id)) == (
        [path, clips],
        [f"{catalog}/checks", f"{catalog}/clips", f"{catalog}/requests"],
    )
    assert told(RenderShardOperator(task_id="t", batch=batch.id, shard=0, address="tcp://a:1")) == ([path], [clips])
    for silent in (PlanOperator(task_id="t", batch=batch.id), PublishOperator(task_id="t", batch=None)):
        assert told(silent) == ([], [])
