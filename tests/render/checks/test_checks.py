import math
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from render import errors
from render.checks import policy, registry
from render.checks.contract import FigureSpec, FileCheck
from render.checks.understood import Understood
from render.engines.abstract_suite import make_job
from render.engines.contract import Bench, Cancel
from render.engines.testcard import TestcardEngine
from render.media.encode import Encoder
from render.media.mux import mux
from render.model import Finish, Job, Outcome, Understanding

JOB = make_job(TestcardEngine, duration_ms=2000)
NO_SOUND = np.zeros((0, 2), np.float32)


def tone(samples: int, level: float) -> np.ndarray:
    return np.repeat((level * np.sin(np.arange(samples) * 0.05)).astype(np.float32)[:, None], 2, axis=1)


SOUND = tone(96_000, 0.2)


@pytest.fixture(scope="module")
def card(tmp_path_factory) -> np.ndarray:
    folder = tmp_path_factory.mktemp("card")
    with TestcardEngine(Bench(device="cpu", scratch=folder, cache=folder)) as engine:
        (footage,) = engine.generate([JOB], cancel=Cancel(), progress=lambda *_: None)
        return np.concatenate(list(footage.frames))


def watched(frames: np.ndarray, sound: np.ndarray = SOUND, job: Job = JOB) -> dict[str, float]:
    figures = {}
    checks = [check(job) for check in registry.stream_checks()]
    for first in range(0, len(frames), 5):
        chunk = torch.from_numpy(frames[first : first + 5].copy())
        for check in checks:
            check.see(chunk, first)
    for check in checks:
        told = check.measure(Finish(sound=sound))
        assert [figure.name for figure in told] == [spec.name for spec in check.figures]
        figures |= {f"{check.name}.{figure.name}": figure.value for figure in told}
    return figures


def looked_at(file: Path, job: Job = JOB) -> dict[str, float]:
    figures = {}
    for check in registry.file_checks():
        told = check().measure(file, job)
        assert [figure.name for figure in told] == [spec.name for spec in check.figures]
        assert all(math.isfinite(figure.value) for figure in told)
        figures |= {f"{check.name}.{figure.name}": figure.value for figure in told}
    return figures


def clip(folder: Path, frames: np.ndarray, sound: np.ndarray = SOUND, fps: int = JOB.fps) -> Path:
    _, height, width, _ = frames.shape
    with Encoder(folder / "picture.mp4", width=width, height=height, fps=fps) as encoder:
        encoder.write(frames)
    mux(folder / "picture.mp4", sound, folder / "clip.mp4", frames=len(frames), fps=fps)
    return folder / "clip.mp4"


def verdict(frames: np.ndarray, file: Path, sound: np.ndarray = SOUND) -> tuple[Outcome, str]:
    figures = []
    checks = [check(JOB) for check in registry.stream_checks()]
    for check in checks:
        check.see(torch.from_numpy(frames.copy()), 0)
        figures += check.measure(Finish(sound=sound))
    for check in registry.file_checks():
        figures += check().measure(file, JOB)
    said = policy.judge(policy.load("default"), figures)
    return said.outcome, said.check


@pytest.mark.parametrize("sound", [SOUND, NO_SOUND, SOUND * 1e-4], ids=["sound", "no sound", "near silence"])
def test_a_good_clip_passes(card, tmp_path, sound):
    file = clip(tmp_path, card, sound)
    assert verdict(card, file, sound) == (Outcome.PASS, "")
    found = looked_at(file)
    assert (found["decodes.faults"], found["decodes.decoded_share"]) == (0, 1)
    assert {value for name, value in found.items() if name.startswith(("shape", "sync"))} == {0}


def test_a_black_clip_is_rejected(card, tmp_path):
    black = np.random.default_rng(0).integers(0, 12, card.shape, dtype=np.uint8)
    assert watched(black)["black.black_share"] == 1
    assert verdict(black, clip(tmp_path, black)) == (Outcome.REJECT, "black")


def test_a_dark_half_is_held_and_a_light_in_the_dark_is_a_picture(card, tmp_path):
    half = card.copy()
    half[:14] = 0
    assert verdict(half, clip(tmp_path, half)) == (Outcome.HOLD, "black")
    lamp = np.zeros_like(card)
    lamp[:, 10:30, 10:30] = 200
    assert watched(lamp)["black.black_share"] == 0


def test_a_frozen_clip_is_rejected(card, tmp_path):
    frozen = np.repeat(card[12:13], len(card), axis=0)
    found = watched(frozen)
    assert found["frozen.still_share"] == 1
    assert found["frozen.longest_still"] == pytest.approx((len(card) - 1) / JOB.fps)
    assert verdict(frozen, clip(tmp_path, frozen)) == (Outcome.REJECT, "frozen")


