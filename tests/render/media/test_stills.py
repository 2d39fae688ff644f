from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from render import errors
from render.media import probe, stills
from render.media.encode import Encoder


@pytest.fixture
def clip(tmp_path) -> Path:
    """Forty frames, each a grey of five times its number."""
    path = tmp_path / "clip.mp4"
    with Encoder(path, width=96, height=64, fps=10) as encoder:
        encoder.write(np.repeat(np.arange(40, dtype=np.uint8) * 5, 96 * 64 * 3).reshape(40, 64, 96, 3))
    return path


def test_the_poster_is_the_frame_at_two_fifths(clip, tmp_path):
    stills.poster(clip, tmp_path / "poster.webp")
    with Image.open(tmp_path / "poster.webp") as image:
        assert (image.format, image.size) == ("WEBP", (96, 64))
        assert np.asarray(image.convert("RGB")).mean() == pytest.approx(16 * 5, abs=2)


def test_the_sheet_shows_eight_frames_in_order(clip, tmp_path):
    stills.contact_sheet(clip, tmp_path / "sheet.webp")
    with Image.open(tmp_path / "sheet.webp") as image:
        assert (image.format, image.size) == ("WEBP", (960, 2 * (160 + stills.LABEL_HEIGHT)))
        pixels = np.asarray(image.convert("L"), float)
    shown = [pixels[top + 80, 120 + 240 * column] for top in (0, 178) for column in range(4)]
    assert shown == pytest.approx([25 * number for number in range(8)], abs=4)


def test_a_clip_of_one_frame_has_stills(tmp_path):
    with Encoder(tmp_path / "clip.mp4", width=64, height=64, fps=60) as encoder:
        encoder.write(np.full((1, 64, 64, 3), 200, np.uint8))
    stills.poster(tmp_path / "clip.mp4", tmp_path / "poster.webp")
    stills.contact_sheet(tmp_path / "clip.mp4", tmp_path / "sheet.webp")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["clip.mp4", "poster.webp", "sheet.webp"]


@pytest.mark.parametrize(("width", "height"), [(64, 4096), (4096, 64), (64, 114)])
def test_frames_of_any_shape_fit_on_a_sheet(tmp_path, width, height):
    with Encoder(tmp_path / "clip.mp4", width=width, height=height, fps=8) as encoder:
        encoder.write(np.full((2, height, width, 3), 200, np.uint8))
    stills.contact_sheet(tmp_path / "clip.mp4", tmp_path / "sheet.webp")
    with Image.open(tmp_path / "sheet.webp") as image:
        assert max(image.size) <= 4 * stills.TILE_HEIGHT
        assert min(image.size) >= 2 * stills.LABEL_HEIGHT


@pytest.mark.parametrize("read", [stills.poster, stills.contact_sheet])
def test_a_truncated_file_is_a_clear_failure(clip, tmp_path, read):
    clip.write_bytes(clip.read_bytes()[:2000])
    with pytest.raises(errors.MediaError, match=r"clip\.mp4"):
        read(clip, tmp_path / "still.webp")
    assert not (tmp_path / "still.webp").exists()


@pytest.mark.parametrize("content", [b"", b"no media file at all" * 50])
def test_probing_no_media_file_is_a_clear_failure(tmp_path, content):
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(errors.MediaError, match=r"clip\.mp4 cannot be read as a media file"):
        probe.probe(tmp_path / "clip.mp4")


def test_probing_a_missing_file_is_a_clear_failure(tmp_path):
    with pytest.raises(errors.MediaError, match="cannot be read"):
        probe.probe(tmp_path / "clip.mp4")
