import os
import socket
import subprocess
import sys

from render.farm import scratch


def named(pid, start):
    return f"{socket.gethostname()}-{pid}-{start}"


def test_what_dead_processes_of_this_host_left_is_swept_and_nothing_else(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    start = scratch.start_time(child.pid)
    alive = tmp_path / named(child.pid, start)
    recycled = tmp_path / named(child.pid, start - 1)
    other_host = tmp_path / f"elsewhere-{child.pid}-1"
    foreign = tmp_path / "dask-scratch-space"
    for folder in (alive, recycled, other_host, foreign):
        folder.mkdir()
        (folder / "picture.mp4.part").touch()
    assert scratch.sweep(tmp_path) == [recycled]
    assert not recycled.exists()
    child.communicate(b"\n")
    assert scratch.sweep(tmp_path) == [alive]
    assert sorted(tmp_path.iterdir()) == sorted([other_host, foreign])


def test_a_process_has_one_directory_which_goes_with_it(tmp_path):
    code = (
        "import sys, pathlib; from render.farm import scratch; root = pathlib.Path(sys.argv[1]);"
        "own = scratch.of_process(root); assert own == scratch.of_process(root); print(own)"
    )
    said = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert said.stdout.startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_private_directories_are_gone_after_an_error_too(tmp_path):
    try:
        with scratch.private(tmp_path, "job") as folder:
            (folder / "picture.mp4").touch()
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert not folder.exists()
    assert folder.parent == scratch.of_process(tmp_path)


def test_there_is_no_start_time_of_the_dead():
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert scratch.start_time(child.pid) is None  # a zombie
    child.wait()
    assert scratch.start_time(child.pid) is None
