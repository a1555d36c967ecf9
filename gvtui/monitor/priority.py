"""Keeps the monitor ahead of what it watches, and the garbage collector out of its way."""

from __future__ import annotations

import gc
import os

FIFO_PRIORITY = 10
"""Above every ordinary process, below what the kernel and audio servers use."""


MOST_UNCOLLECTED = 50_000
"""Objects made and not freed since the last collection, after which it is done even under load."""


def become_realtime() -> bool:
    """Ask for real-time priority; False where this user may not have it."""
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(FIFO_PRIORITY))
    except (OSError, AttributeError):
        return False
    return True


def quiet_collector() -> None:
    """Stop automatic garbage collection; `collect` does it instead."""
    gc.collect()
    gc.freeze()
    gc.disable()


def collect(*, is_idle: bool) -> None:
    """Collect what cycles have left behind: while nothing comes, or where it has become much."""
    if is_idle or gc.get_count()[0] >= MOST_UNCOLLECTED:
        gc.collect()