def test_a_stretch_is_found_across_chunks(card):
    stuck = card.copy()
    stuck[4:16] = card[4]
    assert watched(stuck)["frozen.longest_still"] == pytest.approx(11 / JOB.fps)
    assert watched(stuck)["frozen.still_share"] == pytest.approx(11 / (len(card) - 1))


@pytest.mark.parametrize(("width", "height"), [(64, 4096), (4096, 64)])
def test_a_thing_that_moves_is_movement_in_a_frame_of_any_shape(width, height):
    job = make_job(TestcardEngine, width=width, height=height, fps=8)
    frames = np.full((4, height, width, 3), 40, np.uint8)
    for number, frame in enumerate(frames):
        frame[20:28, 8 * number : 8 * number + 8] = 90
    assert watched(frames, NO_SOUND, job)["frozen.still_share"] == 0


def test_a_small_thing_that_moves_and_a_slow_fade_are_movement():
    job = make_job(TestcardEngine, width=1280, height=720, duration_ms=1000)
    ball = np.full((12, 720, 1280, 3), 90, np.uint8)
    for number, frame in enumerate(ball):
        frame[300:312, 20 * number : 20 * number + 12] = 160
    assert watched(ball, job=job)["frozen.still_share"] == 0
    fade = np.repeat(np.arange(24, dtype=np.uint8)[:, None, None, None], 64 * 96 * 3, axis=1).reshape(24, 64, 96, 3)
    assert watched(fade)["frozen.still_share"] <= 0.7


def test_clipped_sound_is_rejected(card, tmp_path):
    clipped = np.clip(tone(96_000, 3.0), -1, 1)
    found = watched(card, clipped)
    assert found["clipping.clipped_share"] > 0.5
    assert verdict(card, clip(tmp_path, card, clipped), clipped) == (Outcome.REJECT, "clipping")
    assert watched(card, tone(96_000, 1.0)[:, ::-1] * 0.998)["clipping.clipped_share"] == 0
    peaks = SOUND.copy()
    peaks[::5000] = 1.0
    assert watched(card, peaks)["clipping.clipped_share"] == 0
    assert watched(card, NO_SOUND)["clipping.clipped_share"] == 0


def test_footage_of_another_length_is_told(card):
    found = watched(card[:-3], SOUND[:-4800])
    assert found["footage.frames_off"] == -3
    assert found["footage.sound_off"] == pytest.approx(-100)
    assert watched(card[:, :32])["footage.misfits"] == len(card)
    assert watched(card, NO_SOUND)["footage.sound_off"] == 0


def test_another_size_rate_and_length_are_told(card, tmp_path):
    found = looked_at(clip(tmp_path, card[:18, :, :64], fps=24))
    assert found["shape.width_off"] == -32
    assert found["shape.height_off"] == 0
    assert found["shape.rate_off"] == 12
    assert found["shape.frames_off"] == -6
    assert found["shape.length_off"] == pytest.approx(750 - 2000, abs=1)


def test_a_short_clip_is_rejected(card, tmp_path):
    assert verdict(card, clip(tmp_path, card[:-3])) == (Outcome.REJECT, "shape")


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_truncated_file_is_rejected(card, tmp_path, share):
    file = clip(tmp_path, card)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    assert verdict(card, file)[0] is Outcome.REJECT
    found = looked_at(file)
    assert found["decodes.faults"] > 0 or found["shape.frames_off"] < 0 or found["sync.end_off_frames"] > 1


@pytest.mark.parametrize("content", [b"", b"no media file" * 200])
def test_no_media_file_gives_figures_that_say_so(tmp_path, content):
    (tmp_path / "clip.mp4").write_bytes(content)
    found = looked_at(tmp_path / "clip.mp4")
    assert (found["decodes.faults"], found["decodes.decoded_share"]) == (1, 0)
    assert (found["shape.width_off"], found["shape.frames_off"]) == (-JOB.width, -JOB.frames)
    assert (found["loudness.integrated"], found["loudness.true_peak"]) == (-70, -120)


