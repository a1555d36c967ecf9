"""A real sandbox at full rate beside a quiet one, in a flight recorder that is far too small."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gvtui.limits import AS_THEY_COME, MIN_KEEP_BYTES, changed
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.places import disk_bytes, traces_in
from gvtui.points.document import pod_init_document, save_document
from gvtui.points.tuning import LOSSLESS, remote_sink
from gvtui.trace.marks import RefusedMark, read_mark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.survey import survey
from tests.e2e.containers import Container, RunscBinary, running_container, wait_until
from tests.e2e.test_drops import lossy

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

KEEP = 4 << 20
FLOOD = ("dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=100000")
"""400,000 messages, more than ten times what is kept."""
WRITTEN = ("dd", "if=/dev/zero", "of=/dev/null", "count=20")
"""More than 80 messages."""


@contextmanager
def two_containers(
    binary: RunscBinary, folder: Path, socket: Path
) -> Iterator[tuple[Container, Container, Callable[[Container], object]]]:
    """Two containers, and what has one send to a socket, and drop nothing however slow that is."""
    config = folder / "session.json"
    session = lossy(socket).with_sinks(remote_sink(str(socket), LOSSLESS))
    save_document(config, pod_init_document(session))

    def begin(container: Container) -> None:
        container.runsc("trace", "create", "--force", f"--config={config}", container.id)

    with (
        running_container(binary, folder / "a", ["/bin/sleep", "1000"]) as quiet,
        running_container(binary, folder / "b", ["/bin/sleep", "1000"]) as loud,
    ):
        yield quiet, loud, begin


@contextmanager
def quiet_and_loud(
    binary: RunscBinary, folder: Path, socket: Path
) -> Iterator[tuple[Container, Container]]:
    """Two containers that send to a socket."""
    with two_containers(binary, folder, socket) as (quiet, loud, begin):
        begin(quiet)
        begin(loud)
        yield quiet, loud


def rows_of(trace: Trace, container: str) -> int:
    """The messages of a container that the trace still holds."""
    trace.refresh()
    rows = trace.rows(trace.first_row, trace.end_row)
    messages = rows[rows["kind"] == Kind.MESSAGE]
    conns = [each.conn for each in trace.connections.values() if each.container_id == container]
    return int(sum((messages["conn"] == conn).sum() for conn in conns))


def left_out(trace: Trace) -> list[RefusedMark]:
    """What the trace tells of messages that were left out."""
    rows = range(trace.first_row, trace.end_row)
    marks = [read_mark(trace.details(row)) for row in rows if trace.row(row).kind == Kind.MARK]
    refused = [mark for mark in marks if isinstance(mark, RefusedMark)]
    return [mark for mark in refused if mark.limit == "keep-others-seconds"]


def test_it_does_not_push_out_what_the_quiet_one_has_sent(
    binary: RunscBinary, tmp_path: Path
) -> None:
    socket = tmp_path / "s"
    # The limit of time is its own test's: here the flood is to be the only one that counts.
    limits = changed(AS_THEY_COME, {"keep-others-seconds": 1 << 20})
    monitor = MonitorProcess.start(MonitorOptions(socket, keep_bytes=KEEP, limits=limits))
    trace = Trace.open(monitor.trace_path)
    try:
        with quiet_and_loud(binary, tmp_path, socket) as (quiet, loud):
            quiet.runsc("exec", quiet.id, *WRITTEN)
            assert wait_until(lambda: rows_of(trace, quiet.id) > 80)
            sent = rows_of(trace, quiet.id)
            loud.runsc("exec", loud.id, *FLOOD)
            quiet.runsc("exec", quiet.id, *WRITTEN)
            # It still may write, and all that it has written is there.
            assert wait_until(lambda: rows_of(trace, quiet.id) > sent + 80)
            assert rows_of(trace, loud.id) > 10_000
        monitor.stop(keep=True)
        account = monitor.account
        assert monitor.left_out > 100_000
        assert account.received == account.logged + monitor.left_out
        assert not monitor.unaccounted
        trace.refresh()
        assert trace.first_row == 0
        assert sum(mark.count for mark in left_out(trace)) > 100_000
    finally:
        trace.close()
        monitor.stop()
        shutil.rmtree(monitor.trace_path, ignore_errors=True)


def test_all_that_the_quiet_one_has_sent_outlives_it_where_nothing_is_left_out(
    binary: RunscBinary, tmp_path: Path
) -> None:
    socket = tmp_path / "s"
    limits = changed(AS_THEY_COME, {"keep-others-seconds": 0})
    options = MonitorOptions(socket, keep_bytes=MIN_KEEP_BYTES, limits=limits)
    monitor = MonitorProcess.start(options)
    try:
        with quiet_and_loud(binary, tmp_path, socket) as (quiet, loud):
            for _ in range(3):
                quiet.runsc("exec", quiet.id, *WRITTEN)
                loud.runsc("exec", loud.id, *FLOOD)
            quiet.runsc("exec", quiet.id, *WRITTEN)
        assert wait_until(lambda: not monitor.unaccounted)
        monitor.stop(keep=True)
        with closing(Trace.open(monitor.trace_path)) as trace:
            sent = {each.container_id: each.messages for each in trace.connections.values()}
            assert rows_of(trace, quiet.id) == sent[quiet.id] > 4 * 80
            assert sent[loud.id] > 1_000_000
            assert rows_of(trace, loud.id) < sent[loud.id] // 4
            assert not survey(trace).problems
            assert not trace.damage
    finally:
        monitor.stop()
        shutil.rmtree(monitor.trace_path, ignore_errors=True)


def test_after_a_restart_it_does_not_push_out_what_the_former_monitor_received(
    binary: RunscBinary, tmp_path: Path
) -> None:
    socket, place = tmp_path / "s", tmp_path / "t"
    limits = changed(AS_THEY_COME, {"keep-others-seconds": 0})
    options = MonitorOptions(socket, place=place, keep_bytes=MIN_KEEP_BYTES, limits=limits)
    with two_containers(binary, tmp_path, socket) as (quiet, loud, begin):
        first = MonitorProcess.start(options)
        try:
            with closing(Trace.open(first.trace_path)) as trace:
                begin(quiet)
                begin(loud)
                quiet.runsc("exec", quiet.id, *WRITTEN)
                assert wait_until(lambda: rows_of(trace, quiet.id) > 80)
                loud.runsc("exec", loud.id, *FLOOD)
        finally:
            first.stop()
        with closing(Trace.open(first.trace_path)) as trace:
            sent, flooded = rows_of(trace, quiet.id), rows_of(trace, loud.id)
        assert sent > 80
        second = MonitorProcess.start(options)
        try:
            begin(loud)
            loud.runsc("exec", loud.id, *FLOOD)
        finally:
            second.stop()
    assert traces_in(place) == sorted([first.trace_path, second.trace_path])
    with closing(Trace.open(first.trace_path)) as trace:
        assert rows_of(trace, quiet.id) == sent
        assert rows_of(trace, loud.id) < flooded
        assert survey(trace).problems == []
    with closing(Trace.open(second.trace_path)) as trace:
        assert rows_of(trace, loud.id) > 5000
        assert survey(trace).problems == []
    assert sum(map(disk_bytes, traces_in(place))) <= MIN_KEEP_BYTES
