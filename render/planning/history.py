"""What earlier batches made: which clips are there, and why none serves a row that is to be rendered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from render.store import catalog, clips, spool, tombstones
from render.store.objects import ObjectStore

FEW = 4096
"""So many clips are looked for one by one, by their records. Of more the catalog's word counts for those whose folders
are there. Where more of the folders are not known to it, since their batches are not published, whoever is to make
those clips finds them."""
NEWEST = 8
"""So many of a prompt's clips, the newest ones, are compared with a row of that prompt."""
COMPARED = ("engine_revision", "style", "width", "height", "fps", "seconds", "seed")
"""Columns of the catalog's clips that a row has too, in the order in which differences are told."""
SAME = "the negative prompt, the shots, the scene or the media settings changed"


def made_by(store: ObjectStore, fingerprints: pa.Array) -> pa.Array:
    """Name the batch that made each clip; null for a clip that is not there."""
    found, asked = pa.nulls(len(fingerprints), pa.string()), pa.repeat(True, len(fingerprints))
    if len(fingerprints) > FEW:
        with ThreadPoolExecutor(1, thread_name_prefix="clips-there") as pool:
            there = pool.submit(clips.lie_there, store, fingerprints)
            published = catalog.made_by(store, fingerprints)
        found = pc.if_else(there.result(), published, pa.scalar(None, pa.string()))
        asked = pc.and_not(there.result(), found.is_valid())
    unknown = fingerprints.filter(asked)
    if 0 < len(unknown) <= FEW:
        recorded = {record.job.fingerprint: record.batch for record in clips.find_each(store, unknown.to_pylist())}
        named = pa.array([recorded.get(one) for one in unknown.to_pylist()], pa.string())
        found = pc.replace_with_mask(found, asked, named)
    return found


def withdrawn(store: ObjectStore, fingerprints: pa.Array) -> pa.Array:
    """Say how each clip was taken down; null for one that was not."""
    gone = tombstones.of(store, fingerprints)
    if not gone:
        return pa.nulls(len(fingerprints), pa.string())
    said = pa.array([tombstone.sentence for tombstone in gone.values()], pa.string())
    return said.take(pc.index_in(fingerprints, pa.array(gone, pa.string())))


def explain(store: ObjectStore, rows: pa.Table, chosen: pa.Array) -> pa.Array:
    """Say for each of the chosen rows how an earlier clip of its prompt and engine differs; null where there is none.

    That is the clip that differs by its engine's revision alone, else the nearest of the prompt's newest ones.
    """
    where = np.flatnonzero(chosen)
    prompts = spool.Reader(rows.select(["prompt"])).take(where)["prompt"].unique()
    made = catalog.clips_of_prompts(store, prompts, columns=[*COMPARED, "created_at"])
    if not made.num_rows:
        return pa.nulls(len(where), pa.string())
    wanted = spool.Reader(rows.select(_ROW)).take(where)

    import duckdb

    with duckdb.connect() as connection:
        connection.register("made", made)
        connection.register("wanted", wanted.append_column("place", pa.array(range(wanted.num_rows))))
        found = connection.sql(_NEAREST).to_arrow_table()
    return found["why"].combine_chunks()


_ROW = ("prompt", "engine", "engine_revision", "style", "width", "height", "fps", "duration_ms", "seed")
_ALIKE = ", ".join(name for name in ("prompt", "engine", *COMPARED) if name != "engine_revision")
_COUNT = " + ".join(f"(wanted.{name} <> made.{name})::int" for name in COMPARED)
_TOLD = ", ".join(
    f"case when wanted.{name} <> made.{name} then "
    f"'{name.replace('_', ' ')} changed from ' || made.{name} || ' to ' || wanted.{name} end"
    for name in COMPARED
)
_NEAREST = f"""
with wanted as (
    select *, greatest(1, (duration_ms::bigint * fps + 500) // 1000) / fps as seconds from wanted
),
twins as (
    select {_ALIKE}, max_by(engine_revision, created_at) as engine_revision from made group by all
),
newest as (
    from made qualify row_number() over (partition by prompt, engine order by created_at desc) <= {NEWEST}
),
near as (
    select wanted.place, 0 as rank, made.* from wanted join twins as made using ({_ALIKE})
    union all by name
    select wanted.place, 1 as rank, made.* exclude (created_at) from wanted join newest as made using (prompt, engine)
),
told as (
    select place, min_by(coalesce(nullif(concat_ws('; ', {_TOLD}), ''), '{SAME}'), ({_COUNT}) * 2 + rank) as why
    from near as made join wanted using (place) group by place
)
select why from wanted left join told using (place) order by place
"""  # noqa: S608 of this program's own names
