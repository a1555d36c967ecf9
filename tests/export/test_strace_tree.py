"""What a program that reads strace's output makes of ours."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
import strace_process_tree as reader

from gvtui.export.selection import Selection
from gvtui.export.strace import StraceExport
from gvtui.trace.reader import Trace
from gvtui.wire.pb import container_pb2, sentry_pb2
from tests.trace.factory import TRACES

ALL = ("shell-2022", "shell-2024", "network-2024", "compile-2024", "newest-2026")
EVENTS = "evt.type startswith sentry/ or evt.type startswith container/"
RAW = "point.name startswith syscall/sysno/"


def tree_of(path: Path, filter_text: str = "") -> dict[int, tuple[set[int], str]]:
    """For each process or thread, its children, and the program it ran last."""
    trace = Trace.open(path)
    try:
        lines = list(StraceExport(Selection(trace, filter_text)).lines(0, trace.end_row))
    finally:
        trace.close()
    tree = reader.parse_stream(reader.events(lines))
    children: dict[int, set[int]] = defaultdict(set)
    for parent, found in tree.children.items():
        if parent is not None:
            # Of a process that runs another program the reader makes another one.
            children[parent.pid] |= {child.pid for child in found if child.pid != parent.pid}
    return {pid: (children[pid], process.name or "") for pid, process in tree.processes.items()}


def right_tree(path: Path, knows_calls: bool) -> dict[int, tuple[set[int], list[str]]]:
    """The same from the sandbox's own events."""
    children: dict[int, set[int]] = defaultdict(set)
    programs: dict[int, list[str]] = {}
    trace = Trace.open(path)
    for row in range(trace.end_row):
        if trace.row(row).kind != 0:
            continue
        message = trace.decoded(row).message
        if isinstance(message, sentry_pb2.CloneInfo):
            children[trace.row(row).tid].add(message.created_thread_id)
            children[message.created_thread_id] |= set()
        elif isinstance(message, sentry_pb2.ExecveInfo):
            if not (knows_calls and message.binary_in_memfd):
                # The reader does not know execveat.
                programs[trace.row(row).pid] = list(message.argv)
        elif isinstance(message, container_pb2.Start):
            programs[trace.row(row).pid] = list(message.args)
            children[trace.row(row).pid] |= set()
    trace.close()
    return {pid: (found, programs.get(pid, [])) for pid, found in children.items()}


@pytest.mark.parametrize("filter_text", ["", EVENTS, f"{EVENTS} or {RAW}"])
@pytest.mark.parametrize("name", ALL)
def test_the_tree_is_that_of_the_sandbox(name: str, filter_text: str) -> None:
    path = TRACES / f"{name}.trace"
    shown, right = tree_of(path, filter_text), right_tree(path, not filter_text)
    assert {pid: found for pid, (found, _) in shown.items()} == {
        pid: found for pid, (found, _) in right.items()
    }
    for pid, (_, words) in right.items():
        name_shown = shown[pid][1]
        if words:
            assert name_shown == reader.format_command(words)
        else:
            assert name_shown in ("(fork)", "(thread)", "...")
