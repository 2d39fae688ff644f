"""Engines that misbehave as their prompt says, installed for the workers as any third party's would be."""

import ctypes
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

from render import errors
from render.engines.testcard import TestcardEngine
from render.model import Failure


class Mischief(TestcardEngine):
    """Does as its prompt says, else gives a card.

    kill, refuse, fail, bug, short, skip, stop, leave, gorge, freeze [FILE], and with FILE: hang, pause, once, halt.
    freeze leaves its process's number in its file; pause leaves a character each time, and takes its time the first.
    """

    capabilities = replace(TestcardEngine.capabilities, name="mischief", revision="1", group_size=1)

    def generate(self, jobs, *, cancel, progress):
        for footage in super().generate(jobs, cancel=cancel, progress=progress):
            word, _, file = footage.job.prompt.partition(" ")
            if word == "skip":
                continue
            if word == "leave":
                raise errors.Cancelled("I have had enough.")
            if word == "refuse":
                yield Failure(job=footage.job, reason="It shows no such thing.", permanent=True)
            else:
                yield replace(footage, frames=self.frames(footage, word, file, cancel))

    def frames(self, footage, word, file, cancel):
        yield next(footage.frames)[: 1 if word in {"short", "kill"} else None]
        if word == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "freeze":  # and gives no other thread a turn
            if file:
                with Path(file).open("a") as tried:
                    tried.write(f"{os.getpid()} ")
            ctypes.PyDLL(None).pause()
        if word == "halt" and not Path(file).exists():
            Path(file).touch()
            os.kill(os.getpid(), signal.SIGSTOP)
        if word == "gorge":
            eaten = []
            while True:
                eaten.append(b"x" * (16 << 20))
                time.sleep(0.01)
        if word == "fail":
            raise errors.EngineError("The lamp is broken.")
        if word == "stop":
            raise errors.Cancelled("I have had enough.")
        if word == "bug":
            raise LookupError("no such lamp")
        if word == "once" and not Path(file).exists():
            Path(file).touch()
            raise OSError("The lamp flickers.")
        if word == "pause":
            times = Path(file).stat().st_size if Path(file).exists() else 0
            with Path(file).open("a") as count:
                count.write("x")
            for _ in range(0 if times else 300):
                cancel.check()
                time.sleep(0.01)
        if word == "hang":
            Path(file).touch()
            while True:
                cancel.check()
                time.sleep(0.01)
        yield from footage.frames


class Quads(Mischief):
    """Wants its jobs four at a time."""

    capabilities = replace(Mischief.capabilities, name="quads", group_size=4)


class Needy(Mischief):
    """Needs what no worker of the tests has."""

    capabilities = replace(Mischief.capabilities, name="needy", resources={"TPU": 1})
