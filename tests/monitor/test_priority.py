from __future__ import annotations

import gc
import json
import os
import subprocess
import sys

import pytest

from gvtui.monitor import priority
from gvtui.monitor.priority import SCREEN_NICENESS, become_realtime, collect


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
    monkeypatch.setattr(os, "setpriority", refuse)
    assert become_realtime() is False


def test_without_real_time_the_monitor_still_comes_before_the_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[tuple[int, ...]] = []

    def schedule(thread: int, policy: int, _parameter: object) -> None:
        if policy & ~os.SCHED_RESET_ON_FORK != os.SCHED_OTHER:
            raise PermissionError(1, "Operation not permitted")
        given.append((thread, policy))

    monkeypatch.setattr(os, "sched_setscheduler", schedule)
    monkeypatch.setattr(os, "setpriority", lambda *words: given.append(words))
    assert become_realtime() is False
    ordinary = (0, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK)
    assert given == [ordinary, (os.PRIO_PROCESS, 0, priority.MONITOR_NICENESS)]
    assert priority.MONITOR_NICENESS < SCREEN_NICENESS


_LEADER = """
import json, os, sys
from gvtui.monitor import priority

def refuse(thread, policy, parameter, schedule=os.sched_setscheduler):
    if policy & ~os.SCHED_RESET_ON_FORK != os.SCHED_OTHER:
        raise PermissionError(1, "Operation not permitted")
    schedule(thread, policy, parameter)

os.sched_setscheduler = refuse
os.setsid()
if sys.argv[1] == "guest" and (child := os.fork()):
    os.waitpid(child, 0)
    os._exit(0)
before = priority._session_niceness()
priority.become_realtime()
niceness = os.getpriority(os.PRIO_PROCESS, 0)
print(json.dumps([niceness, before, priority._session_niceness()]))
"""


@pytest.mark.parametrize("place", ["leader", "guest"])
def test_without_real_time_the_monitor_s_own_session_comes_first_too(place: str) -> None:
    words = [sys.executable, "-c", _LEADER, place]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    niceness, before, after = json.loads(out)
    is_favoured = niceness == priority.MONITOR_NICENESS and before is not None and place == "leader"
    assert after == (priority.MONITOR_NICENESS if is_favoured else before)


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


_SCREEN = """
import json, os, subprocess, sys, threading
from gvtui.monitor.priority import _session_niceness, favoured_screen

POLICY = "os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK"
# At real-time priority niceness does nothing, and the kernel sets it anew for each thread.
NOW = f"[{POLICY}, os.getpriority(os.PRIO_PROCESS, 0) * ({POLICY} == os.SCHED_OTHER)]"

def now():
    return eval(NOW)

if sys.argv[1] == "one":
    os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1])
os.setsid()
begin, before, found = threading.Event(), _session_niceness(), {"usual": now()}
def look(name):
    found[name] = now()
early = threading.Thread(target=lambda: begin.wait() and look("early"))
early.start()
with favoured_screen() as granted:
    look("own")
    code = f"import json, os; print(json.dumps({NOW}))"
    found["child"] = json.loads(subprocess.check_output([sys.executable, "-c", code]))
    late = threading.Thread(target=look, args=("late",))
    late.start()
    late.join()
    begin.set()
    early.join()
    session = _session_niceness()
after = threading.Thread(target=look, args=("after",))
after.start()
after.join()
print(json.dumps([granted, found, before, session, _session_niceness()]))
"""


@pytest.mark.parametrize("processors", ["one", "all"])
def test_the_screen_comes_first_with_all_its_threads_but_not_what_it_starts(
    processors: str,
) -> None:
    words = [sys.executable, "-c", _SCREEN, processors]
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    granted, found, before, session, after = json.loads(out)
    favoured = found["own"]
    assert found["early"] == found["late"] == favoured
    assert (favoured != found["usual"]) == granted
    if granted:
        assert found["child"] == found["after"] == [os.SCHED_OTHER, 0]
        assert favoured in ([os.SCHED_RR, 0], [os.SCHED_OTHER, SCREEN_NICENESS])
    if processors == "one":
        assert favoured[0] == os.SCHED_OTHER
    # A session is favoured in place of the screen's threads alone.
    is_nice = granted and favoured[0] == os.SCHED_OTHER
    assert session == (SCREEN_NICENESS if is_nice and before is not None else before)
    assert after == before


_FORKED = """
import os
from gvtui.monitor.priority import become_realtime, keep_pace

def told(step):
    policy = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
    print(policy == os.SCHED_FIFO, os.sched_getparam(0).sched_priority, step, flush=True)

processors = {processors}
if processors:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:processors])
print(become_realtime(passes_on=True), flush=True)
from gvtui.fence.kernel import keep_capabilities
keep_capabilities(frozenset())
if os.fork() == 0:
    told(keep_pace())
    if os.fork() == 0:
        told("")
        os._exit(0)
    os.wait()
    os._exit(0)
os.wait()
told("")
"""


def scheduled(processors: int) -> list[list[str]]:
    """What a process, one forked from it that keeps pace, and one forked from that tell."""
    script = _FORKED.format(processors=processors)
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return [line.split() for line in out.stdout.splitlines()]


def test_who_keeps_pace_comes_after_the_screen_and_needs_no_right_for_it() -> None:
    [granted], keeping, forked, own = scheduled(0)
    if granted == "True" and len(os.sched_getaffinity(0)) > 1:
        assert keeping == ["True", str(priority.THINNER_PRIORITY), "True"]
        assert own == ["True", str(priority.FIFO_PRIORITY)]
        assert 0 < priority.THINNER_PRIORITY < priority.SCREEN_PRIORITY < priority.FIFO_PRIORITY
    else:
        assert keeping[2] == "False"
    # What that starts is ordinary.
    assert forked[:2] == ["False", "0"]


def test_on_a_single_processor_it_is_ordinary() -> None:
    _, keeping, forked, _ = scheduled(1)
    assert keeping == ["False", "0", "False"]
    assert forked[:2] == ["False", "0"]
