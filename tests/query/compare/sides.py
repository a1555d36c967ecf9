"""Small recordings to compare, and what their comparison says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gvtui.query.compare.compare import ComparedSides, Difference, compare
from gvtui.query.compare.side import Side, SidePlan, read_sides
from gvtui.trace.reader import Trace
from gvtui.wire.header import build_message
from gvtui.wire.pb import syscall_pb2
from tests.trace.factory import TIME_NS, context, start_message, write_trace

OPENAT, OPEN = 257, 2


def opens(
    path: str,
    *,
    errno: int = 0,
    at_ns: int = TIME_NS,
    sysno: int = OPENAT,
    dropped: int = 0,
    name: str = "sh",
) -> list[bytes]:
    """The enter and the exit of an open for reading."""
    found = []
    for is_exit in (False, True):
        message = syscall_pb2.Open(
            context_data=context(time_ns=at_ns + 1_000 * is_exit, name=name),
            sysno=sysno,
            fd=-100,
            pathname=path,
        )
        if is_exit:
            message.exit.SetInParent()
            message.exit.result = 0 if errno else 5
            message.exit.errorno = errno
        found.append(build_message(7, message.SerializeToString(), dropped))
    return found


def recorded(path: Path, *parts: Sequence[bytes]) -> Path:
    """A recording of one sandbox that starts and does this."""
    messages = [start_message(), *(each for part in parts for each in part)]
    return write_trace(path, [(1, messages)])


def sides_of(*paths: Path, **plan: Any) -> tuple[Side, ...]:
    """What each recording did."""
    traces = [Trace.open(path) for path in paths]
    try:
        return read_sides([SidePlan(trace, **plan) for trace in traces])
    finally:
        for trace in traces:
            trace.close()


def compared(before: Path, after: Path, **options: Any) -> ComparedSides:
    """What differs between two recordings."""
    return compare(*sides_of(before, after), **options)


def briefly(found: Sequence[Difference]) -> list[tuple[str, str, str]]:
    """Section, sign and what of differences."""
    return [(each.section, each.sign.value, each.what) for each in found]
