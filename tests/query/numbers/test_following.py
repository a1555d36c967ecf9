"""What the filter of a line finds is what the line counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.write import conjunction
from gvtui.query.numbers.tables import By, Table, TableOrder
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction
from tests.trace.recorder import TRACES

if TYPE_CHECKING:
    from gvtui.query.numbers.statistics import Line, Statistics

NAMES = sorted(path.stem for path in TRACES.glob("*.trace"))
_MOST = 25
"""How many lines of a table are followed where a filter is in force."""


def counted(analysis: Analysis, text: str) -> Statistics:
    condition = compile_filter(text, analysis.context) if text else None
    statistics = analysis.statistics(condition, by_descriptor=True)
    while not statistics.is_done:
        analysis.advance(60)
        statistics.advance()
    return statistics


def numbers(line: Line) -> tuple[int, ...]:
    spans = line.timed, line.total_ns, line.max_ns
    return line.calls, line.errors, line.restarted, *spans, line.bytes_in, line.bytes_out


def not_returned(analysis: Analysis, text: str) -> int:
    """How many calls have an enter that a filter finds, and no exit."""
    rows = analysis.trace.rows(analysis.trace.first_row, analysis.trace.end_row)
    start = analysis.trace.first_row
    found = compile_filter(text, analysis.context).mask(analysis.trace, rows, start)
    found &= (rows["direction"] == Direction.ENTER) & (rows["tid"] != 0)
    found &= analysis.pairs.partners(start, len(rows)) < 0
    return int((found & ~analysis.resolved.doubles(start, len(rows))).sum())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "in_force", ["", "evt.dir = E", "evt.dir = X", "evt.failed = true", "evt.num >= 300"]
)
def test_each_line_leads_to_what_it_counts(name: str, in_force: str) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    analysis = Analysis(trace)
    statistics = counted(analysis, in_force)
    for by in By:
        table = Table(statistics, by, TableOrder.CALLS)
        for place in range(len(table) if not in_force else min(len(table), _MOST)):
            text = table.filter_text(place)
            assert text, table[place]
            both = conjunction([text, *filter(None, [in_force])])
            behind = counted(analysis, both)
            again = Table(behind, by, TableOrder.CALLS)
            same = [each for each in range(len(again)) if again.filter_text(each) == text]
            assert [numbers(again[each]) for each in same] == [numbers(table[place])], text
            total = behind.total()
            if by is By.EVENT:
                assert len(again) == 1, text
            elif by.needs_descriptors:
                # Calls that have not returned are no part of these tables, which say so.
                assert total.errors == table[place].errors, text
                assert total.calls - table[place].calls == not_returned(analysis, both), text
            else:
                assert (total.calls, total.errors) == numbers(table[place])[:2], text
    trace.close()


@pytest.mark.parametrize("name", ["shell-2022", "shell-2024", "newest-2026"])
def test_what_a_sandbox_says_of_no_file_is_no_path(name: str) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    analysis = Analysis(trace)
    assert any(
        trace.string(int(number)).startswith("[err:")
        for number in trace.rows(trace.first_row, trace.end_row)["path"]
    )
    assert not [line for line in counted(analysis, "").by_path() if "[err" in line.label]
    trace.close()
