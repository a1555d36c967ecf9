"""How a running monitor is: as a document, as text, and as metrics for Prometheus."""

from __future__ import annotations

import os
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from gvtui.decode.escape import escape
from gvtui.decode.times import second_text
from gvtui.limits import span_text
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from gvtui.monitor.hearing import Hearing
    from gvtui.trace.reach import Reach
    from gvtui.trace.reader import Trace

VERSION = 1
"""The version of the document; it changes when a name goes or gets another meaning."""

MOST_SANDBOXES = 1000
"""How many connected sandboxes are listed, the newest first."""
MOST_NAME_BYTES = 96 << 10
"""How many bytes their names have together; the document goes to viewers in one message."""

_RATE_SECONDS = 5.0
_MAX_TEXT = 500


class MonitorRates:
    """How much came a second lately, of what the monitor counts."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: deque[tuple[float, int, int]] = deque()

    def take(self, received: int, dropped: int) -> None:
        """Take in what the monitor has counted by now."""
        now = self._clock()
        if self._counts and received < self._counts[-1][1]:
            # It counts anew, for new files.
            self._counts.clear()
        self._counts.append((now, received, dropped))
        while len(self._counts) > 2 and now - self._counts[1][0] >= _RATE_SECONDS:
            self._counts.popleft()

    @property
    def is_known(self) -> bool:
        """Whether the monitor has counted twice; before, nothing tells how much comes."""
        return len(self._counts) >= 2

    @property
    def per_second(self) -> tuple[float, float]:
        """Messages and dropped points a second."""
        if not self.is_known:
            return 0.0, 0.0
        first, last = self._counts[0], self._counts[-1]
        seconds = max(last[0] - first[0], 1e-9)
        return (last[1] - first[1]) / seconds, (last[2] - first[2]) / seconds


def status_document(
    monitor: Hearing,
    trace: Trace,
    rates: MonitorRates,
    *,
    who: Mapping[str, Any],
    faults: list[str],
    now_ns: int,
    reach: Reach,
    kept: tuple[int, float] | None,
    former: tuple[int, int] = (0, 0),
) -> dict[str, Any]:
    """How the monitor is, as plain values.

    Args:
        monitor: what it says of itself.
        trace: what it writes.
        rates: how much came lately.
        who: the processes, the socket, and how many viewers there are.
        faults: what is wrong now.
        now_ns: the time, Unix nanoseconds.
        reach: how far back rows reach.
        kept: for how many bytes and seconds rows are kept, 0 seconds for no bound; None for a
            recording, which keeps all.
        former: how many traces of former monitors are in the folder, and how many bytes they take.
    """
    keep_bytes, keep_seconds = kept if kept is not None else (None, None)
    connections = trace.connections
    account = monitor.account_of(connections.messages, is_all=not trace.is_behind)
    messages_rate, dropped_rate = rates.per_second
    return {
        "version": VERSION,
        **who,
        "now_ns": now_ns,
        "realtime": monitor.realtime,
        "faults": faults,
        "unaccounted": monitor.unaccounted,
        "trace": {
            "path": str(monitor.trace_path),
            "bytes": trace.size_bytes,
            "free_bytes": _free_bytes(monitor.trace_path),
            "keep_bytes": keep_bytes,
            "keep_seconds": keep_seconds or None,
            "former_traces": former[0],
            "former_bytes": former[1],
            "rows_behind": trace.available_rows - trace.end_row,
        },
        "connections": {
            "now": monitor.connected,
            "total": monitor.connections,
            "refused": monitor.refused,
        },
        "messages": {
            "received": account.received,
            "logged": account.logged,
            "lost": monitor.lost,
            "left_out": monitor.left_out,
            "per_second": round(messages_rate, 1),
        },
        "dropped": {
            "points": account.dropped,
            "is_least": connections.may_lack_drops(now_ns),
            "per_second": round(dropped_rate, 1),
        },
        "sandboxes": list(_sandboxes(trace, reach, frozenset(monitor.closed), now_ns)),
    }


def _sandboxes(
    trace: Trace, reach: Reach, closed: frozenset[int], now_ns: int
) -> Iterator[dict[str, Any]]:
    connections, size = trace.connections, 0
    connected = [
        each
        for each in connections.sandboxes()
        if any(one.connected and one.conn not in closed for one in each.connections)
    ]
    for each in reversed(connected[-MOST_SANDBOXES:]):
        name = _short(connections.names(each.latest.conn, each.container_id).full)
        container_id = _short(each.container_id)
        size += sum(len(text.encode("utf-8", "replace")) for text in (container_id, name))
        if size > MOST_NAME_BYTES:
            return
        yield {
            "container_id": container_id,
            "name": name,
            "messages": each.messages,
            "dropped": each.dropped,
            "dropped_is_least": each.may_lack_drops(now_ns),
            "rows_since_ns": reach.since(
                (one.conn for one in each.connections),
                min(one.opened_ns for one in each.connections),
            ),
        }


def _short(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def _free_bytes(path: Path) -> int | None:
    """Room on the disk of a trace, in bytes; None if it cannot be told."""
    try:
        told = os.statvfs(path if path.is_dir() else path.parent)
    except OSError:
        return None
    return told.f_bavail * told.f_frsize


def status_text(told: Mapping[str, Any]) -> Iterator[str]:
    """The document as lines for people; texts of sandboxes are escaped."""
    trace, dropped = told["trace"], told["dropped"]
    connections, messages = told["connections"], told["messages"]
    least = "at least " if dropped["is_least"] else ""
    free = trace["free_bytes"]
    room = f", {free:,} bytes free on its disk" if free is not None else ""
    seconds = max(0, told["now_ns"] - told["since_ns"]) / 1e9
    yield f"monitor      process {told['pid']}, kept by process {told['keeper']}, for {seconds:,.0f} s"
    yield f"priority     {'real-time' if told['realtime'] else 'normal'}"
    yield f"socket       {escape(told['listen'], _MAX_TEXT)}"
    yield f"trace        {escape(trace['path'], _MAX_TEXT)}"
    yield f"             {trace['bytes']:,} bytes{room}"
    yield f"keeps        {_kept(trace.get('keep_bytes'), trace.get('keep_seconds'))}"
    if former := trace.get("former_traces"):
        many = counted(former, "trace") + " of former monitors"
        yield f"             {trace['former_bytes']:,} of these now for {many}: what sandboxes"
        yield "             sent there that hold more than an equal share of all goes first"
    yield f"viewers      {told['viewers']} attached"
    now = counted(connections["now"], "connection")
    refused = f", {connections['refused']:,} refused" if connections["refused"] else ""
    yield f"connected    {now} now, {connections['total']:,} so far{refused}"
    rate = f"{messages['per_second']:,.0f} a second"
    more = [f"{messages[name]:,} {words}" for name, words in _LESS if messages[name]]
    received = f"{messages['received']:,} received"
    yield f"messages     {', '.join([received, rate, *more])}"
    yield f"dropped      {least}{dropped['points']:,} points, {dropped['per_second']:,.0f} a second"
    if trace["rows_behind"]:
        yield f"behind       {counted(trace['rows_behind'], 'row')} not counted by sandbox yet"
    for fault in told["faults"] or ["none"]:
        yield f"faults       {escape(fault, _MAX_TEXT)}"
    if told["unaccounted"]:
        yield f"ALARM        {told['unaccounted']}"
    if told["sandboxes"]:
        yield ""
        yield f"{'messages':>14} {'dropped':>12}  {'rows since':<23}  sandbox"
    for each in told["sandboxes"]:
        name = each["container_id"] or "unknown"
        name = f"{each['name']} ({name})" if each["name"] else name
        dropped = f"{'≥' if each.get('dropped_is_least') else ''}{each['dropped']:,}"
        counts = f"{each['messages']:>14,} {dropped:>12}"
        yield f"{counts}  {_when(each.get('rows_since_ns', 0)):<23}  {escape(name, _MAX_TEXT)}"


def _kept(size: int | None, seconds: float | None) -> str:
    """How much is kept, and how long, in words."""
    if size is None:
        return "all"
    older = f", nothing older than {span_text(seconds)}" if seconds else ""
    return f"{size:,} bytes at most{older}"


def _when(time_ns: int) -> str:
    """A local time, to the second; "?" where it is not known."""
    return (second_text(time_ns) if time_ns else "") or "?"


_LESS = (("lost", "LOST"), ("left_out", "left out by limits"))


class _Metric(NamedTuple):
    name: str
    kind: str
    help: str
    value: Callable[[Mapping[str, Any]], float | None]


_METRICS = (
    _Metric(
        "gvtui_messages_received_total",
        "counter",
        "Messages that came for the trace that is written now.",
        lambda told: told["messages"]["received"],
    ),
    _Metric(
        "gvtui_messages_logged_total",
        "counter",
        "Messages written to that trace.",
        lambda told: told["messages"]["logged"],
    ),
    _Metric(
        "gvtui_messages_lost_total",
        "counter",
        "Messages that came and could not be written.",
        lambda told: told["messages"]["lost"],
    ),
    _Metric(
        "gvtui_messages_left_out_total",
        "counter",
        "Messages that a limit kept out of the trace.",
        lambda told: told["messages"]["left_out"],
    ),
    _Metric(
        "gvtui_points_dropped_total",
        "counter",
        "Points that sandboxes dropped, as far as they have told.",
        lambda told: told["dropped"]["points"],
    ),
    _Metric(
        "gvtui_points_dropped_is_least",
        "gauge",
        "1 where sandboxes may have dropped more points than they have told, else 0.",
        lambda told: int(told["dropped"]["is_least"]),
    ),
    _Metric(
        "gvtui_connections",
        "gauge",
        "Connections that are open.",
        lambda told: told["connections"]["now"],
    ),
    _Metric(
        "gvtui_connections_total",
        "counter",
        "Connections that have opened.",
        lambda told: told["connections"]["total"],
    ),
    _Metric(
        "gvtui_connections_refused_total",
        "counter",
        "Connections that were refused.",
        lambda told: told["connections"]["refused"],
    ),
    _Metric(
        "gvtui_trace_bytes",
        "gauge",
        "The size of the trace on disk.",
        lambda told: told["trace"]["bytes"],
    ),
    _Metric(
        "gvtui_keep_bytes",
        "gauge",
        "How much room the trace, and others in its folder, may take; missing for a recording.",
        lambda told: told["trace"]["keep_bytes"],
    ),
    _Metric(
        "gvtui_keep_seconds",
        "gauge",
        "How long messages are kept at most; missing if only the room counts.",
        lambda told: told["trace"]["keep_seconds"],
    ),
    _Metric(
        "gvtui_former_traces_bytes",
        "gauge",
        "Room that the traces of former monitors in the folder take.",
        lambda told: told["trace"]["former_bytes"],
    ),
    _Metric(
        "gvtui_disk_free_bytes",
        "gauge",
        "Room on the disk of the trace.",
        lambda told: told["trace"]["free_bytes"],
    ),
    _Metric(
        "gvtui_faults",
        "gauge",
        "How many things are wrong now.",
        lambda told: len(told["faults"]) + bool(told["unaccounted"]),
    ),
    _Metric("gvtui_viewers", "gauge", "Viewers attached.", lambda told: told["viewers"]),
    _Metric(
        "gvtui_start_time_seconds",
        "gauge",
        "When the monitor was started, Unix seconds.",
        lambda told: told["since_ns"] / 1e9,
    ),
)


def status_metrics(told: Mapping[str, Any]) -> str:
    """The document in Prometheus's text format 0.0.4.

    Source: https://prometheus.io/docs/instrumenting/exposition_formats/
    """
    lines = []
    for metric in _METRICS:
        value = metric.value(told)
        if value is not None:
            lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
            lines.append(f"{metric.name} {value}")
    return "\n".join([*lines, ""])
