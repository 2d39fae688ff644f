"""What a large catalog costs: analysts' questions beside other ways to ask them, publishing, and compaction.

A catalog of a million clips over a hundred commits is made by direct Delta appends, as publishing writes its files.
Each way to ask answers each question in a process of its own: cold is the first answer, the libraries being imported,
warm the median of those after it. Then ten clips are published into an empty and into the large catalog, which is
tidied and asked again; many small batches are published by one process and by four, and tidied.

    python benchmarks/catalog_scale.py --clips 1000000 --commits 100 --publishes 1000
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import catalog_rows
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from render.store import catalog, layout
from render.store.catalog import delta
from render.store.objects import ObjectStore, open_store

ROOT = Path(__file__).parents[1]
COLD_TARGET, WARM_TARGET, APPEND_TARGET = 0.15, 0.10, 0.07
"""Most seconds of a question, and of an append."""
SMALL = 10
"""Clips of a small batch."""

Ask = Callable[[str], pa.Table]


def questions() -> dict[str, str]:
    """What the handbook shows to analysts: the SQL by its question."""
    text = (ROOT / "docs/catalog.md").read_text(encoding="utf-8").partition("## Questions")[2]
    return dict(re.findall(r"^(\w[^\n]*\?)\n```sql\n(.*?)```", text, re.DOTALL | re.MULTILINE))


def nightreel(folder: Path) -> Ask:
    """The product."""
    store = open_store(str(folder))
    return lambda sql: catalog.query(store, sql)


def dataset(folder: Path) -> Ask:
    """DuckDB on deltalake's to_pyarrow_dataset, as its handbook shows."""

    def ask(sql: str) -> pa.Table:
        with duckdb.connect() as connection:
            for name in delta.TABLES:
                connection.register(name, DeltaTable(place(folder, name)).to_pyarrow_dataset())
            return with_view(connection).sql(sql).to_arrow_table()

    return ask


def file_list(folder: Path) -> Ask:
    """DuckDB on the tables' lists of files."""
    return lambda sql: of_files({name: DeltaTable(place(folder, name)).file_uris() for name in delta.TABLES}, sql)


def plain(folder: Path) -> Ask:
    """DuckDB on one plain Parquet file a table."""
    return lambda sql: of_files({name: [str(folder / f"{name}.parquet")] for name in delta.TABLES}, sql)


def polars(folder: Path) -> Ask:
    """polars on the table: the one question that it is asked, in its own words."""
    import polars as pl

    def ask(_: str) -> pa.Table:
        clips = pl.scan_parquet(DeltaTable(place(folder, "clips")).file_uris())
        cost = (pl.col("cost_usd").sum() / pl.col("seconds").sum()).alias("usd_per_second")
        return clips.group_by("engine", "style").agg(pl.len().alias("clips"), cost).collect().to_arrow()

    return ask


WAYS = {"nightreel": nightreel, "dataset": dataset, "file list": file_list, "polars": polars, "plain": plain}
OF_POLARS = "What does a second of video cost?"


def place(folder: Path, name: str) -> str:
    """Where a table lies."""
    return f"{folder}/{layout.table(name)}"


def of_files(files: dict[str, list[str]], sql: str) -> pa.Table:
    """An answer from Parquet files."""
    with duckdb.connect() as connection:
        for name, paths in files.items():
            connection.execute(f"create view {name} as from read_parquet({paths})")
        return with_view(connection).sql(sql).to_arrow_table()


