from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.filter.compile import ChangeMark, compile_filter
from gvtui.query.view import RowView
from gvtui.query.wrapping import WrappingFilter
from tests.query.memory import MemoryTrace, enter

if TYPE_CHECKING:
    from gvtui.query.filter.batch import Mask, Rows
    from gvtui.query.source import RowSource


class _Every(WrappingFilter):
    """Lets all rows of the other filter pass."""

    def mask(self, trace: RowSource, rows: Rows, start: int, may_pass: Mask | None = None) -> Mask:
        assert self.inner is not None
        return self.inner.mask(trace, rows, start, may_pass)


def test_a_view_asks_it_as_it_would_ask_the_other_filter() -> None:
    trace = MemoryTrace([enter(tid, 0) for tid in (1, 2, 1)])
    inner = compile_filter("proc.pid = 1")
    view = RowView(trace, _Every("every", inner))
    view.advance(1)
    assert list(view) == [0, 2]
    slow = compile_filter("evt.arg.path contains a")
    assert WrappingFilter("slow", slow).is_slow
    assert not WrappingFilter("slow", inner).is_slow


def test_without_another_filter_all_is_known_and_nothing_changes() -> None:
    alone = WrappingFilter("alone", None)
    assert not alone.is_slow
    assert alone.known_rows(3, 8) == 5
    assert alone.changed_since(alone.changes()) == []
    assert alone.changes() == ChangeMark()
