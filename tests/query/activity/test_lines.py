from gvtui.query.activity.lines import ActivityLines
from gvtui.query.source import CHUNK
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


def test_of_rows_that_were_let_go_a_line_still_knows_how_many_they_were() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    lines = ActivityLines(trace)
    rows = list(range(0, 3 * CHUNK, 2))
    lines.add("read", "/a", rows, ["read"])
    lines.put_away()
    [line] = lines.of("read")
    lines.let_go(3 * CHUNK)
    assert lines.ledger is not None
    assert not line.behind.mask(0, 2 * CHUNK).any()
    assert line.behind.count_before(3 * CHUNK) == line.behind.count == len(rows)
    trace.close()


def test_lines_without_a_ledger_have_the_same_rows() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    rows = list(range(0, 400, 2))
    masks = []
    for has_ledger in (True, False):
        lines = ActivityLines(trace, has_ledger=has_ledger)
        lines.add("read", "/a", rows[:3], ["read"])
        lines.add("read", "/a", rows[3:], ["read"])
        lines.put_away()
        lines.let_go(7)
        [line] = lines.of("read")
        masks.append(line.behind.mask(0, 400).nonzero()[0].tolist())
        assert line.behind.count_before(100) == 50
    assert masks == [rows, rows]
    trace.close()