def with_view(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The connection, with the view over the three tables."""
    view = (ROOT / "render/store/catalog/results.sql").read_text(encoding="utf-8")
    connection.execute(view.replace("$store", "'s3://studio'"))
    return connection


def build(folder: Path, clips: int, commits: int) -> float:
    """Make the catalog, and its plain copies; give the seconds of the appends alone."""
    spent, store = 0.0, open_store(str(folder))
    for name in delta.TABLES:
        delta._create(store, name)
    for number in range(commits):
        rows = catalog_rows.batch(number, clips // commits)
        begin = time.perf_counter()
        append(store, rows)
        spent += time.perf_counter() - begin
    for name in delta.TABLES:
        with pq.ParquetWriter(
            folder / f"{name}.parquet", DeltaTable(place(folder, name)).to_pyarrow_dataset().schema
        ) as out:
            for piece in DeltaTable(place(folder, name)).to_pyarrow_dataset().to_batches():
                out.write_batch(piece)
    return spent


def append(store: ObjectStore, rows: catalog_rows.Rows) -> None:
    """Append a batch to the tables without a look at what is there."""
    for name in delta.TABLES:
        snapshot = delta.load(store, name)
        assert snapshot is not None
        version = (snapshot.transaction_version(delta.PUBLISHER) or 0) + 1
        commit = CommitProperties(app_transactions=[Transaction(delta.PUBLISHER, version)])
        write_deltalake(
            snapshot,
            getattr(rows, name),
            mode="append",
            writer_properties=delta.written(name),
            commit_properties=commit,
        )


def publish(store: ObjectStore, rows: catalog_rows.Rows) -> None:
    """Publish a batch as the product does."""
    catalog.publish_clips(store, rows.clips, rows.checks)
    catalog.publish_requests(store, rows.batch, rows.requests)
    catalog.relieve(store)


def publish_range(url: str, first: int, count: int, said: Path | None = None) -> list[float]:
    """Publish small batches one after the other; give the seconds of each."""
    store, spent = open_store(url), []
    for number in range(first, first + count):
        rows = catalog_rows.batch(number, SMALL)
        begin = time.perf_counter()
        publish(store, rows)
        spent.append(time.perf_counter() - begin)
    if said:
        said.write_text(json.dumps(spent))
    return spent


def answer(way: str, folder: Path, question: str) -> None:
    """Be one way to ask in this process: print the seconds of the first answer and of the three after it."""
    ask, sql, spent = WAYS[way](folder), questions()[question], []
    for _ in range(4):
        begin = time.perf_counter()
        ask(sql)
        spent.append(time.perf_counter() - begin)
    print(json.dumps(spent))


def asked(folder: Path, ways: list[str], turns: int) -> dict[str, dict[str, dict[str, float]]]:
    """Cold and warm seconds by question and way, medians over the turns."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for question in questions():
        for way in ways:
            if way == "polars" and question != OF_POLARS:
                continue
            runs = []
            for _ in range(turns):
                command = [sys.executable, __file__, "--be", way, "--folder", str(folder), "--question", question]
                runs.append(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))
            cold = statistics.median(run[0] for run in runs)
            warm = statistics.median(statistics.median(run[1:]) for run in runs)
            found.setdefault(question, {})[way] = {"cold": cold, "warm": warm}
        print(f"asked: {question}", file=sys.stderr)
    return found


