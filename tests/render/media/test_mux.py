import hashlib
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest

from render import errors, media
from render.media import encode, ffmpeg, loudness, mux, probe
from render.model import Caption


def picture(path: Path, frames: int, fps: int) -> Path:
    with encode.Encoder(path, width=64, height=64, fps=fps) as encoder:
        encoder.write(np.random.default_rng(1).integers(0, 256, (frames, 64, 64, 3), dtype=np.uint8))
    return path


def noise(samples: int, level: float = 0.1) -> np.ndarray:
    return (level * np.random.default_rng(2).standard_normal((samples, 2))).astype(np.float32)


def decoded_sound(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1).T


@pytest.mark.parametrize(("frames", "fps"), [(96, 24), (100, 60), (9, 8), (1, 60), (61, 30), (50, 25)])
@pytest.mark.parametrize("off_by", [-5000, 0, 5000])
def test_sound_and_picture_start_and_end_together(tmp_path, frames, fps, off_by):
    sound = noise(max(0, frames * 48_000 // fps + off_by))
    target = tmp_path / "clip.mp4"
    mux.mux(picture(tmp_path / "picture.mp4", frames, fps), sound, target, frames=frames, fps=fps)
    found = probe.probe(target)
    assert found.frames == frames
    assert (found.picture_start, found.sound_start) == (0, 0)
    assert found.picture_seconds == pytest.approx(frames / fps, abs=1e-4)
    assert found.sound_seconds == pytest.approx(frames / fps, abs=1e-4)
    assert (found.sound_codec, found.sample_rate, found.channels) == ("aac", 48_000, 2)


def test_a_sample_stays_where_it_was(tmp_path):
    sound = np.zeros((96_000, 2), np.float32)
    sound[30_000:30_048] = 0.5
    target = tmp_path / "clip.mp4"
    mux.mux(picture(tmp_path / "picture.mp4", 48, 24), sound, target, frames=48, fps=24)
    energy = np.abs(decoded_sound(target)).sum(axis=1)
    middle = (energy * np.arange(len(energy))).sum() / energy.sum()
    assert middle == pytest.approx(30_024, abs=48)


@pytest.mark.parametrize("peaks", [0.0, 0.9])
def test_the_finished_file_keeps_below_one_decibel_under_full_scale(tmp_path, peaks):
    soft = np.convolve(noise(96_000)[:, 0], np.hanning(8), mode="same").astype(np.float32)
    sound = np.repeat(soft[:, None], 2, axis=1)
    sound[::12_000] += peaks
    target = tmp_path / "clip.mp4"
    mux.mux(picture(tmp_path / "picture.mp4", 48, 24), sound, target, frames=48, fps=24)
    heard = decoded_sound(target)
    assert loudness.integrated(heard) == pytest.approx(loudness.TARGET_LUFS, abs=1)
    assert loudness.true_peak(heard) <= 10 ** (-1 / 20)


def test_the_picture_is_copied_and_the_index_comes_first(tmp_path):
    source, target = picture(tmp_path / "picture.mp4", 12, 24), tmp_path / "clip.mp4"
    mux.mux(source, noise(24_000), target, frames=12, fps=24)
    packets = []
    for file in (source, target):
        with av.open(str(file)) as container:
            packets.append([bytes(packet) for packet in container.demux(video=0) if packet.size])
    assert packets[0] == packets[1]
    assert probe.probe(target).color_space == probe.probe(target).color_primaries == "bt709"
    data = target.read_bytes()
    assert b"Lavf" not in data
    assert data.index(b"moov") < data.index(b"mdat")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["clip.mp4", "picture.mp4"]


def test_the_same_input_gives_the_same_bytes(tmp_path):
    source = picture(tmp_path / "picture.mp4", 12, 24)
    lines = [Caption(start_s=0, end_s=0.4, text="Hello")]
    for name in ("one.mp4", "two.mp4"):
        mux.mux(source, noise(24_000), tmp_path / name, frames=12, fps=24, captions=lines)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_captions_become_a_text_track_for_each_language(tmp_path):
    lines = [
        Caption(start_s=0.1, end_s=0.4, text='She said: "<b>1 & 2</b>"'),
        Caption(start_s=0.1, end_s=0.4, text="Guten Tag", language="de-AT"),
        Caption(start_s=0.5, end_s=0.9, text="Bye"),
    ]
    target = tmp_path / "clip.mp4"
    mux.mux(picture(tmp_path / "picture.mp4", 24, 24), noise(48_000), target, frames=24, fps=24, captions=lines)
    found = probe.probe(target)
    assert found.text_languages == ("deu", "eng")
    assert found.picture_seconds == found.sound_seconds == 1
    with av.open(str(target)) as container:
        texts = [bytes(packet)[2:].decode() for packet in container.demux(subtitles=1) if packet.size > 2]
    assert texts == ['She said: "<b>1 & 2</b>"', "Bye"]


def test_a_comment_can_be_read_from_the_file(tmp_path):
    target, said = tmp_path / "clip.mp4", 'It\'s a "stand-in": 50 % = half; ünïcode'
    mux.mux(picture(tmp_path / "picture.mp4", 12, 24), noise(24_000), target, frames=12, fps=24, comment=said)
    with av.open(str(target)) as container:
        assert container.metadata["comment"] == said


def test_no_sound_gives_a_silent_track(tmp_path):
    target = tmp_path / "clip.mp4"
    empty = np.zeros((0, 2), np.float32)
    mux.mux(picture(tmp_path / "picture.mp4", 24, 24), empty, target, frames=24, fps=24)
    assert probe.probe(target).sound_seconds == 1
    assert not decoded_sound(target).any()


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(48_000, np.float32),
        np.zeros((48_000, 1), np.float32),
        np.zeros((48_000, 2)),
        np.full((48_000, 2), np.nan, np.float32),
    ],
)
def test_sound_of_another_kind_is_refused(tmp_path, sound):
    with pytest.raises(errors.EngineError, match=r"finite float32 \[samples, 2\]"):
        mux.mux(tmp_path / "picture.mp4", sound, tmp_path / "clip.mp4", frames=24, fps=24)


