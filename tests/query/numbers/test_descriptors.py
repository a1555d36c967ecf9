from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.query.numbers import descriptors as descriptors_module
from gvtui.query.numbers.descriptors import DescriptorCounts, Remote
from gvtui.query.numbers.tally import OTHER, Tally
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction
from gvtui.wire.pb import syscall_pb2
from tests.query.numbers.test_statistics import TRACES
from tests.query.resolved.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.query.numbers.statistics import Line, Statistics


def statistics_of(trace: Trace, text: str = "", step: int = 1 << 18) -> tuple[Analysis, Statistics]:
    analysis = Analysis(trace)
    condition = compile_filter(text, analysis.context) if text else None
    statistics = analysis.statistics(condition, by_descriptor=True)
    while analysis.context.advance(step):
        statistics.advance(step)
    while statistics.advance(step):
        pass
    assert statistics.is_done
    return analysis, statistics


def lines_of(statistics: Statistics) -> list[Line]:
    by_descriptor = statistics.descriptor_columns()["key"].tolist()
    by_remote = statistics.remote_columns()["key"].tolist()
    return [
        *map(statistics.descriptor_line, by_descriptor),
        *map(statistics.remote_line, by_remote),
    ]


@pytest.mark.parametrize("name", ["network-2024", "shell-2024", "newest-2026"])
@pytest.mark.parametrize("step", [97, 1 << 18])
def test_each_line_counts_the_rows_that_its_filter_finds(name: str, step: int) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    analysis, statistics = statistics_of(trace, step=step)
    rows = trace.rows(0, trace.end_row)
    partners = analysis.pairs.partners(0, len(rows))
    came, went = analysis.resolved.moves(0, rows)
    lines = lines_of(statistics)
    assert lines
    for line in lines:
        mask = compile_filter(line.filter_text, analysis.context).mask(trace, rows, 0)
        # A call is found by either of its rows.
        ended = (mask | (mask[partners] & (partners >= 0))) & (rows["direction"] == Direction.EXIT)
        ended &= ~analysis.resolved.doubles(0, len(rows))
        assert (line.label, line.calls) == (line.label, int(ended.sum()))
        assert (line.bytes_in, line.bytes_out) == (int(came[ended].sum()), int(went[ended].sum()))
    total = statistics.total()
    assert (total.bytes_in, total.bytes_out) == (int(came.sum()), int(went.sum()))
    trace.close()


def test_both_sides_of_a_connection_are_told_apart() -> None:
    trace = Trace.open(TRACES / "network-2024.trace")
    _, statistics = statistics_of(trace)
    labels = {
        line.label: line
        for line in map(statistics.remote_line, statistics.remote_columns()["key"].tolist())
    }
    assert (labels["to 127.0.0.1:8080"].bytes_in, labels["to 127.0.0.1:8080"].bytes_out) == (6, 6)
    accepted = labels["from 127.0.0.1 to port 8080"]
    assert (accepted.bytes_in, accepted.bytes_out) == (6, 6)
    trace.close()


def test_a_filter_narrows_the_sums(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    for fd, size in ((3, 10), (4, 20)):
        world.open(fd, f"/tmp/{fd}")
        world.raw("read", fd, 0, size, result=size)
    world.writer.close()
    trace = Trace.open(world.path)
    _, statistics = statistics_of(trace, "fd.name = /tmp/4")
    [line] = lines_of(statistics)
    assert (line.label, line.calls, line.bytes_in) == ("/tmp/4   4 of 1", 2, 20)
    trace.close()


def test_bytes_between_two_descriptors_stand_with_both(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.open(5, "/srv/page")
    world.raw("socket", 2, 1, 0, result=6)
    address = b"\x02\x00\x00\x50\x0a\0\0\x09" + bytes(8)
    world.call(10, syscall_pb2.Connect, "connect", fd=6, address=address)
    world.raw("sendfile", 6, 5, 0, 100, result=40)
    world.raw("splice", 5, 0, 6, 0, 100, 0, result=2)
    world.writer.close()
    trace = Trace.open(world.path)
    _, statistics = statistics_of(trace)
    page, remote = (
        next(line for line in lines_of(statistics) if line.label.startswith(name))
        for name in ("/srv/page", "to 10.0.0.9")
    )
    assert (page.calls, page.bytes_in, page.bytes_out) == (2, 42, 0)
    assert (remote.calls, remote.bytes_in, remote.bytes_out) == (2, 0, 42)
    trace.close()


def test_words_and_filters_of_other_ends() -> None:
    assert Remote(False, "::1", "80").label == "to [::1]:80"
    assert Remote(True, "", "80").label == "from (address not told) to port 80"
    assert Remote(True, "", "80").filter_text == (
        "fd.is_server = true and not fd.rip exists and fd.lport = 80"
    )
    unix = Remote(False, "/run/a b.sock", is_unix=True)
    assert unix.label == "to unix /run/a b.sock"
    assert unix.filter_text.endswith('fd.name = "/run/a b.sock"')


def test_more_ends_than_there_is_room_for_are_counted_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(descriptors_module, "_MAX_REMOTES", 0)
    trace = Trace.open(TRACES / "network-2024.trace")
    analysis, _ = statistics_of(trace)
    counts, rows = DescriptorCounts(analysis.resolved), trace.rows(0, trace.end_row)
    ended = rows["direction"] == Direction.EXIT
    no, times = np.zeros(len(rows), np.bool_), np.full(len(rows), -1, np.int64)
    enters = np.where(ended, analysis.pairs.partners(0, len(rows)), -1)
    counts.take_in(0, rows, ~no, enters, ended, no, times, no, Tally(max_keys=1))
    [(key, sums)] = counts.by_remote
    assert (key, counts.remote_words(key)) == (OTHER, ("(others)", ""))
    assert sums.bytes_in == sums.bytes_out == 12
    trace.close()