def many(folder: Path, processes: int, publishes: int) -> dict[str, float]:
    """Publish many small batches into an empty catalog by so many processes, and tidy it."""
    folder.mkdir()
    context, each = multiprocessing.get_context("spawn"), publishes // processes
    said = [folder / f"said-{number}" for number in range(processes)]
    workers = [
        context.Process(target=publish_range, args=(str(folder / "store"), number * each, each, said[number]))
        for number in range(processes)
    ]
    begin = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    wall = time.perf_counter() - begin
    spent = [json.loads(file.read_text()) for file in said]
    found = {
        "publishes": float(processes * each),
        "wall_s": wall,
        "publish_s": statistics.median(chain.from_iterable(spent)),
        "last_tenth_s": statistics.median(chain.from_iterable(one[-max(1, each // 10) :] for one in spent)),
    }
    counted = catalog.query(open_store(str(folder / "store")), "select count(*) as n from clips").to_pylist()
    if counted != [{"n": processes * each * SMALL}]:
        raise SystemExit(f"{counted} clips after {processes * each} batches of {SMALL}")
    return found | {f"tidy_{name}": figure for name, figure in tidied(folder / "store").items()}


def tidied(folder: Path) -> dict[str, float]:
    """Tidy a catalog: seconds, files before and after, and a warm question before and after."""
    store, sql = open_store(str(folder)), questions()[OF_POLARS]
    before = warm(store, sql)
    begin = time.perf_counter()
    done = list(catalog.tidy(store, older_than_h=168, do=True))
    spent = time.perf_counter() - begin
    files = sum(len(DeltaTable(place(folder, name)).file_uris()) for name in delta.TABLES)
    return {
        "s": spent,
        "files_before": float(sum(one.files for one in done)),
        "files_after": float(files),
        "question_before_s": before,
        "question_after_s": warm(store, sql),
    }


def warm(store: ObjectStore, sql: str) -> float:
    """Seconds of a question, once asked before."""
    spent = []
    for _ in range(4):
        begin = time.perf_counter()
        catalog.query(store, sql)
        spent.append(time.perf_counter() - begin)
    return statistics.median(spent[1:])


def appended(folder: Path, first: int) -> dict[str, float]:
    """Seconds of a small batch: published, and only appended, one after the other in turns."""
    store, published, plainly = open_store(str(folder)), [], []
    for number in range(first, first + 7):
        for work, spent in ((publish, published), (append, plainly)):
            rows = catalog_rows.batch(2 * number + (work is append), SMALL)
            begin = time.perf_counter()
            work(store, rows)
            spent.append(time.perf_counter() - begin)
    return {"publish_s": statistics.median(published), "append_s": statistics.median(plainly)}


def table(result: dict) -> str:
    """For people."""
    lines = [f"{result['clips']:,} clips over {result['commits']} commits, made in {result['build_s']:.1f} s"]
    for title, found in (("", result["questions"]), (" after tidying", result["questions_tidied"])):
        lines += [f"\nseconds of a question{title}, cold / warm (target {COLD_TARGET} / {WARM_TARGET})"]
        lines += [f"{'':46} " + " ".join(f"{way:>13}" for way in result["ways"])]
        for question, ways in found.items():
            cells = [
                f"{ways[way]['cold']:.2f} / {ways[way]['warm']:.3f}" if way in ways else "" for way in result["ways"]
            ]
            lines.append(f"{question[:46]:46} " + " ".join(f"{cell:>13}" for cell in cells))
    lines.append(
        f"\nseconds of a batch of {SMALL} clips: published / its three commits alone (target {APPEND_TARGET} each)"
    )
    lines += [f"{name:24} {of['publish_s']:.3f} / {of['append_s']:.3f}" for name, of in result["small_batch"].items()]
    for name, of in {"the large catalog": result["tidied"], **result["many"]}.items():
        lines.append(f"\n{name}: " + ", ".join(f"{figure} {value:,.3f}" for figure, value in of.items()))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1_000_000, help="clips of the large catalog (default: a million)")
    parser.add_argument("--commits", type=int, default=100, help="commits that they come in (default: 100)")
    parser.add_argument("--publishes", type=int, default=1000, help="small batches of each series (default: 1000)")
    parser.add_argument("--turns", type=int, default=3, help="processes for each question and way (default: 3)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead of the table")
    parser.add_argument("--be", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--question", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.be:
        answer(given.be, given.folder, given.question)
        return
    ways = [way for way in WAYS if way != "polars" or importlib.util.find_spec("polars")]
    with tempfile.TemporaryDirectory(prefix="catalog-scale-") as scratch:
        folder, empty = Path(scratch) / "large", Path(scratch) / "empty"
        result = {"clips": given.clips, "commits": given.commits, "cores": os.cpu_count(), "ways": ways}
        result["build_s"] = build(folder, given.clips, given.commits)
        result["questions"] = asked(folder, ways, given.turns)
        publish_range(str(empty), 0, 1)
        first = 10 * given.commits
        result["small_batch"] = {"empty": appended(empty, first), "large": appended(folder, first)}
        result["tidied"] = tidied(folder)
        result["small_batch"]["large and tidied"] = appended(folder, 2 * first)
        result["questions_tidied"] = asked(folder, ["nightreel", "plain"], given.turns)
        result["many"] = {
            f"small batches by {count} process{'es' * (count > 1)}": many(
                Path(scratch) / f"many-{count}", count, given.publishes
            )
            for count in (1, 4)
        }
    print(json.dumps(result, indent=1) if given.json else table(result))


if __name__ == "__main__":
    main()
