from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from gvtui.tui.stream.highlight import highlight, highlight_end

FOUND, PLAIN = Style(bold=True), Style(italic=True)


def test_a_match_may_go_over_several_segments() -> None:
    cell = [Segment("openat", PLAIN), Segment('(AT_FDCWD, "/etc")', PLAIN)]
    styled = highlight(cell, re.compile(re.escape("at(A")), FOUND)
    assert styled is not None
    assert [(s.text, bool(s.style and s.style.bold)) for s in styled] == [
        ("open", False),
        ("at", True),
        ("(A", True),
        ('T_FDCWD, "/etc")', False),
    ]
    assert highlight(cell, re.compile("close"), FOUND) is None


def test_the_last_character_stands_for_what_is_cut_off() -> None:
    styled = highlight_end([Segment("abc…  ", PLAIN)], FOUND)
    assert styled is not None
    assert [s.text for s in styled if s.style and s.style.bold] == ["…"]
    assert highlight_end([Segment("   ", PLAIN)], FOUND) is None


@given(st.lists(st.text("abc", max_size=5)), st.text("abc", min_size=1, max_size=3))
def test_no_character_is_lost(parts: list[str], wanted: str) -> None:
    cell = [Segment(part, PLAIN) for part in parts]
    text = "".join(parts)
    styled = highlight(cell, re.compile(re.escape(wanted)), FOUND)
    assert (styled is None) == (wanted not in text)
    if styled is not None:
        assert "".join(segment.text for segment in styled) == text
        marked = "".join(s.text for s in styled if s.style and s.style.bold)
        assert marked == wanted * text.count(wanted)
