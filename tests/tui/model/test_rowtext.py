from __future__ import annotations

from typing import TYPE_CHECKING

from tests.trace.recorder import Recorder
from tests.tui.helpers import live

if TYPE_CHECKING:
    from pathlib import Path


def test_what_could_not_be_written_is_said_in_words(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.writer.mark(recorder.now, {"kind": "lost", "messages": 40_835, "since_ns": 7})
    recorder.writer.flush()
    app = live(recorder.path)
    assert app.model.texts[1].rule == "✗ 40,835 messages could not be written before this"
    app.model.trace.close()


def test_a_message_that_was_cut_is_not_read_as_if_it_were_whole(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    # A beginning that happens to be a valid message.
    recorder.writer.truncated(1, recorder.now, b"\x08\x00\x07\x00\x00\x00\x00\x00", 2_000_000)
    recorder.writer.close()
    app = live(recorder.path)
    text = app.model.texts[1]
    assert (text.name, text.sign) == ("truncated", "!")
    app.model.trace.close()
