"""What panes share that search; how lists and details do is in their own tests."""

from __future__ import annotations

import pytest

from gvtui.tui.kit.finding import FindingWidget


def test_without_a_search_there_is_no_line_and_nothing_to_end() -> None:
    class Quiet(FindingWidget):
        def redraw(self) -> None:
            self.go_on_seeking()

    quiet = Quiet()
    assert (quiet.sought, quiet.seek_lines(80), quiet.end_search()) == ("", [], False)
    with pytest.raises(NotImplementedError):
        quiet.count()
