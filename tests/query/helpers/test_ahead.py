from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from gvtui.export.selection import Selection
from gvtui.query.filter.compile import compile_filter
from gvtui.query.helpers import ahead as module
from gvtui.query.helpers.ahead import Ahead, Helper, helpers
from gvtui.query.helpers.answers import KnownAnswers
from gvtui.query.view import RowView
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from tests.trace.factory import read_message, write_trace

ROWS = 2000
FILTERS = [
    "evt.arg.count regex 7",
    "evt.arg.count > 1900 and container.id exists",
    "evt.arg.count regex 1 and evt.failed = false",
    "evt.latency > 0 or evt.arg.count = 5",
]


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trace:
    monkeypatch.setattr(module, "UNIT", 128)
    monkeypatch.setattr(module, "_LEAST_SECONDS", 0.0)
    monkeypatch.setattr(module, "WORTH_SECONDS", -1.0)
    messages = [read_message(count=number) for number in range(ROWS)]
    return Trace.open(write_trace(tmp_path / "a.gvtrace", [(1, messages)]))


def wait_for_all(view: RowView) -> None:
    deadline = time.monotonic() + 60
    while not view.complete and time.monotonic() < deadline:
        view.advance(0.001)


@pytest.mark.parametrize("text", FILTERS)
def test_a_view_has_the_same_rows_whoever_tests_them(trace: Trace, text: str) -> None:
    alone = RowView(trace, compile_filter(text))
    wait_for_all(alone)
    condition = compile_filter(text)
    helped = RowView(trace, condition, Ahead(trace, condition) if condition.is_slow else None)
    wait_for_all(helped)
    assert helped.complete
    assert list(helped) == list(alone)
    helped.close()
    trace.close()


@pytest.mark.parametrize("text", [FILTERS[0], "evt.arg.count regex 1"])
def test_what_was_found_out_once_is_not_asked_again(
    trace: Trace, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition, answers = compile_filter(text), KnownAnswers()
    assert condition.is_of_messages
    alone = RowView(trace, condition)
    wait_for_all(alone)
    first = RowView(trace, condition, Ahead(trace, condition, answers=answers))
    wait_for_all(first)
    first.close()
    monkeypatch.setattr(module, "helpers", lambda: pytest.fail("somebody is asked"))
    monkeypatch.setattr(condition, "local_mask", lambda *_: pytest.fail("a message is decoded"))
    again = RowView(trace, condition, Ahead(trace, condition, answers=answers))
    wait_for_all(again)
    assert list(again) == list(first) == list(alone)
    trace.close()


@pytest.mark.parametrize("count", [1, 2])
def test_a_selection_waits_for_what_others_test(trace: Trace, count: int) -> None:
    text = FILTERS[0]
    alone = list(Selection(trace, text).row_ids(0, trace.end_row))
    started = helpers(count)
    assert list(Selection(trace, text, helpers=started).row_ids(0, trace.end_row)) == alone
    assert [row for row in alone if row] == alone
    trace.close()


def test_processes_do_most_and_end_with_it(trace: Trace) -> None:
    condition = compile_filter(FILTERS[0])
    ahead = Ahead(trace, condition, started := helpers(2))
    ahead.took(1.0, 100, 100)
    assert ahead.is_running
    row, others = 100, 0
    while row < trace.end_row:
        stop, mask = ahead.look(row, trace.end_row, is_waiting=True)
        rows = trace.rows(row, stop)
        expected = condition.local_mask(trace, rows, row)
        if mask is not None:
            others += len(mask)
            assert mask.tolist() == expected.tolist()
        row = stop
    assert others >= ROWS - 100 - 128 - 1
    assert ahead.look(row, row) == (row, None)
    assert not ahead.is_running
    assert all(helper.is_ended for helper in started)
    trace.close()


def test_the_death_of_a_process_costs_no_row(trace: Trace) -> None:
    text = FILTERS[0]
    alone = list(Selection(trace, text).row_ids(0, trace.end_row))
    first, second = helpers(2)
    os.kill(first.pid, signal.SIGKILL)
    assert list(Selection(trace, text, helpers=[first, second]).row_ids(0, ROWS + 1)) == alone
    assert second.is_ended
    trace.close()


def test_damage_that_others_find_is_told(trace: Trace) -> None:
    messages = [row for row in range(trace.end_row) if trace.row(row).kind == Kind.MESSAGE]
    bad = trace.row(messages[1777])
    log = bytearray(trace.path.read_bytes())
    log[bad.offset + bad.length - 1] ^= 1
    trace.path.write_bytes(log)
    selection = Selection(trace, "evt.arg.count exists", helpers=helpers(1))
    assert len(list(selection.row_ids(0, trace.end_row))) == ROWS - 1
    assert trace.damage.offsets == [bad.offset]
    trace.close()


def test_nothing_is_started_for_what_is_done_soon(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WORTH_SECONDS", 0.5)
    ahead = Ahead(trace, compile_filter(FILTERS[0]))
    ahead.took(0.1, 1000, 1000)
    assert not ahead.is_running
    assert ahead.look(1000, 1500) == (1500, None)
    trace.close()


def test_a_process_can_be_ended_twice() -> None:
    helper = Helper()
    helper.close()
    assert helper.is_ended
    helper.close()
