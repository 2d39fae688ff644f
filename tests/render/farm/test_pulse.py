import subprocess
import sys

import pytest

PULSE = """
import ctypes, sys, threading, time
from render.farm.pulse import Pulse

def beaten(pulse, seconds):
    for _ in range(round(seconds / 0.05)):
        pulse.beat()
        time.sleep(0.05)

"""


def ended(work: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", PULSE + work], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("hang", ["threading.Event().wait()", "ctypes.PyDLL(None).pause()"], ids=["idle", "locked"])
def test_a_process_in_which_nothing_moves_is_ended_and_says_where_it_hung(hang):
    """Also where the call that never returns keeps Python's lock, so that no thread of Python could end it."""
    done = ended(f"with Pulse(0.5, lambda: None) as pulse:\n    pulse.beat()\n    {hang}\n")
    assert done.returncode == 1
    assert "most recent call first" in done.stderr


def test_work_that_gets_on_may_take_any_time_and_says_so_from_time_to_time():
    """A beat puts the end off, few of many are passed on, and after the work nothing is ended any more."""
    done = ended(
        "said = []\n"
        "with Pulse(1.0, lambda: said.append(1)) as pulse:\n    beaten(pulse, 2.5)\n"
        "time.sleep(1.5)\nprint(len(said))\n"
    )
    assert done.returncode == 0, done.stderr
    assert 3 <= int(done.stdout) <= 50


def test_of_two_works_at_once_one_that_hangs_is_enough():
    """A process with several threads is ended although another one of them gets on."""
    done = ended(
        "threading.Thread(target=lambda: Pulse(0.5, lambda: None).__enter__()).start()\n"
        "with Pulse(0.5, lambda: None) as pulse:\n    beaten(pulse, 30)\n"
    )
    assert done.returncode == 1


def test_a_beat_after_the_work_ends_nothing():
    """A thread that an engine left behind may still tell of progress: the next job has no part in it."""
    done = ended(
        "with Pulse(0.5, lambda: None) as over:\n    pass\n"
        "with Pulse(30, lambda: None):\n    time.sleep(0.1)\n    over.beat()\n    time.sleep(1)\n"
    )
    assert done.returncode == 0, done.stderr
