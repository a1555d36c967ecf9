from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.errors import UsageError
from gvtui.export.newrecording import ConvertError, new_recording
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS


def write(path: Path) -> None:
    writer = TraceWriter(path)
    writer.mark(TIME_NS, {"text": "here"})
    writer.close()


def test_it_appears_with_its_index_when_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "a.gvtrace"
    with new_recording(out) as unfinished:
        write(unfinished)
        assert not out.exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "a.gvtrace",
        "a.gvtrace.index",
        "a.gvtrace.strings",
    ]
    trace = Trace.open(out)
    assert trace.details(0) == {"text": "here"}
    trace.close()


def test_nothing_is_left_of_what_failed(tmp_path: Path) -> None:
    def fail() -> None:
        with new_recording(tmp_path / "a.gvtrace") as name:
            write(name)
            raise OSError(28, "No space left on device")

    with pytest.raises(ConvertError, match="cannot write"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_replaced_and_no_other_format_promised(tmp_path: Path) -> None:
    old = tmp_path / "a.gvtrace"
    old.write_text("mine")
    with pytest.raises(ConvertError, match="exists already"), new_recording(old):
        pass
    assert old.read_text() == "mine"
    with pytest.raises(UsageError, match="convert"), new_recording(tmp_path / "a.strace"):
        pass