def test_a_damaged_picture_is_told(card, tmp_path):
    file = clip(tmp_path, card)
    with av.open(str(file)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(file.read_bytes())
    for start, size in packets[3:9]:
        data[start : start + size] = b"\xff" * size
    file.write_bytes(data)
    found = looked_at(file)
    assert found["decodes.faults"] > 0
    assert found["decodes.decoded_share"] < 1
    assert verdict(card, file) == (Outcome.REJECT, "decodes")


def raw_clip(file: Path, sound: np.ndarray, sound_start: float = 0.0) -> Path:
    """A clip by another hand: its sound is neither fitted nor set to a loudness."""
    with av.open(str(file), "w") as container:
        picture = container.add_stream("libx264", rate=JOB.fps)
        picture.width, picture.height, picture.pix_fmt = JOB.width, JOB.height, "yuv420p"
        track = container.add_stream("aac", rate=48_000, layout="stereo")
        for number in range(JOB.frames):
            frame = av.VideoFrame.from_ndarray(
                np.full((JOB.height, JOB.width, 3), number * 9, np.uint8), format="rgb24"
            )
            container.mux(picture.encode(frame))
        container.mux(picture.encode())
        for first in range(0, len(sound), 1024):
            block = np.ascontiguousarray(sound[first : first + 1024].T)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = 48_000, first + round(sound_start * 48_000)
            container.mux(track.encode(frame))
        container.mux(track.encode())
    return file


def test_sound_that_ends_early_or_starts_late_is_rejected(card, tmp_path):
    short = looked_at(raw_clip(tmp_path / "short.mp4", SOUND[:48_000]))
    assert short["sync.end_off"] == pytest.approx(-1000, abs=25)
    assert short["sync.end_off_frames"] == pytest.approx(12, abs=0.3)
    assert verdict(card, tmp_path / "short.mp4") == (Outcome.REJECT, "sync")
    late = looked_at(raw_clip(tmp_path / "late.mp4", SOUND[:-24_000], sound_start=0.5))
    assert late["sync.start_off"] == pytest.approx(500, abs=25)


def test_loud_sound_is_held(card, tmp_path):
    file = raw_clip(tmp_path / "loud.mp4", tone(96_000, 1.0))
    found = looked_at(file)
    assert found["loudness.integrated"] > -6
    assert found["loudness.true_peak"] == pytest.approx(0, abs=1)
    assert verdict(card, file) == (Outcome.HOLD, "loudness")


def test_a_file_is_decoded_once_for_all_checks(card, tmp_path, monkeypatch):
    (tmp_path / "shorter").mkdir()
    file, shorter = clip(tmp_path, card), clip(tmp_path / "shorter", card[:-1])
    opened = []
    real = av.open
    monkeypatch.setattr(av, "open", lambda *args: opened.append(args) or real(*args))
    looked_at(file)
    assert len(opened) == 1
    shorter.replace(file)
    assert looked_at(file)["shape.frames_off"] == -1
    assert len(opened) == 2


def test_every_check_is_one_or_the_other_and_has_a_name_of_its_own():
    stream, file = registry.stream_checks(), registry.file_checks()
    assert {check.name for check in stream} == {"black", "frozen", "clipping", "footage", "understood"}
    assert {check.name for check in file} == {"decodes", "shape", "sync", "loudness"}
    for check in [*stream, *file]:
        assert check.title
        assert all(spec.unit and spec.description.endswith(".") for spec in check.figures)


@pytest.fixture
def entry_points(monkeypatch):
    from importlib import metadata

    def install(*paths: str) -> None:
        points = [metadata.EntryPoint(name=path, value=path, group=registry.GROUP) for path in paths]
        monkeypatch.setattr(metadata, "entry_points", lambda *, group: points)
        registry._checks.cache_clear()

    yield install
    monkeypatch.undo()
    registry._checks.cache_clear()


class ThirdParty(FileCheck):
    name = "third"
    title = "Of a third party"
    figures = (FigureSpec(name="size", unit="bytes", description="Size of the file."),)

    def measure(self, file, job):
        return [self.figure("size", file.stat().st_size)]


def test_a_check_of_another_package_is_found(entry_points, monkeypatch):
    import sys

    module = type(sys)("third_party_check")
    module.ThirdParty = ThirdParty
    monkeypatch.setitem(sys.modules, "third_party_check", module)
    entry_points("third_party_check:ThirdParty")
    assert registry.file_checks()[-1] is ThirdParty
    assert ("third", "size") in registry.figure_specs()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("no_such_module:Check", "cannot be loaded"),
        ("render.checks.black:Dark", "cannot be loaded"),
        ("render.checks.black:DARK", "neither a StreamCheck nor a FileCheck"),
        ("render.checks.black:Black", "Two checks are named black"),
    ],
)
def test_a_broken_check_is_refused(entry_points, path, message):
    entry_points(path)
    with pytest.raises(errors.SettingsError, match=message):
        registry.stream_checks()


def test_loading_a_policy_is_cheap():
    import subprocess
    import sys

    script = "from render.checks import policy; policy.load('default'); import sys; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "av", "numpy", "scipy"} & set(modules)


@pytest.mark.parametrize(
    ("said", "share", "stand_in"),
    [
        (None, 1.0, 0.0),
        (Understanding(share=0.25, scene="ocean", fallback=False), 0.25, 0.0),
        (Understanding(share=0.0, scene="objects", fallback=True), 0.0, 1.0),
    ],
)
def test_the_share_understood_is_what_the_engine_says(said, share, stand_in):
    figures = Understood(JOB).measure(Finish(sound=SOUND, understanding=said))
    assert {figure.name: figure.value for figure in figures} == {"share": share, "stand_in": stand_in}
