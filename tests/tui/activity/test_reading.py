from datetime import UTC
from pathlib import Path

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.reader import Trace
from gvtui.trace.survey import survey
from gvtui.tui.activity.reading import ActivityReading
from tests.query.activity.runs import activity_in
from tests.trace.recorder import TRACES, Recorder


def test_it_reads_along_with_the_analysis_and_ends_with_what_the_report_has() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    analysis = Analysis(trace)
    reading = ActivityReading(analysis, compile_filter("proc.pid = 1", analysis.context))
    assert reading.advance(1000) == 0, "the analysis has read nothing yet"
    while analysis.context.advance(100):
        reading.advance(70)
    while reading.advance(70):
        pass
    assert reading.reader.is_done
    told = reading.not_seen(None, UTC, is_checking=False)
    made, whole = (
        reading.reader.activity(told, folds=False),
        activity_in("shell-2024", "proc.pid = 1"),
    )
    assert (made.rows, made.not_seen) == (whole.rows, whole.not_seen)
    assert made.sections == whole.sections
    trace.close()


def test_what_the_account_of_the_whole_recording_tells_is_told() -> None:
    trace = Trace.open(TRACES / "newest-2026.trace")
    reading = ActivityReading(Analysis(trace), None)
    assert "not been checked yet" in reading.not_seen(None, UTC, is_checking=True)[-1].text
    assert reading.not_seen(survey(trace), UTC, is_checking=False)
    trace.close()


def test_it_is_not_done_before_all_that_may_be_missing_was_read(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(500)
    recorder.add(1, dropped=3)
    trace = Trace.open(recorder.path)
    reading = ActivityReading(Analysis(trace), None)
    # As where it is taken up from what is kept of the recording.
    reading.reader.position = trace.end_row
    assert not reading.is_done
    reached = 0
    while reading.advance(100):
        assert reading.position > reached
        reached = reading.position
        assert reading.is_done == (reached == trace.end_row)
    assert reading.is_done
    told = reading.not_seen(None, UTC, is_checking=False)
    assert told[0].text.startswith("3 points were dropped by the sandbox")
    trace.close()
