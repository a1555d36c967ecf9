"""What follows a trace takes as much memory for twice as many rows."""

from __future__ import annotations

import gc
import tracemalloc
from typing import TYPE_CHECKING, Any, cast

import pytest

from gvtui.query import shelf
from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.query.folded import call_view
from gvtui.query.source import CHUNK
from gvtui.query.view import RowView
from tests.query.endless import EndlessTrace

if TYPE_CHECKING:
    from collections.abc import Callable

_ROWS = 6 * CHUNK
_KEPT = 3 * CHUNK
_GROWTH = 4 * _ROWS
"""Bytes that four bytes for each row would add."""


def _worker(trace: EndlessTrace, what: str) -> Callable[[], object]:
    """Takes in all that has come."""
    analysis = Analysis(cast("Any", trace))
    if what == "pairs":
        return lambda: analysis.pairs.advance(CHUNK)
    if what == "timeline":
        return lambda: analysis.timeline.advance(CHUNK)
    if what == "statistics":
        statistics = analysis.statistics(compile_filter("evt.dir = X", analysis.context))
        return lambda: (analysis.context.advance(CHUNK), statistics.advance(CHUNK))
    condition = compile_filter("proc.pid > 3", analysis.context)
    view = RowView(trace, condition)
    if what == "calls":
        view = call_view(trace, condition, analysis.pairs)
    return lambda: view.advance(60)


def _memory(what: str, kept: int | None, *stops: int) -> list[int]:
    """Bytes that are taken when so many rows have come."""
    gc.collect()
    trace = EndlessTrace()
    before = tracemalloc.get_traced_memory()[0]
    take_in = _worker(trace, what)
    taken = []
    for end in range(CHUNK, max(stops) + 1, CHUNK):
        trace.grow(CHUNK)
        if kept is not None:
            trace.first_row = max(0, end - kept)
        take_in()
        if end in stops:
            gc.collect()
            taken.append(tracemalloc.get_traced_memory()[0] - before)
    return taken


@pytest.mark.parametrize("kept", [None, _KEPT], ids=["all kept", "old rows go"])
@pytest.mark.parametrize("what", ["pairs", "timeline", "statistics", "view", "calls"])
def test_memory_is_flat(what: str, kept: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "HELD", 2)
    tracemalloc.start()
    try:
        # What is made once and for all is not to count.
        _memory(what, kept, CHUNK)
        some, twice = _memory(what, kept, _ROWS, 2 * _ROWS)
        assert twice - some < _GROWTH // 3
    finally:
        tracemalloc.stop()


def test_memory_would_grow_if_all_stayed_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "HELD", 1000)
    tracemalloc.start()
    try:
        some, twice = _memory("view", None, _ROWS, 2 * _ROWS)
        assert twice - some > _GROWTH // 2
    finally:
        tracemalloc.stop()
