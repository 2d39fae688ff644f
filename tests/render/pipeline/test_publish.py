"""What is published and reported: all of it, once, and every clip as it was committed."""

import shutil
from datetime import timedelta

import pytest
from in_process import NOW, go, raising, write

from render import errors, pipeline
from render.model import End, Tombstone
from render.store import batches, catalog, clips, layout, tombstones
from render.store.objects import open_store


def test_a_batch_is_published_whole_however_many_pieces_it_takes(settings, farm, tmp_path, monkeypatch):
    monkeypatch.setattr(clips, "PIECE", 2)
    go(settings, write(tmp_path / "m.parquet", "one", "two", "three"))
    question = "select count(*) as n, count(distinct fingerprint) as clips from results join checks using (fingerprint)"
    (answer,) = catalog.query(open_store(settings.store), question).to_pylist()
    (figures,) = catalog.query(open_store(settings.store), "select count(*) as n from checks").to_pylist()
    assert answer == {"n": figures["n"], "clips": 3}


def test_a_clip_that_was_deleted_and_made_again_is_the_one_in_the_catalog(settings, farm, tmp_path):
    manifest = write(tmp_path / "m.parquet", "one")
    first = go(settings, manifest)
    shutil.rmtree(tmp_path / "store" / layout.clip(first.clips[0].fingerprint))
    second = go(settings, manifest, key="run-2", now=NOW + timedelta(hours=1))
    assert second.ends == {End.PUBLISHED: 1}
    answer = catalog.query(open_store(settings.store), "select uri, rendered_by from results order by batch")
    assert answer.to_pylist() == [{"uri": second.clips[0].uri, "rendered_by": second.batch}] * 2


def test_a_batch_is_finished_only_when_it_is_in_the_catalog(settings, farm, tmp_path, monkeypatch):
    manifest = write(tmp_path / "m.parquet", "one", "")
    with monkeypatch.context() as patch:
        patch.setattr(catalog, "publish_requests", raising(errors.StoreError("busy")))
        with pytest.raises(errors.StoreError):
            go(settings, manifest)
    (batch,) = batches.list_ids(open_store(settings.store))
    pipeline.report(settings, batch, now=NOW)
    assert pipeline.status(settings, batch).state == "under way"
    status = go(settings, manifest, key="run-2")
    assert (status.batch, status.state) == (batch, "finished")


def test_publishing_and_reporting_twice_changes_nothing(settings, farm, tmp_path):
    batch = go(settings, write(tmp_path / "m.parquet", "one")).batch
    log = sorted((tmp_path / "store/catalog/requests/_delta_log").iterdir())
    pipeline.publish(settings, batch)
    pipeline.report(settings, batch, now=NOW)
    assert sorted((tmp_path / "store/catalog/requests/_delta_log").iterdir()) == log


def test_what_a_dead_process_has_left_in_scratch_is_swept(settings, farm, tmp_path):
    """Also by a run that finds all clips made, and starts no worker: nobody else may come for long."""
    dead = settings.scratch / "nightreel-host-1-abcdefgh"
    batch = go(settings, write(tmp_path / "m.parquet", "one")).batch
    dead.mkdir()
    (dead / "clip.mp4").touch()
    pipeline.publish(settings, batch)
    assert not dead.exists()


def test_every_clip_of_a_batch_verifies(settings, farm, tmp_path):
    go(settings, write(tmp_path / "m.parquet", "one"))
    store = open_store(settings.store)
    (found,) = catalog.query(store, "select fingerprint from clips").to_pylist()
    record = clips.find(store, found["fingerprint"])
    assert record is not None
    assert clips.verify(store, record) == []


def test_figures_that_were_lost_come_back_when_their_batch_is_published_again(settings, farm, tmp_path):
    """As a table's error advises; another batch has begun a new table by then. What is there is not read again."""
    first = go(settings, write(tmp_path / "m.parquet", "one", "two"))
    store = open_store(settings.store)
    figures = 'select fingerprint, "check", name, value from checks order by all'
    before = catalog.query(store, figures).to_pylist()
    shutil.move(tmp_path / "store/catalog/checks", tmp_path / "away")
    second = go(settings, write(tmp_path / "n.parquet", "three"), key="run-2", now=NOW + timedelta(hours=1))
    pipeline.publish(settings, first.batch)
    others = f"fingerprint <> '{second.clips[0].fingerprint}'"
    assert catalog.query(store, figures.replace("order", f"where {others} order")).to_pylist() == before


def test_a_clip_taken_down_while_its_batch_is_published_is_counted_so(settings, farm, tmp_path, monkeypatch):
    """The tombstone comes after the publisher has read its receipts: what it gives is what the catalog says."""
    status = go(settings, write(tmp_path / "m.parquet", "one", "two"))
    store = open_store(settings.store)
    publish = catalog.publish_requests

    def late(*arguments):
        publish(*arguments)
        at = NOW.isoformat()
        gone = Tombstone(fingerprint=status.clips[0].fingerprint, withdrawn_at=at, withdrawn_by="ada", reason="r")
        tombstones.put(store, [gone])

    monkeypatch.setattr(catalog, "publish_requests", late)
    counts = pipeline.publish(settings, status.batch)
    assert {name: count for name, count in counts.items() if count} == {"rows": 2, "published": 1, "withdrawn": 1}
