from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gvtui.trace.reader import Trace
from gvtui.tui.compare.commands import Comparing
from tests.query.compare.sides import opens, recorded
from tests.trace.factory import TIME_NS
from tests.tui.fake import FakeViewer


@pytest.fixture
def viewer(tmp_path: Path) -> FakeViewer:
    path = recorded(tmp_path / "a.gvtrace", opens("/a"), opens("/only here", at_ns=TIME_NS + 10**9))
    return FakeViewer(Comparing, trace=Trace.open(path))


def entry(viewer: FakeViewer, words: str) -> str:
    """The key of the only entry with these words."""
    assert viewer.choice is not None, viewer.said
    [key] = [each.key for each in viewer.choice.entries if words in each.words]
    return key


def test_a_line_leads_to_its_rows_here(viewer: FakeViewer, tmp_path: Path) -> None:
    other = recorded(tmp_path / "b.gvtrace", opens("/a"), opens("/only there"))
    viewer.commands.execute("compare.to")
    assert viewer.question is not None
    assert viewer.type(str(tmp_path / "none")) is not None
    assert viewer.type(str(other)) is None
    assert viewer.choice is not None
    assert viewer.choice.heading == "a.gvtrace → b.gvtrace: 2 differences; Enter: its rows"
    viewer.pick(entry(viewer, "- Files read: /only here  1 → 0"))
    assert viewer.model.chips.active() == ["evt.num = 5"]
    viewer.commands.execute("compare.again")
    viewer.pick(entry(viewer, "+ Files read: /only there  0 → 1"))
    assert "Only the other recording has it: gvtui print" in viewer.said


def test_the_hint_is_whole_on_a_narrow_screen(viewer: FakeViewer) -> None:
    for note in (None, "here"):
        if note is not None:
            viewer.model.bookmarks.set(3, note)
        viewer.commands.execute("compare.to")
        assert viewer.question is not None
        # Beside the words before it, on 80 columns.
        assert len(viewer.question.hint) <= 58
        assert ("@NOTE" in viewer.question.hint) == (note is not None)


def test_windows_of_this_trace_have_their_rows_here(viewer: FakeViewer) -> None:
    cut = f"{TIME_NS + 10**8}"
    viewer.commands.execute(f"compare.to @..{cut} @{cut}..")
    assert viewer.choice is not None
    assert viewer.choice.heading.startswith(f"a.gvtrace, @..{cut} @{cut}..: ")
    viewer.pick(entry(viewer, "Files read: /a"))
    assert viewer.model.chips.active() == ["evt.num = 3"]


def test_the_filters_in_force_hold_for_both_sides(viewer: FakeViewer, tmp_path: Path) -> None:
    other = recorded(tmp_path / "b.gvtrace", opens("/a"), opens("/only there"))
    viewer.model.chips.put("proc.name = nobody")
    viewer.commands.execute(f"compare.to {other}")
    assert viewer.choice is not None
    assert "0 differences" in viewer.choice.heading


def test_mistakes_and_failures_are_told(viewer: FakeViewer, tmp_path: Path) -> None:
    viewer.commands.execute("compare.again")
    assert "Nothing has been compared yet" in viewer.said
    viewer.commands.execute("compare.to nowhere")
    assert "neither a file nor a container 'nowhere'" in viewer.said
    junk = tmp_path / "junk"
    junk.write_text("no recording")
    viewer.commands.execute(f"compare.to {junk}")
    assert "is neither a gvtui recording nor" in viewer.said
    viewer.commands.execute("compare.to @noon.. @..noon")
    assert viewer.told[-1][1] == "error"
    assert viewer.choice is None


def test_a_comparison_that_cannot_be_started_is_told(
    viewer: FakeViewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = recorded(tmp_path / "b.gvtrace", opens("/a"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    viewer.commands.execute(f"compare.to {other}")
    assert "Nothing can be compared: " in viewer.said


def test_leaving_ends_the_comparison(viewer: FakeViewer) -> None:
    feature = viewer.feature(Comparing)
    assert list(feature.status()) == []
    assert feature.may_leave(lambda: None)
