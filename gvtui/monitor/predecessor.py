"""Finds in the traces before what a monitor that goes on with connections has to know of them."""

from __future__ import annotations

import contextlib
import math
import time
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.monitor.folder import is_guarded
from gvtui.monitor.goingon import STORED_AS, GoingOn, WentBefore
from gvtui.trace.connections import MONITOR_STOPPED
from gvtui.trace.header import is_being_written
from gvtui.trace.reader import Trace
from gvtui.trace.records import LogKind
from gvtui.trace.standing import Standing
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

END_SECONDS = 10.0
"""How long the monitor before may take to end."""
_PAUSE_SECONDS = 0.05

_MOST_TRACES = 8
"""How many traces are looked through: some starts may have come to nothing."""

_MOST_BYTES = 512 << 20
"""Bytes of a flight recorder that are read, the newest: they tell who was connected, and sandboxes
wait meanwhile."""


def found_before(connections: Iterable[tuple[int, str]], traces: Iterable[Path]) -> WentBefore:
    """What the traces before tell of connections; waits for a monitor that is about to end.

    Args:
        connections: descriptors with their names in the store.
        traces: those that a monitor of this place has written, the newest first.
    """
    before = WentBefore([GoingOn(fd, name) for fd, name in connections])
    sources: list[str] = []
    wanted = {each.name: each for each in before.connections}
    for path in list(traces)[:_MOST_TRACES]:
        if not wanted:
            break
        _wait_for_end(path)
        try:
            with contextlib.closing(Trace.open(path, newest=_MOST_BYTES)) as trace:
                killed = _find(trace, wanted, before)
        except (GvtuiError, OSError):
            # Its files were removed, or it never came to anything.
            continue
        if killed is not None:
            sources.append(f"{path}{_KILLED * killed}")
    # In the order in which they came; those of which nothing is known come last.
    before.connections.sort(key=lambda each: each.opened_ns or math.inf)
    before.text = _sentence(before, sources, len(wanted))
    return before


_KILLED = (
    " (its monitor was killed: nothing tells whether it had received messages that it could write "
    "no more)"
)


def _find(trace: Trace, wanted: dict[str, GoingOn], before: WentBefore) -> bool | None:
    """Take in what a trace tells of the connections that are still wanted.

    Returns:
        Whether its monitor was killed; None if it tells of none of them.
    """
    numbers: dict[int, GoingOn] = {}
    marks = []
    now_ns = time.time_ns()
    for told in Standing(trace, trace.end_row, is_stopped=True).records(now_ns):
        if told.kind == LogKind.OPENED:
            name = told.details.get(STORED_AS)
            if not isinstance(name, str) or name not in wanted:
                continue
            one = numbers[told.conn] = wanted.pop(name)
            one.opened_ns = told.recv_ns
            # What was dropped until now stands in the trace before.
            one.details = {**told.details, "drops_before": 0}
        elif told.conn in numbers:
            numbers[told.conn].marks.append((told.recv_ns, told.details))
        elif not told.conn:
            marks.append((told.recv_ns, told.details))
    if not numbers:
        return None
    before.marks += marks
    stood = (trace.connections.get(conn) for conn in numbers)
    return any(each is not None and each.close_reason != MONITOR_STOPPED for each in stood)


def _sentence(before: WentBefore, sources: list[str], unknown: int) -> str:
    words = []
    if sources:
        known = len(before.connections) - unknown
        go_on = counted(known, "connection goes on", "connections go on")
        words.append(f"{go_on} from {', '.join(sources)}")
    if unknown:
        go_on = counted(unknown, "connection goes on", "connections go on")
        words.append(f"{go_on} of whose beginning no trace here tells")
    return "; ".join(words)


def _wait_for_end(path: Path) -> None:
    """Wait until nobody writes a trace any more, for some seconds at most."""
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline and _is_written(path):
        time.sleep(_PAUSE_SECONDS)


def _is_written(path: Path) -> bool:
    try:
        return is_guarded(path) if path.is_dir() else is_being_written(path)
    except OSError:
        # It has gone.
        return False
