"""Gives the monitor and the screen priority over ordinary programs; controls when garbage is
collected."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.files import written_to

if TYPE_CHECKING:
    from collections.abc import Iterator

FIFO_PRIORITY = 10
"""The priority: above every ordinary process, below those of the kernel and audio servers."""

MONITOR_NICENESS = -20
"""Where it gets none: more than the screen, which would keep the monitor from receiving."""

SCREEN_PRIORITY = 2
"""The screen's real-time priority, below the monitor's. Niceness alone is not enough: the kernel
leaves a thread that outweighs all others of a processor where it is, behind the monitor."""
SCREEN_NICENESS = -15
"""Where it gets none: the share of a processor that 30 ordinary programs have together."""

THINNER_PRIORITY = 1
"""The real-time priority of the process that has to keep pace with the monitor, below the screen's: it
works for a part of the time that the monitor takes for the same messages."""

_LAST_NICENESS = 19

_THREADS = Path("/proc/self/task")
_SWITCH = Path("/proc/sys/kernel/sched_autogroup_enabled")
_SESSION = Path("/proc/self/autogroup")

MOST_UNCOLLECTED = 50_000
"""How many new objects since the last collection force one even under load."""


def become_realtime(*, passes_on: bool = False) -> bool:
    """Ask for real-time priority; False if this user may not have it, or if the kernel has none for
    the control group of this process. Then the thread gets as much as an ordinary one can.

    Args:
        passes_on: whether processes that are forked have it too; each must choose another for itself.
    """
    try:
        policy = os.SCHED_FIFO | (0 if passes_on else os.SCHED_RESET_ON_FORK)
        os.sched_setscheduler(0, policy, os.sched_param(FIFO_PRIORITY))
    except (OSError, AttributeError):
        with contextlib.suppress(OSError, AttributeError):
            _be_nice(0, MONITOR_NICENESS)
            # Among sessions the niceness of a thread counts for nothing. A session that others began
            # has more in it than the monitor.
            if os.getsid(0) == os.getpid() and _session_niceness() is not None:
                _favour_session(MONITOR_NICENESS)
        return False
    return True


def keep_pace() -> bool:
    """Have this process, forked from one that has `become_realtime` for both, served before ordinary
    ones, but after the screen and the monitor.

    No right is needed for that. It is ordinary afterwards where the other one is, and on a single
    processor, of which nothing would be left for what is ordinary.
    """
    with contextlib.suppress(OSError, AttributeError):
        is_realtime = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO
        if is_realtime and len(os.sched_getaffinity(0)) > 1:
            policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
            os.sched_setscheduler(0, policy, os.sched_param(THINNER_PRIORITY))
            return True
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return False


def be_last() -> None:
    """Have this process run only when a processor is idle."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _LAST_NICENESS)
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _be_nice(thread: int, niceness: int) -> None:
    """Give an ordinary thread a niceness; programs and threads that it starts have the usual one.

    Raises:
        OSError: this user may not.
    """
    os.sched_setscheduler(thread, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))
    os.setpriority(os.PRIO_PROCESS, thread, niceness)


@contextlib.contextmanager
def favoured_screen() -> Iterator[bool]:
    """Have this process served before ordinary ones meanwhile, so that keys are answered while
    sandboxes take all processors. Programs that it starts are ordinary.

    All of its threads are favoured, those that begin meanwhile too: one that holds the interpreter
    and waits for a processor would keep the screen waiting as long.

    Where the kernel shares processors out by session (sched(7), "The autogroup feature"), the session
    of this terminal gets more, until the end.

    Yields:
        Whether that is granted to this user.
    """
    before = _session_niceness()
    try:
        is_realtime = False not in {_favour(int(each.name)) for each in _THREADS.iterdir()}
        if before is not None and not is_realtime:
            # The threads are favoured also where the session cannot be.
            with contextlib.suppress(OSError):
                _favour_session(SCREEN_NICENESS)
    except (OSError, AttributeError):
        yield False
        return
    threading.setprofile(_favour_new_thread)
    try:
        yield True
    finally:
        threading.setprofile(None)
        if before is not None and not is_realtime:
            with contextlib.suppress(OSError):
                _favour_session(before)


def _favour(thread: int) -> bool:
    """Favour a thread, if there still is one of this number; gives whether at real-time priority.

    Raises:
        OSError: this user may not.
    """
    with contextlib.suppress(ProcessLookupError):
        if len(os.sched_getaffinity(0)) > 1:
            # On a single processor there would be nothing left for what is ordinary: the kernel would
            # hold up the monitor too, see `gvtui.monitor.pace.Breath`.
            with contextlib.suppress(PermissionError):
                policy = os.SCHED_RR | os.SCHED_RESET_ON_FORK
                os.sched_setscheduler(thread, policy, os.sched_param(SCREEN_PRIORITY))
                return True
        _be_nice(thread, SCREEN_NICENESS)
        return False
    return True


def _favour_new_thread(*_: object) -> None:
    """Favour a thread that begins, which calls this before all else."""
    sys.setprofile(None)
    with contextlib.suppress(OSError):
        _favour(threading.get_native_id())


def _session_niceness() -> int | None:
    """The niceness of this session as a whole; None where sessions have none."""
    try:
        is_on = _SWITCH.read_text().strip() == "1"
        return int(_SESSION.read_text().rpartition("nice ")[2]) if is_on else None
    except (OSError, ValueError):
        return None


def _favour_session(niceness: int) -> None:
    with written_to(_SESSION) as file:
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