def test_what_aac_adds_to_the_peaks_is_taken_away(tmp_path, monkeypatch):
    """Bursts of noise come out of AAC 1.3 dB higher than they went in, over the limit of −1 dBTP."""
    noisy = np.random.default_rng(25).standard_normal((96_000, 2)) * (np.arange(96_000)[:, None] % 48_000 < 1440)
    sound, target = noisy.astype(np.float32), tmp_path / "clip.mp4"
    shot = picture(tmp_path / "picture.mp4", 48, 24)

    def peak() -> float:
        mux.mux(shot, sound, target, frames=48, fps=24)
        return loudness.decibels(loudness.true_peak(decoded_sound(target)))

    assert peak() <= mux.MOST_DBTP
    monkeypatch.setattr(mux, "ROUNDS", 1)
    assert peak() > -1


def test_a_picture_that_is_none_is_a_clear_failure(tmp_path):
    (tmp_path / "picture.mp4").write_bytes(b"not a picture" * 1000)
    with pytest.raises(errors.MediaError, match=r"(?s)while it should mux clip\.mp4.*Invalid data"):
        mux.mux(tmp_path / "picture.mp4", noise(48_000), tmp_path / "clip.mp4", frames=24, fps=24)
    assert [file.name for file in tmp_path.iterdir()] == ["picture.mp4"]


def test_what_changes_a_byte_changes_the_revision():
    """If this fails on purpose, give ``media.REVISION`` a new number and mend the hash."""
    settings = [
        ffmpeg.command(encode.stream(Path("picture.mp4"), width=64, height=64, fps=24))[1:],
        ffmpeg.command(mux.stream(Path("picture.mp4"), Path("clip.mp4"), texts={"en": Path("en.vtt")}, comment="x"))[
            1:
        ],
        [name + repr(getattr(part, name)) for part in (loudness, mux) for name in sorted(vars(part)) if name.isupper()],
        np.round(loudness.normalise(noise(48_000))[::4800], 4).tolist(),
        imageio_ffmpeg.get_ffmpeg_version(),
    ]
    digest = hashlib.sha256(repr(settings).encode()).hexdigest()[:16]
    assert (media.REVISION, digest) == ("media-3", "f3e661b7a1ee5419")
