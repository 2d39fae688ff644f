"""Reading whole files: right, or an error that names the file and the fix."""

from __future__ import annotations

import base64
import contextlib
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render import manifest
from render.errors import ManifestError
from render.manifest import bounds

TABLE = pa.table({"experiment": ["e"] * 50, "variant": ["v"] * 50, "prompt": [f"prompt {i}" for i in range(50)]})


def written(path: Path, table: pa.Table) -> Path:
    manifest.write(table, path)
    return path


def rows_of(path: Path) -> list[dict]:
    return [row for table in manifest.read(manifest.files(path)) for row in table.to_pylist()]


def test_every_row_group_of_every_file_is_read_in_order(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet", row_group_size=7)
    written(tmp_path / "b.parquet", TABLE.slice(0, 3))
    assert [row["prompt"] for row in rows_of(tmp_path)] == [f"prompt {i}" for i in (*range(50), *range(3))]


@pytest.mark.parametrize("encode", [False, True], ids=["text", "dictionary"])
def test_few_bytes_that_stand_for_long_values_are_read_in_parts(tmp_path: Path, encode: bool) -> None:
    count, word = 4000, "x" * 100_000
    prompts = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array([word]))
    table = pa.table({"experiment": ["e"] * count, "variant": ["v"] * count, "prompt": prompts})
    schema = table.schema if encode else table.schema.set(2, pa.field("prompt", pa.string()))
    with pq.ParquetWriter(tmp_path / "a.parquet", schema, compression="zstd") as file:
        for first in range(0, count, 500):
            file.write_table(table.slice(first, 500).cast(schema))
    assert (tmp_path / "a.parquet").stat().st_size < 50_000
    seen = 0
    for part in manifest.read(manifest.files(tmp_path)):
        assert part.nbytes <= bounds.BATCH_BYTES
        assert part.column("prompt").type == pa.string()
        seen += part.num_rows
    assert seen == count


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (TABLE.drop_columns(["prompt"]), "lacks the required column prompt"),
        (TABLE.rename_columns(["experiment", "variant", "promt"]), "Is 'promt' meant to be 'prompt'"),
        (TABLE.drop_columns(["variant", "prompt"]), "required columns variant, prompt"),
        (TABLE.slice(0, 0), "holds no rows"),
        (TABLE.append_column("prompt", TABLE["prompt"]), "more than once"),
    ],
)
def test_a_file_that_cannot_be_used_as_a_whole(tmp_path: Path, table: pa.Table, told: str) -> None:
    path = written(tmp_path / "m.parquet", table)
    with pytest.raises(ManifestError, match=told) as caught:
        rows_of(path)
    assert "m.parquet" in str(caught.value)


def test_a_file_that_changed_after_it_was_taken_in(tmp_path: Path) -> None:
    path = written(tmp_path / "m.parquet", TABLE)
    files = manifest.files(path)
    written(path, TABLE.slice(1))
    with pytest.raises(ManifestError, match="changed"):
        list(manifest.read(files))


@settings(max_examples=40)
@given(data=st.data())
def test_a_damaged_file_is_told_never_a_traceback(tmp_path: Path, data: st.DataObject) -> None:
    whole = manifest.to_bytes(TABLE)
    position = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255))
    cut = data.draw(st.booleans())
    path = tmp_path / "damaged.parquet"
    path.write_bytes(whole[: position + 1] if cut else whole[:position] + bytes([byte]) + whole[position + 1 :])
    with contextlib.suppress(ManifestError):
        assert sum(table.num_rows for table in manifest.read(manifest.files(path))) > 0


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "zero.parquet").touch()
    [file] = manifest.files(tmp_path / "zero.parquet")
    with pytest.raises(ManifestError, match=r"zero\.parquet is empty \(0 bytes\)"):
        manifest.check(file)


@pytest.mark.parametrize("footer", [True, False], ids=["whole", "one column"])
def test_an_encrypted_file_says_so(tmp_path: Path, footer: bool) -> None:
    """Neither an encrypted footer nor an encrypted column can be read, nor does either end the process."""
    path = tmp_path / "m.parquet"
    keys = {"footer_key": "k", "column_keys": {"k": ["prompt"]}, "plaintext_footer": not footer}
    factory = pe.CryptoFactory(lambda config: _Keys())
    properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), pe.EncryptionConfiguration(**keys))
    with pq.ParquetWriter(path, TABLE.schema, encryption_properties=properties) as file:
        file.write_table(TABLE)
    with pytest.raises(ManifestError, match=r"m\.parquet cannot be read: it is encrypted .* without encryption"):
        rows_of(path)


class _Keys(pe.KmsClient):
    """Leaves keys as they are."""

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> bytes:
        return base64.b64encode(key_bytes)


DAMAGE = """
import hashlib, pathlib, sys
from render import manifest
from render.errors import ManifestError
from render.model import ManifestFile
path = pathlib.Path(sys.argv[1])
whole, told = path.read_bytes(), set()
for position in range(int.from_bytes(whole[-8:-4], "little")):
    data = bytearray(whole)
    data[len(whole) - 9 - position] ^= 1 << position % 8
    path.write_bytes(data)
    try:
        manifest.check(ManifestFile(url=str(path), sha256=hashlib.sha256(data).hexdigest(), bytes=len(data)))
    except ManifestError as error:
        told.add(str(error.__cause__))
print(told)
"""


@pytest.mark.slow
def test_no_byte_of_a_footer_ends_the_process(tmp_path: Path) -> None:
    """pyarrow hands out the metadata of a column without catching what its C++ throws where that is damaged."""
    path = tmp_path / "m.parquet"
    tags = pa.array([[("a", "b")]] * 50, pa.map_(pa.string(), pa.string()))
    pq.write_table(TABLE.append_column("tags", tags), path, store_schema=False)
    done = subprocess.run([sys.executable, "-c", DAMAGE, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "histogram size mismatch" in done.stdout
