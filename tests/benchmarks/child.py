"""What a process of gvtui's takes, from its start to its end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from typing import NamedTuple

_POLL_SECONDS = 0.05


class Spent(NamedTuple):
    """What one run took."""

    seconds: float
    """By the clock."""
    busy: float
    """Seconds of all processors."""
    mib: float
    """Of memory, at most."""
    code: int
    """Its exit code."""


def spent(
    *words: str, codes: Collection[int] = (0, 1), watch: Callable[[int], object] | None = None
) -> Spent:
    """Run Python with some words in a process of its own; the run ends this one if it fails.

    Args:
        words: the arguments of Python.
        codes: the exit codes of runs that have not failed.
        watch: called with the process's id now and then while it runs.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        pid, status, used = os.wait4(process.pid, 0 if watch is None else os.WNOHANG)
        if pid:
            break
        if watch is not None:
            watch(process.pid)
        time.sleep(_POLL_SECONDS)
    taken = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        sys.exit(f"{words} ended with {process.returncode}")
    return Spent(taken, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode)
