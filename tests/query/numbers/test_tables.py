from __future__ import annotations

from collections.abc import Iterator

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.numbers import tables
from gvtui.query.numbers.statistics import Statistics
from gvtui.query.numbers.tables import By, Table, TableOrder
from gvtui.trace.reader import Trace
from tests.trace.factory import TRACES


@pytest.fixture(scope="module")
def statistics() -> Iterator[Statistics]:
    trace = Trace.open(TRACES / "network-2024.trace")
    analysis = Analysis(trace)
    made = analysis.statistics(by_descriptor=True)
    while analysis.context.advance():
        made.advance()
    while made.advance():
        pass
    yield made
    trace.close()


@pytest.mark.parametrize("by", By)
@pytest.mark.parametrize("order", TableOrder)
def test_the_lines_are_the_same_in_every_order(
    statistics: Statistics, by: By, order: TableOrder
) -> None:
    table = Table(statistics, by, order)
    other = Table(statistics, by, order, is_ascending=True)
    keys = {table.key(place) for place in range(len(table))}
    assert keys == {other.key(place) for place in range(len(other))}
    assert len(keys) == len(table) > 0
    for place in range(len(table)):
        assert table.place_of(table.key(place)) == place
        assert table[place].label
    assert table.place_of("nothing") is None


@pytest.mark.parametrize("by", By)
def test_the_most_calls_come_first(statistics: Statistics, by: By) -> None:
    table = Table(statistics, by, TableOrder.CALLS)
    calls = [table[place].calls for place in range(len(table))]
    assert calls == sorted(calls, reverse=True)


@pytest.mark.parametrize("by", By)
def test_by_name_in_both_directions(statistics: Statistics, by: By) -> None:
    up = Table(statistics, by, TableOrder.NAME, is_ascending=True)
    down = Table(statistics, by, TableOrder.NAME)
    names = [up[place].label for place in range(len(up))]
    assert names == sorted(names)
    assert [down[place].label for place in range(len(down))] == sorted(names, reverse=True)


def test_a_process_leads_to_its_rows(statistics: Statistics) -> None:
    table = Table(statistics, By.PROCESS, TableOrder.TOTAL)
    assert "proc.id" in table.filter_text(0)


def test_a_long_table_is_cut(statistics: Statistics, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Table(statistics, By.PATH, TableOrder.CALLS)
    monkeypatch.setattr(tables, "MAX_LINES", 3)
    cut = Table(statistics, By.PATH, TableOrder.CALLS)
    assert len(cut) == 3
    assert cut.left_out == len(whole) - 3
    assert [cut.key(place) for place in range(3)] == [whole.key(place) for place in range(3)]


def test_without_counts_by_descriptor_their_tables_are_empty() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    statistics = Analysis(trace).statistics()
    assert len(Table(statistics, By.DESCRIPTOR, TableOrder.CALLS)) == 0
    assert len(Table(statistics, By.REMOTE, TableOrder.READ)) == 0
    trace.close()
