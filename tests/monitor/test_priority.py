from __future__ import annotations

import gc
import os
import subprocess
import sys

import pytest

from gvtui.monitor import priority
from gvtui.monitor.priority import become_realtime, collect


def test_real_time_is_granted_or_quietly_refused() -> None:
    script = (
        "import os; from gvtui.monitor.priority import become_realtime;"
        "print(become_realtime(), os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK)"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    granted, policy = out.stdout.split()
    assert (granted == "True") == (int(policy) == os.SCHED_FIFO)


def test_a_refusal_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    assert become_realtime() is False


def test_the_collector_is_off_until_idle() -> None:
    script = (
        "import gc; from gvtui.monitor.priority import quiet_collector;"
        "quiet_collector(); print(gc.isenabled(), gc.get_freeze_count() > 0)"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "True"]


@pytest.mark.parametrize(
    ("is_idle", "waiting", "times"),
    [
        (True, 0, 1),
        (False, priority.MOST_UNCOLLECTED - 1, 0),
        (False, priority.MOST_UNCOLLECTED, 1),
    ],
)
def test_it_is_collected_when_idle_or_when_it_is_much(
    monkeypatch: pytest.MonkeyPatch, *, is_idle: bool, waiting: int, times: int
) -> None:
    done: list[int] = []
    monkeypatch.setattr(gc, "get_count", lambda: (waiting, 0, 0))
    monkeypatch.setattr(gc, "collect", lambda: done.append(1))
    collect(is_idle=is_idle)
    assert len(done) == times


def test_the_screen_comes_first_but_not_what_it_starts() -> None:
    script = """
import os, subprocess, sys, threading
from gvtui.monitor.priority import _session_niceness, favoured_screen
os.setsid()
before = _session_niceness()
with favoured_screen() as granted:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    code = "import os; print(os.getpriority(os.PRIO_PROCESS, 0))"
    child = subprocess.check_output([sys.executable, "-c", code], text=True).strip()
    found = []
    thread = threading.Thread(target=lambda: found.append(os.getpriority(os.PRIO_PROCESS, 0)))
    thread.start()
    thread.join()
    session = _session_niceness()
print(granted, own, child, found[0], session, before, _session_niceness())
"""
    usual = str(os.getpriority(os.PRIO_PROCESS, 0))
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    granted, own, child, thread, session, before, after = out.stdout.split()
    assert (own, child, thread) == (("-15", "0", "0") if granted == "True" else (usual,) * 3)
    assert session in ("None", "-15" if granted == "True" else before)
    assert before == after
