"""What analysts ask of the catalog: every question is answered from it alone, or told what there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import store_makers as makers
from catalog_makers import publish, requests, rows

from render import contracts, errors
from render.model import Decision, End, ReasonKind
from render.store import catalog
from render.store.catalog import delta
from render.store.objects import ObjectStore, open_store


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(str(tmp_path / "store"))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> ObjectStore:
    """A catalog that is only read, with clips 1 to 3, published in two commits."""
    store = open_store(str(tmp_path_factory.mktemp("published")))
    publish(store, requests([makers.planned(0)], [makers.receipt(0)]), clips=[1, 2])
    publish(store, requests([makers.planned(0)], [makers.receipt(0)]), clips=[2, 3])
    return store


def test_an_empty_catalog_can_be_asked(store: ObjectStore) -> None:
    assert rows(store, "select count(*) from results") == [(0,)]
    assert rows(store, 'select "end", name from requests, checks') == []
    assert catalog.find_clip(store, "0" * 64) is None
    assert store.list() == []


def test_what_was_published_is_there_for_people(store: ObjectStore) -> None:
    planned = [
        makers.planned(0),
        makers.planned(1, decision=Decision.DUPLICATE, fingerprint=makers.fingerprint(1)),
        makers.refused(2),
        makers.planned(4),
    ]
    ended = [
        makers.receipt(0),
        makers.receipt(1, End.REUSED, fingerprint=makers.fingerprint(1)),
        makers.receipt(2, End.REJECTED, fingerprint="", reason="No.", reason_kind=ReasonKind.POLICY, fix="Mend."),
    ]
    faults = [makers.refused(2).fault, makers.fault(3), makers.fault(3, "width")]
    publish(store, requests(planned, ended, faults), clips=[1])
    found = catalog.query(
        store,
        "select row, \"end\", reason, reason_kind, render_seconds, scene, tags['a'] as a, uri from results order by 1",
    ).to_pylist()
    uri = store.uri(makers.record(1).objects["clip"].path)
    assert [tuple(record.values()) for record in found] == [
        (0, "published", None, None, 1.5, "basketball", "1", uri),
        (1, "reused", None, None, 1.5, "basketball", "1", uri),
        (2, "rejected", "No.", "policy", None, None, "1", None),
        (3, "rejected", "seconds is too small. width is too small.", "invalid", None, None, None, None),
        (4, None, None, None, None, None, "1", None),
    ]
    assert rows(store, 'select "check", name, value, unit from checks order by 1') == [
        ("black", "black_share", 0.25, "1"),
        ("loudness", "integrated", -23.0, "LUFS"),
    ]
    assert catalog.find_clip(store, makers.fingerprint(1)) == makers.fingerprint(1)
    assert catalog.find_clip(store, makers.fingerprint(2)) is None


def test_the_example_of_the_handbook_works(store: ObjectStore) -> None:
    publish(store, requests([makers.planned(0)], [makers.receipt(0)]), clips=[1])
    sql = "select experiment, variant, count(*), avg(render_seconds) from results group by all"
    assert rows(store, sql) == [("spring", "a", 1, 1.5)]


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        (f"fingerprint = '{makers.fingerprint(2)}'", 1),
        (f"fingerprint in ('{makers.fingerprint(1)}', '{makers.fingerprint(3)}', 'x')", 2),
        ("prompt > 'prompt 1'", 2),
        ("prompt like '%2'", 1),
        ("scene = 'basketball' and width between 1 and 1000", 3),
        ("created_at >= '2026-11-22T10:00:00Z' and not simulated", 3),
        ("scene is null", 0),
    ],
)
def test_a_condition_on_any_column_works(published: ObjectStore, condition: str, count: int) -> None:
    assert rows(published, f"select count(*) from clips where {condition}") == [(count,)]


def test_clips_of_prompts_are_found(published: ObjectStore) -> None:
    found = catalog.clips_of_prompts(published, pa.array(["prompt 2", "prompt 9"]), columns=["engine_revision"])
    assert found.to_pylist() == [{"prompt": "prompt 2", "engine": "testcard", "engine_revision": "1"}]
    nothing = catalog.clips_of_prompts(published, pa.array([], pa.string()), columns=["seed"])
    assert (nothing.num_rows, nothing.column_names) == (0, ["prompt", "engine", "seed"])


def test_the_batch_that_made_a_clip_is_named(published: ObjectStore) -> None:
    asked = pa.array([makers.fingerprint(number) for number in (9, 3, 1)])
    assert catalog.made_by(published, asked).to_pylist() == [None, makers.BATCH, makers.BATCH]
    assert catalog.made_by(published, asked[:1]).to_pylist() == [None]


@pytest.mark.parametrize(
    ("limits", "passing"),
    [
        ([], True),
        ([("black", "black_share", None, 0.25), ("loudness", "integrated", -23.0, -23.0)], True),
        ([("black", "black_share", None, 0.25), ("black", "black_share", None, 0.2)], False),
        ([("black", "black_share", 0.3, None)], False),
        ([("black", "never_measured", None, 1.0)], False),
    ],
)
def test_the_clips_whose_figures_are_within_every_limit_are_found(
    published: ObjectStore, limits: list[Any], passing: bool
) -> None:
    asked = pa.array([makers.fingerprint(1), makers.fingerprint(2)])
    assert sorted(catalog.within(published, asked, limits).to_pylist()) == (asked.to_pylist() if passing else [])


def test_of_a_clip_that_is_not_there_nothing_is_within_a_limit(published: ObjectStore) -> None:
    asked = pa.array([makers.fingerprint(9)])
    assert catalog.within(published, asked, [("black", "black_share", None, 1.0)]).to_pylist() == []


def test_only_the_batch_that_rendered_a_clip_spends(store: ObjectStore) -> None:
    paid = [makers.record(1, cost_usd=2.0)]
    for batch, decision in ((makers.BATCH, Decision.RENDER), ("later", Decision.REUSE)):
        table = requests([makers.planned(0, decision=decision)], [makers.receipt(0)], batch=batch)
        makers.publish(store, batch, requests=table, clips=catalog.clips_table(paid), checks=catalog.checks_table(paid))
    assert rows(store, "select sum(cost_usd), sum(spent_usd) from results") == [(4.0, 2.0)]


def test_a_query_sees_what_was_published_since_the_last_one(store: ObjectStore) -> None:
    for number in (1, 2, 3):
        publish(store, requests([]), clips=[number])
        assert rows(store, "select count(*) from clips") == rows(store, "select count(*) from clips") == [(number,)]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('results.sql')",
        "select * from glob('/*')",
        "from '/etc/passwd'",
        "copy requests to '/tmp/out.csv'",
        "create table mine as select 1",
        "insert into requests select * from requests",
        "drop view results",
        "attach '/tmp/other.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "pragma database_list",
        "call pragma_version()",
        "select 1; select 2",
        "",
        "-- nothing",
        "select from where",
        "select nope from results",
        "select * from store",
        "select $1",
        "select 1 as a, 2 as a",
        "select end from requests",
        "explain analyze copy clips to 'nightreel://catalog/clips/x.parquet'",
        "select * from read_parquet('nightreel://catalog/clips/*.parquet')",
        "select * from glob('nightreel://**')",
    ],
)
def test_a_query_only_reads_the_catalog(store: ObjectStore, sql: str) -> None:
    with pytest.raises(errors.QueryError):
        catalog.query(store, sql)


def test_a_query_for_a_file_is_told_what_may_be_read(store: ObjectStore) -> None:
    with pytest.raises(errors.QueryError, match="no files, no network") as refused:
        catalog.query(store, "select * from read_csv('/etc/passwd')")
    assert "understood_share" not in str(refused.value), "a list of columns is no answer to that"


def test_a_wrong_query_is_told_what_there_is(store: ObjectStore) -> None:
    with pytest.raises(errors.QueryError) as caught:
        catalog.query(store, "select nope from results")
    message = str(caught.value)
    assert '"nope" not found' in message
    assert "requests: batch, row, run_key" in message
    assert '"end"' in message
    assert 'checks: fingerprint, "check", name, value, unit' in message
    assert "results: batch, row, experiment" in message


def test_what_is_no_sql_is_shown_where_and_tables_of_duckdb_are_not_advised(store: ObjectStore) -> None:
    with pytest.raises(errors.QueryError) as caught:
        catalog.query(store, "selec * from results")
    assert "^^^^^" in str(caught.value)
    assert "requests: batch" not in str(caught.value)
    for word, table in (("end", "requests"), ("check", "checks")):
        with pytest.raises(errors.QueryError, match="need double quotes") as caught:
            catalog.query(store, f"select {word}, count(*) from {table} group by all")
        assert f'"{word}"' in str(caught.value)
    with pytest.raises(errors.QueryError) as caught:
        catalog.query(store, "select * from foo")
    assert "Table with name foo does not exist!" in str(caught.value)
    assert "pg_" not in str(caught.value)


@pytest.mark.parametrize("sql", ["describe results", "show tables", "summarize clips", "values (1)"])
def test_looking_around_is_allowed(store: ObjectStore, sql: str) -> None:
    assert catalog.query(store, sql).num_rows > 0


def test_sums_are_plain_numbers(store: ObjectStore) -> None:
    answer = catalog.query(
        store, "select sum(i) as s, sum(i / 2.0) as h, 1.5 as d, 2::hugeint ** 100 as b from range(4) x(i)"
    )
    record = answer.to_pylist()[0]
    assert record["s"] == 6
    assert {name: type(value) for name, value in record.items()} == {"s": int, "h": float, "d": float, "b": float}
    assert catalog.query(store, "select 170141183460469231731687303715884105727 as b")["b"].type == pa.float64()


def test_instants_are_in_utc(store: ObjectStore) -> None:
    publish(store, requests([makers.planned(0)], [makers.receipt(0, finished_at="2026-11-22T12:00:00+02:00")]))
    assert rows(store, "select finished_at::varchar from results") == [("2026-11-22 10:00:00+00",)]


def test_tables_tell_columns_and_units(store: ObjectStore) -> None:
    found = catalog.tables(store)
    assert set(found) == {"requests", "clips", "checks", "results"}
    assert found["clips"].field("render_seconds").metadata[b"unit"] == b"s"
    assert len(set(found["results"].names)) == len(found["results"].names)


def test_the_handbook_names_every_column_and_its_queries_run(published: ObjectStore) -> None:
    handbook = (Path(__file__).parents[3] / "docs/catalog.md").read_text(encoding="utf-8")
    for name in delta.TABLES:
        chapter = handbook.partition(f"## {name}")[2].partition("\n## ")[0]
        cells = [line.split("|")[1] for line in chapter.splitlines() if line.startswith("| ")]
        assert {word.strip() for cell in cells[2:] for word in cell.split(",")} == set(
            contracts.load(name).arrow_schema().names
        )
    queries = re.findall(r"```sql\n(.*?)```", handbook, re.DOTALL) + re.findall(r'nightreel query "(.*?)"', handbook)
    assert len(queries) == 8
    for sql in queries:
        catalog.query(published, sql)


def test_importing_the_store_brings_no_database() -> None:
    code = (
        "import sys; from render.store import batches, catalog, clips, objects, receipts; "
        "print([m for m in ('deltalake', 'duckdb', 'pandas', 'great_expectations', 's3fs') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
