import re
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.media import ffmpeg, loudness


def noise(seconds: float, level: float) -> np.ndarray:
    return (level * np.random.default_rng(3).standard_normal((round(seconds * 48_000), 2))).astype(np.float32)


def clicks(seconds: float) -> np.ndarray:
    sound = noise(seconds, 0.001)
    sound[::24_000] += 0.9
    return sound


def tone(seconds: float, hertz: float, level: float) -> np.ndarray:
    time = np.arange(round(seconds * 48_000)) / 48_000
    return np.repeat((level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)[:, None], 2, axis=1)


def ebur128(sound: np.ndarray) -> tuple[float, float]:
    """Integrated LUFS and true peak in dBTP by ffmpeg's own measurement."""
    source = ["-f", "f32le", "-ar", "48000", "-ch_layout", "stereo", "-i", "pipe:0"]
    command = [ffmpeg.binary(), "-hide_banner", "-nostats", *source, "-af", "ebur128=peak=true", "-f", "null", "-"]
    told = subprocess.run(command, input=sound.tobytes(), capture_output=True, check=True).stderr.decode()
    summary = told[told.rindex("Summary:") :]
    return tuple(float(re.search(rf"{name}:\s+(-?[\d.]+|-inf)", summary)[1]) for name in ("I", "Peak"))


SOUNDS = {
    "noise": noise(2, 0.05),
    "tone": tone(3, 1000, 0.9),
    "low tone": tone(2, 60, 0.3),
    "clicks": clicks(3),
    "half silent": np.concatenate([noise(1, 0.1), np.zeros((96_000, 2), np.float32)]),
    "left only": noise(2, 0.05) * np.array([1, 0], np.float32),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_loudness_is_what_ffmpeg_measures(name):
    assert loudness.integrated(SOUNDS[name]) == pytest.approx(ebur128(SOUNDS[name])[0], abs=0.15)


@pytest.mark.parametrize("name", ["noise", "tone", "low tone", "half silent", "left only"])
def test_sound_comes_out_at_the_target(name):
    lufs, peak = ebur128(loudness.normalise(SOUNDS[name]))
    assert lufs == pytest.approx(loudness.TARGET_LUFS, abs=0.5)
    assert peak <= loudness.CEILING_DBTP + 0.2


def test_sharp_peaks_are_limited_but_not_squashed():
    before, after = SOUNDS["clicks"], loudness.normalise(SOUNDS["clicks"])
    assert ebur128(after)[1] <= loudness.CEILING_DBTP + 0.2
    assert loudness.integrated(after) < loudness.TARGET_LUFS - 6
    assert np.abs(after).max(axis=1).argmax() % 24_000 == 0
    assert after.shape == before.shape


def test_near_silence_is_not_blown_up():
    hiss = noise(2, 1e-4)
    after = loudness.normalise(hiss)
    assert np.abs(after).max() <= np.abs(hiss).max() * 10 ** (loudness.MOST_GAIN_DB / 20) * 1.001
    for silence in (np.zeros((96_000, 2), np.float32), np.zeros((0, 2), np.float32), noise(2, 1e-6)):
        assert loudness.normalise(silence) is silence
        assert loudness.integrated(silence) == loudness.SILENT_LUFS


@settings(max_examples=25)
@given(
    samples=st.integers(0, 60_000),
    level=st.floats(2**-23, 4.0, width=32),
    spikes=st.lists(st.tuples(st.integers(0, 59_999), st.floats(-4, 4, width=32)), max_size=4),
)
def test_any_sound_keeps_its_length_and_stays_below_the_ceiling(samples, level, spikes):
    sound = noise(samples / 48_000, level)[:samples]
    for at, value in spikes:
        sound[at : at + 1] = value
    after = loudness.normalise(sound)
    assert after.shape == sound.shape
    assert after.dtype == np.float32
    assert np.isfinite(after).all()
    assert np.abs(after).max(initial=0) <= max(10 ** (loudness.CEILING_DBTP / 20) + 1e-4, 1e-3)
