"""What the filter of a line finds is what the line counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.write import conjunction
from gvtui.query.numbers.tables import By, Table, TableOrder
from gvtui.trace.reader import Trace
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


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("in_force", ["", "evt.dir = X", "evt.failed = true", "evt.num >= 300"])
def test_each_line_leads_to_what_it_counts(name: str, in_force: str) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    analysis = Analysis(trace)
    statistics = counted(analysis, in_force)
    for by in By:
        table = Table(statistics, by, TableOrder.CALLS)
        for place in range(len(table) if not in_force else min(len(table), _MOST)):
            text = table.filter_text(place)
            assert text, table[place]
            behind = counted(analysis, conjunction([text, *filter(None, [in_force])]))
            again = Table(behind, by, TableOrder.CALLS)
            same = [each for each in range(len(again)) if again.filter_text(each) == text]
            assert [numbers(again[each]) for each in same] == [numbers(table[place])], text
            total = behind.total()
            if by is By.EVENT:
                assert len(again) == 1, text
            elif by.needs_descriptors:
                # Calls that have not returned are no part of these tables, which say so.
                assert total.errors == table[place].errors, text
                assert total.calls - table[place].calls in (0, 1), text
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
