from gvtui.query.activity.lines import ActivityLines
from gvtui.trace.reader import Trace
from tests.query.activity.runs import TRACES


def test_rows_go_to_the_line_with_their_words() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    lines = ActivityLines(trace, max_lines=2)
    lines.add("read", "/a", [1], ["openat"], bytes_in=3)
    lines.add("read", "/a", [5], ["read"], bytes_in=4)
    lines.add("read", "/a", [6], ["read"], details="other")
    assert [line.behind.rows and line.behind.rows.tolist() for line in lines.of("read")] == [
        [1, 5],
        [6],
    ]
    assert next(lines.of("read")).bytes_in == 7
    lines.add("read", "/b", [7, 8], ["read"])
    assert lines.refused == 2
    assert len(list(lines.of("read"))) == 2
    names = {lines.name(row) for row in trace.rows(0, 200)}
    assert {"container/start", "openat", "close"} <= names
    trace.close()
