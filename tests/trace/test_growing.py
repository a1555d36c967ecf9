from __future__ import annotations

import shutil
from pathlib import Path

from gvtui.trace.growing import is_growing
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import read_message


def test_a_recording_grows_until_it_is_closed(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "x.gvtrace")
    assert is_growing(writer.path)
    writer.close()
    assert not is_growing(writer.path)
    assert not is_growing(tmp_path / "none")


def test_a_flight_recorder_grows_in_its_newest_segment(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    writer = TraceWriter(folder, keep_bytes=1 << 20, segment_bytes=4096)
    for number in range(100):
        writer.message(1, number, read_message())
    assert len(list(folder.glob("*.gvtrace"))) > 1
    assert is_growing(folder)
    writer.close()
    assert not is_growing(folder)
    shutil.rmtree(folder)
    assert not is_growing(folder)
