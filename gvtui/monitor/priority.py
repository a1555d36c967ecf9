"""Gives the monitor real-time priority, and controls when it collects garbage."""

from __future__ import annotations

import gc
import os

FIFO_PRIORITY = 10
"""The priority: above every ordinary process, below those of the kernel and audio servers."""


MOST_UNCOLLECTED = 50_000
"""How many new objects since the last collection force one even under load."""


def become_realtime() -> bool:
    """Ask for real-time priority; False if this user may not have it."""
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(FIFO_PRIORITY))
    except (OSError, AttributeError):
        return False
    return True


def quiet_collector() -> None:
    """Stop automatic garbage collection; `collect` replaces it."""
    gc.collect()
    gc.freeze()
    gc.disable()


def collect(*, is_idle: bool) -> None:
    """Collect garbage if the monitor is idle, or if there is much of it."""
    if is_idle or gc.get_count()[0] >= MOST_UNCOLLECTED:
        gc.collect()
