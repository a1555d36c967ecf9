"""Keeps the monitor ahead of what it watches, and the garbage collector out of its way."""

from __future__ import annotations

import gc
import os

FIFO_PRIORITY = 10
"""Above every ordinary process, below what the kernel and audio servers use."""


def become_realtime() -> bool:
    """Ask for real-time priority; False where this user may not have it."""
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(FIFO_PRIORITY))
    except (OSError, AttributeError):
        return False
    return True


def quiet_collector() -> None:
    """Stop automatic garbage collection; `collect_when_idle` does it instead."""
    gc.collect()
    gc.freeze()
    gc.disable()


def collect_when_idle() -> None:
    """Collect what cycles have left behind."""
    gc.collect()
