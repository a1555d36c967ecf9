"""What is measured of processes is what they take."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.load.usage import MIB, Sampler, processes_of, usage_of
from tests.processes import children_of

TAKING = """
import os, sys, threading
room = bytearray(b"x") * (50 << 20)
files = [os.open("/dev/null", os.O_RDONLY) for _ in range(40)]
stop = threading.Event()
for _ in range(3):
    threading.Thread(target=stop.wait).start()
print(flush=True)
sys.stdin.read()
stop.set()
"""
CLOSING = """
import os, sys
files = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
print(flush=True)
while sys.stdin.readline():
    os.close(files.pop())
    print(flush=True)
"""


def test_memory_descriptors_and_threads_are_counted() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", TAKING], **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline()
        assert process.pid in children_of(os.getpid())
        usage = usage_of(process.pid)
        assert 50 * MIB < usage.own < 80 * MIB
        assert usage.mapped > 0
        assert usage.descriptors == 43
        assert usage.threads == 4
        assert Sampler({"one": process.pid}, 1).now().keys() == {"one"}
        process.stdin.close()


def test_what_is_open_in_passing_is_waited_for_and_what_stays_open_is_told() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", CLOSING], **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline()

        def close_one() -> None:
            process.stdin.write(b"\n")
            process.stdin.flush()
            assert process.stdout.readline()

        sampler = Sampler({"one": process.pid}, 1)
        assert sampler.now()["one"].descriptors == 6
        # It ends with the look at which no more is open.
        now = sampler.now()["one"]
        most = {"one": replace(now, descriptors=4)}
        assert sampler.at_rest(120.0, close_one, most)["one"].descriptors == 4
        assert sampler.now()["one"].descriptors == 4
        most = {"one": replace(now, descriptors=3)}
        assert sampler.at_rest(0.0, close_one, most)["one"].descriptors == 4
        process.stdin.close()


def test_a_process_without_monitor_is_told_from_a_viewer() -> None:
    with pytest.raises(LookupError, match="no monitor"):
        processes_of(os.getpid(), 0.0)
