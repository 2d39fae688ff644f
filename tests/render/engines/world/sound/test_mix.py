import numpy as np
import pytest


@pytest.mark.parametrize("tempo", [1.0, 0.5, 0.25])
def test_a_contact_is_heard_when_it_is_seen(studio, tempo):
    times = [0.21, 0.43, 0.9]
    contacts = [studio.contact(time) for time in times]
    for contact in contacts:
        sound = studio.render(studio.stage(tempo=tempo), studio.motion([contact]))
        late = studio.onset(sound) - contact.time / tempo
        assert 0.0025 < late < 0.0045, "3 ms of way, and what the detector needs"


def test_slow_motion_sounds_lower(studio):
    def centre(tempo):
        sound = studio.render(studio.stage(tempo=tempo), studio.motion([studio.contact(0.1)]))[:, 0]
        power = np.abs(np.fft.rfft(sound)) ** 2
        return (power * np.fft.rfftfreq(len(sound), 1 / 48_000)).sum() / power.sum()

    assert centre(0.25) < 0.75 * centre(1.0)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(studio):
    stage, motion = studio.stage(ambience=("yard",)), studio.motion([studio.contact(0.5), studio.contact(1.0)])
    one, two, other = (studio.render(stage, motion, seed=seed) for seed in (3, 3, 4))
    assert one.tobytes() == two.tobytes()
    assert one.tobytes() != other.tobytes()
