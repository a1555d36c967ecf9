"""What is resolved in recordings of real sandboxes is what the messages themselves say."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.resolved.call import Happened, Outcome
from gvtui.query.resolved.description import FdKind
from gvtui.query.resolved.lookup import Resolved
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Open = Callable[..., tuple[Trace, Resolved]]

TRACES = Path(__file__).parents[2] / "data" / "traces"
NAMES = ["compile-2024", "network-2024", "newest-2026", "shell-2022", "shell-2024"]


@pytest.fixture
def resolved() -> Iterator[Open]:
    """Opens a recording and resolves it in slices of so many rows."""
    with ExitStack() as stack:

        def open_(name: str, step: int = 1 << 18) -> tuple[Trace, Resolved]:
            trace = Trace.open(TRACES / f"{name}.trace")
            stack.callback(trace.close)
            analysis = Analysis(trace)
            found = analysis.resolved
            while analysis.context.advance(step):
                pass
            assert found.position == trace.end_row
            return trace, found

        yield open_


def facts(found: Resolved) -> list[tuple[Any, ...]]:
    return sorted(
        (
            d.opened_row,
            d.first_row,
            d.last_row,
            d.closed_row,
            d.fd,
            d.kind,
            d.name,
            d.bytes_in,
            d.bytes_out,
        )
        for d in found.descriptions
    )


def open_files(found: Resolved) -> dict[tuple[int, int], int]:
    files = found.resolver.files
    return {
        (process, fd): entry.description
        for process in files.known()
        for fd, entry in files.of(process).table.entries.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_sizes_of_slices_do_not_matter(name: str, resolved: Open) -> None:
    trace, whole = resolved(name)
    _, sliced = resolved(name, 7)
    assert facts(whole) == facts(sliced)
    rows = trace.rows(0, trace.end_row)
    assert whole.path_of(0, rows) == sliced.path_of(0, rows)
    assert whole.happened(0, rows).tolist() == sliced.happened(0, rows).tolist()
    assert whole.resolver.bytes.moved.tolist() == sliced.resolver.bytes.moved.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_where_reading_stopped_does_not_matter(name: str, resolved: Open) -> None:
    # What comes then may be the decoded row of a raw one that was taken in.
    end = 100

    def read(trace: Trace, *stops: int) -> tuple[list[tuple[Any, ...]], dict[tuple[int, int], int]]:
        trace.go_back(stops[0])
        analysis = Analysis(trace)
        for stop in stops:
            trace.limit = stop
            trace.refresh()
            analysis.finish(analysis.resolved)
        return facts(analysis.resolved), open_files(analysis.resolved)

    with closing(Trace.open(TRACES / f"{name}.trace")) as trace:
        whole = read(trace, end)
        for stop in range(1, end):
            assert read(trace, stop, end) == whole, stop


@pytest.mark.parametrize("name", NAMES)
def test_each_row_with_the_path_of_its_descriptor_has_that_path(name: str, resolved: Open) -> None:
    trace, found = resolved(name)
    paths = found.path_of(0, trace.rows(0, trace.end_row))
    numbers = found.description_numbers(0, trace.end_row)
    checked = 0
    for index in range(trace.end_row):
        row = trace.row(index)
        if row.kind or row.type not in (8, 9, 18, 19, 34) or not row.path:
            continue
        said = trace.string(row.path)
        if said.startswith("/"):
            assert paths[index] == said
            description = found.descriptions.get(int(numbers[index]))
            assert description is not None
            assert description.told == said
            checked += 1
    assert checked > 5


@pytest.mark.parametrize("name", NAMES)
def test_bytes_are_the_results_of_reads_and_writes_counted_once(name: str, resolved: Open) -> None:
    trace, found = resolved(name)
    came = went = 0
    for index in range(trace.end_row):
        row = trace.row(index)
        if row.kind or row.direction != Direction.EXIT or row.errno:
            continue
        came += row.result if row.type == 9 else 0
        went += row.result if row.type == 34 else 0
    raw_in = raw_out = 0
    calls = {
        0: (1, 0), 17: (1, 0), 19: (1, 0), 45: (1, 0), 47: (1, 0),
        1: (0, 1), 18: (0, 1), 20: (0, 1), 44: (0, 1), 46: (0, 1),
    }  # fmt: skip
    doubles = found.doubles(0, trace.end_row)
    for index in range(trace.end_row):
        row = trace.row(index)
        if row.type == RAW_SYSCALL and not doubles[index] and row.direction == Direction.EXIT:
            ways = calls.get(row.sysno, (0, 0))
            raw_in += ways[0] * max(row.result, 0) * (row.errno == 0)
            raw_out += ways[1] * max(row.result, 0) * (row.errno == 0)
    assert found.resolver.bytes.moved.tolist() == [came + raw_in, went + raw_out]
    known = (
        sum(d.bytes_in for d in found.descriptions),
        sum(d.bytes_out for d in found.descriptions),
    )
    assert known == (came + raw_in, went + raw_out)


@pytest.mark.parametrize("name", NAMES)
def test_each_call_is_one_call_whichever_of_its_rows_is_asked(name: str, resolved: Open) -> None:
    trace, found = resolved(name)
    asked: set[int] = set()
    for index in range(trace.end_row):
        call = found.call(index) if index not in asked else None
        if call is None:
            continue
        of_call = (call.enter, call.exit, call.raw_enter, call.raw_exit)
        own = {row for row in of_call if row is not None}
        assert index in own
        assert all(found.call(other) == call for other in own - {index})
        asked |= own


def test_a_connection_has_the_addresses_of_its_ends(resolved: Open) -> None:
    trace, found = resolved("network-2024")
    rows = trace.rows(0, trace.end_row)
    happened = found.happened(0, rows)
    accepted = np.flatnonzero(happened & Happened.ACCEPTED)
    [row] = accepted.tolist()
    call = found.call(row)
    assert call is not None
    assert call.description is not None
    assert call.description.kind is FdKind.IPV4
    assert call.path == "127.0.0.1:25367->127.0.0.1:8080"
    assert call.fd == call.result == 4
    assert (call.description.bytes_in, call.description.bytes_out) == (6, 6)
    assert call.enter is not None
    assert found.path_of(call.enter, trace.rows(call.enter, call.enter + 1)) == ["127.0.0.1:8080"]


def test_a_refused_connect_has_failed_and_is_not_connected(resolved: Open) -> None:
    trace, found = resolved("network-2024")
    calls = [found.call(index) for index in range(trace.end_row)]
    failed = {
        call.exit: call for call in calls if call is not None and call.name == "connect"
        and call.outcome is Outcome.FAILED
    }  # fmt: skip
    assert failed
    for call in failed.values():
        assert not call.happened
        assert call.errno in (2, 111)


def test_nothing_stays_open_of_what_has_ended(resolved: Open) -> None:
    _, found = resolved("shell-2024")
    assert [d for d in found.descriptions if d.is_open] == []
    assert found.files.known() == []
