import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from render import errors
from render.media import ffmpeg, probe
from render.media.encode import Encoder


def noise(frames: int, width: int, height: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (frames, height, width, 3), dtype=np.uint8)


def encode(path: Path, chunk: np.ndarray, fps: int = 24) -> Path:
    _, height, width, _ = chunk.shape
    with Encoder(path, width=width, height=height, fps=fps) as encoder:
        for first in range(0, len(chunk), 3):
            encoder.write(chunk[first : first + 3])
    return path


def gone(pid: int) -> bool:
    """Whether no process of that id is left, not even a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("width", "height", "fps", "frames"),
    [(64, 64, 24, 10), (640, 360, 60, 5), (4096, 64, 8, 3), (66, 98, 30, 7), (64, 64, 25, 1)],
)
def test_a_file_says_what_it_is(tmp_path, width, height, fps, frames):
    found = probe.probe(encode(tmp_path / "picture.mp4", noise(frames, width, height), fps))
    assert (found.width, found.height, found.fps, found.frames) == (width, height, Fraction(fps), frames)
    assert found.picture_start == 0
    assert found.picture_seconds == pytest.approx(frames / fps, abs=1e-4)
    assert (found.picture_codec, found.pix_fmt) == ("h264", "yuv420p")
    tags = (found.color_range, found.color_space, found.color_primaries, found.color_transfer)
    assert tags == ("tv", "bt709", "bt709", "bt709")
    assert found.sound_codec == ""


COLOURS = [(255, 255, 255), (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (191, 191, 0), (18, 52, 86)]


@pytest.mark.parametrize("colour", COLOURS)
def test_colours_are_limited_range_bt709(tmp_path, colour):
    path = encode(tmp_path / "picture.mp4", np.full((3, 64, 64, 3), colour, np.uint8))
    red, green, blue = (channel / 255 for channel in colour)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    wanted = (16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748)
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    got = [
        float(np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, : plane.width].mean())
        for plane in frame.planes
    ]
    assert got == pytest.approx(wanted, abs=1.5)


def test_the_same_frames_give_the_same_bytes(tmp_path):
    chunk = noise(8, 64, 64)
    one, two = encode(tmp_path / "one.mp4", chunk), encode(tmp_path / "two.mp4", chunk)
    assert one.read_bytes() == two.read_bytes()


def test_nothing_but_the_file_is_left(tmp_path):
    with Encoder(tmp_path / "picture.mp4", width=64, height=64, fps=24) as encoder:
        encoder.write(noise(2, 64, 64))
        assert encoder.frames == 2
        assert not (tmp_path / "picture.mp4").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["picture.mp4"]
    assert gone(encoder.pid)
    encoder.close()
    encoder.abort()
    assert (tmp_path / "picture.mp4").exists()


def test_a_killed_ffmpeg_is_a_clear_failure(tmp_path):
    killed = pytest.raises(errors.MediaError, match=r"killed by signal 9 while it should encode picture\.mp4")
    with killed, Encoder(tmp_path / "picture.mp4", width=640, height=360, fps=24) as encoder:
        encoder.write(noise(2, 640, 360))
        os.kill(encoder.pid, signal.SIGKILL)
        for _ in range(200):
            encoder.write(noise(2, 640, 360))
    assert list(tmp_path.iterdir()) == []
    assert gone(encoder.pid)


def test_an_exception_of_the_engine_leaves_no_file_and_no_process(tmp_path):
    frames = (noise(2 // frame, 64, 64) for frame in (2, 1, 0))
    broken = pytest.raises(ZeroDivisionError)
    with broken, Encoder(tmp_path / "picture.mp4", width=64, height=64, fps=24) as encoder:
        for chunk in frames:
            encoder.write(chunk)
    assert list(tmp_path.iterdir()) == []
    assert gone(encoder.pid)


def test_ffmpegs_last_lines_are_told(tmp_path):
    with pytest.raises(errors.MediaError, match="No such file or directory"):
        encode(tmp_path / "missing" / "picture.mp4", noise(2, 64, 64))


def test_no_frame_is_an_error_of_the_engine(tmp_path):
    with pytest.raises(errors.EngineError, match="no frame"), Encoder(tmp_path / "p.mp4", width=64, height=64, fps=24):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "chunk",
    [np.zeros((1, 64, 32, 3), np.uint8), np.zeros((1, 64, 64, 3), np.float32), np.zeros((64, 64, 3), np.uint8)],
)
def test_chunks_of_another_kind_are_refused(tmp_path, chunk):
    refused = pytest.raises(errors.EngineError, match=r"uint8 \[n, 64, 64, 3\]")
    with refused, Encoder(tmp_path / "p.mp4", width=64, height=64, fps=24) as encoder:
        encoder.write(chunk)
    assert list(tmp_path.iterdir()) == []


def test_stderr_is_drained_and_bounded(tmp_path):
    script = "import sys; [print('line', n, 'x' * 5000, file=sys.stderr) for n in range(200)]; sys.exit(3)"
    with (
        pytest.raises(errors.MediaError) as caught,
        ffmpeg.Process([sys.executable, "-c", script], doing="talk") as process,
    ):
        process.finish()
    assert "ended with 3 while it should talk" in str(caught.value)
    assert "line 199" in str(caught.value)
    assert len(str(caught.value).splitlines()) == ffmpeg.LAST_LINES + 1


def test_a_missing_binary_is_a_clear_failure():
    with pytest.raises(errors.MediaError, match="cannot be started to talk"):
        ffmpeg.Process(["/nonexistent/ffmpeg"], doing="talk")


def test_a_killed_parent_leaves_no_ffmpeg(tmp_path):
    script = """
import sys, pathlib, numpy, signal, os
from render.media.encode import Encoder
encoder = Encoder(pathlib.Path(sys.argv[1]), width=64, height=64, fps=24)
encoder.write(numpy.zeros((4, 64, 64, 3), numpy.uint8))
print(encoder.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    command = [sys.executable, "-c", script, str(tmp_path / "picture.mp4")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        # The pipe is inherited by nobody but the parent: its end means that the parent is gone.
        pid = int(parent.stdout.read())
    assert parent.returncode == -signal.SIGKILL
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    with os.fdopen(descriptor) as file:
        import select

        assert select.select([file], [], [], 60)[0], "ffmpeg outlived its parent"
    assert not (tmp_path / "picture.mp4").exists()
