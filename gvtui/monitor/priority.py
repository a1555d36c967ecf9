"""Gives the monitor real-time priority and the screen more than ordinary programs; controls when
garbage is collected."""

from __future__ import annotations

import contextlib
import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.files import appended

if TYPE_CHECKING:
    from collections.abc import Iterator

FIFO_PRIORITY = 10
"""The priority: above every ordinary process, below those of the kernel and audio servers."""

SCREEN_NICENESS = -15
"""The share of a processor that 30 ordinary programs have together: the screen needs less."""
_SWITCH = Path("/proc/sys/kernel/sched_autogroup_enabled")
_SESSION = Path("/proc/self/autogroup")

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


@contextlib.contextmanager
def favoured_screen() -> Iterator[bool]:
    """Have this thread served before ordinary ones meanwhile, so that keys are answered while
    sandboxes take all processors. Programs and threads that it starts are ordinary.

    Where the kernel shares processors out by session (sched(7), "The autogroup feature"), the session
    of this terminal gets more, until the end.

    Yields:
        Whether that is granted to this user.
    """
    before = _session_niceness()
    try:
        os.sched_setscheduler(0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
        os.setpriority(os.PRIO_PROCESS, 0, SCREEN_NICENESS)
        if before is not None:
            _favour_session(SCREEN_NICENESS)
    except (OSError, AttributeError):
        yield False
        return
    try:
        yield True
    finally:
        if before is not None:
            with contextlib.suppress(OSError):
                _favour_session(before)


def _session_niceness() -> int | None:
    """The niceness of this session as a whole; None where sessions have none."""
    try:
        is_on = _SWITCH.read_text().strip() == "1"
        return int(_SESSION.read_text().rpartition("nice ")[2]) if is_on else None
    except (OSError, ValueError):
        return None


def _favour_session(niceness: int) -> None:
    with appended(_SESSION) as file:
        file.write(str(niceness).encode())


def quiet_collector() -> None:
    """Stop automatic garbage collection; `collect` replaces it."""
    gc.collect()
    gc.freeze()
    gc.disable()


def collect(*, is_idle: bool) -> None:
    """Collect garbage if the monitor is idle, or if there is much of it."""
    if is_idle or gc.get_count()[0] >= MOST_UNCOLLECTED:
        gc.collect()
