from __future__ import annotations

import shutil
from pathlib import Path

from gvtui.tui.model.rowtext import Look
from tests.trace.recorder import Recorder
from tests.tui.helpers import live

EXECS = Path(__file__).parents[2] / "data" / "execs"


def test_what_could_not_be_written_is_said_in_words(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.writer.mark(recorder.now, {"kind": "lost", "messages": 40_835, "since_ns": 7})
    recorder.writer.flush()
    app = live(recorder.path)
    assert app.model.texts[1].rule.startswith(
        "✗ 40,835 messages were lost that could not be written"
    )
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


def test_rows_tell_what_became_of_an_exec(tmp_path: Path) -> None:
    app = live(Path(shutil.copy(EXECS / "failed-exec.gvtrace", tmp_path)))
    model = app.model
    model.analysis.pairs.advance()
    told = {row: model.texts.text(row, whole=whole) for row, whole in ((5, False), (20, False))}
    assert [(text.result, text.look) for text in told.values()] == [
        ("failed", Look.FAILED),
        ("0", Look.EXIT),
    ]
    calls = [model.texts.text(row, whole=True) for row in (3, 18)]
    assert [(text.result, text.look, text.duration_ns) for text in calls] == [
        ("failed", Look.FAILED, None),
        ("0", Look.CALL, None),
    ]
    model.trace.close()


def test_a_row_is_told_anew_once_its_outcome_is_known(tmp_path: Path) -> None:
    whole = live(Path(shutil.copy(EXECS / "failed-exec.gvtrace", tmp_path)))
    recorder = Recorder(tmp_path / "growing.gvtrace")
    app = live(recorder.path)
    results = []
    for row in range(1, 22):
        recorder.writer.message(1, recorder.now, whole.model.trace.payload(row))
        recorder.writer.flush()
        app.model.trace.refresh()
        app.model.analysis.pairs.advance()
        if row > 18:
            results.append([app.model.texts[number].result for number in (5, 20) if number <= row])
    assert results == [["? (asked)"], ["? (asked)"] * 2, ["failed", "0"]]
    for model in (whole.model, app.model):
        model.trace.close()
