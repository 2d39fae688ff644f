import os
import subprocess
import sys

from render.farm import process


def test_there_is_no_start_time_of_the_dead():
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process.start_time(child.pid) is None  # a zombie
    child.wait()
    assert process.start_time(child.pid) is None


def test_a_process_that_lives_has_one_start_time():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        start = process.start_time(child.pid)
        assert start is not None
        assert start == process.start_time(child.pid)
        assert start >= process.start_time(os.getpid())
        child.communicate(b"\n")
