"""Which clip somebody means."""

from pathlib import Path

import pytest

from render import errors
from render.store import layout
from render.store.naming import named
from render.store.objects import open_store


def test_a_beginning_that_clips_share_is_told_to_be_of_several(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    clips = [f"abcdef{number}".ljust(64, "0") for number in range(7)]
    for clip in clips:
        store.put(layout.clip_record(clip), b"{}")

    def mean(text: str) -> str:
        return named(text, store_url=store.url, store_given=False).fingerprint

    assert mean("abcdef3") == clips[3]
    with pytest.raises(errors.Ambiguous, match=f"7 clips in .* begin with abcdef: {', '.join(clips[:5])} and 2 more"):
        mean("abcdef")
    with pytest.raises(errors.NotFound, match="No clip in"):
        mean("abcdee")
