import json
from dataclasses import replace
from pathlib import Path

import pytest

from gvtui.export.diff.formats import DIFF_FORMATS
from gvtui.export.diff.making import DiffDocument, SideChoice, make_diff
from gvtui.export.diff.rows import (
    HEADINGS,
    by_section,
    cells,
    heads,
    lists,
    summary,
    title_of,
    two_digits,
)
from gvtui.query.activity.gaps import Binary
from gvtui.trace.marks import BinaryMark
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from gvtui.wire.pb import common_pb2, container_pb2
from tests.export.diff.runs import hostile_diff, shells


def test_the_answer_is_one_paragraph() -> None:
    answer = summary(shells())
    assert answer.startswith("5 differences and 3 things of which it cannot be told. The rest is")
    assert "programs that ran: 8; " in answer
    assert answer.endswith("calls: 49.")


def test_differences_stand_by_section() -> None:
    made = shells()
    found = [(title, len(own)) for title, own in by_section(made.compared.differences)]
    assert found == [
        ("Files read", 2),
        ("Folders opened", 1),
        ("Failures by call", 1),
        ("Calls", 1),
    ]
    first = cells(made, made.compared.differences[0])
    assert len(first) == len(HEADINGS)
    assert first == ("+", "/etc/group", "", "times 0 → 2", "", "evt.num in (1474, 1482)")
    assert title_of("calls") == "Calls"


def test_rules_thresholds_and_what_was_not_seen_are_told_once() -> None:
    found = dict(lists(shells()))
    assert "Process ids beside programs' names: (pid 12)." in found["What was folded away"]
    assert any("p99" in each for each in found["What counts as a change"])
    both = found["Not seen on either side"]
    assert "What was read and written: gVisor sends sizes, never the bytes." in both
    assert not set(both) & set(found.get("Not seen before", ()))
    assert any("gvtui print shell-2022.trace" in each for each in found["How to find the rows"])


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(640, "640 ns"), (96_000, "96 µs"), (4_100_000, "4.1 ms"), (9_960_000, "10 ms"), (0, "0 ns")],
)
def test_a_percentile_has_two_digits(nanoseconds: int, text: str) -> None:
    assert two_digits(nanoseconds) == text


def test_nothing_of_a_sandbox_is_left_unescaped() -> None:
    made = hostile_diff("\x1b[2J\n\u202e")
    for each in made.compared.differences:
        assert all(cell.isprintable() for cell in cells(made, each))


def sandboxes_of_two_releases(folder: Path) -> DiffDocument:
    """One recording of two sandboxes, compared with each other; a mark tells the runsc of each."""
    path = folder / "two.gvtrace"
    writer = TraceWriter(path)
    for conn, name in ((1, "old"), (2, "new")):
        writer.opened(conn, 5, {})
        context = common_pb2.ContextData(container_id=name, thread_id=1, thread_group_id=1)
        start = container_pb2.Start(context_data=context, id=name, args=["init"])
        writer.message(conn, 6, build_message(1, start.SerializeToString()))
        version = "20221219.0" if name == "old" else ""
        mark = BinaryMark(f"/opt/{name}/runsc", version, is_exec_exit_last=False)
        writer.mark(7, mark.details(), conn)
    writer.close()
    trace = Trace.open(path)
    try:
        return make_diff(SideChoice(trace, "old"), SideChoice(trace, "new"))
    finally:
        trace.close()


def test_the_head_tells_the_runsc_of_each_side_alone(tmp_path: Path) -> None:
    made = sandboxes_of_two_releases(tmp_path)
    head = list(heads(made))
    assert [label for label, _ in head] == ["Before", "gVisor before", "After", "gVisor after"]
    assert dict(head)["gVisor before"] == "20221219.0, /opt/old/runsc"
    assert dict(head)["gVisor after"] == "version not told, /opt/new/runsc"
    text, markdown, told, page = ("\n".join(each.lines(made)) for each in DIFF_FORMATS.values())
    assert "\ngVisor before  20221219.0, /opt/old/runsc\n" in text
    assert "\n- **gVisor before:** 20221219.0, /opt/old/runsc\n" in markdown
    assert "<tr><th>gVisor before</th><td>20221219.0, /opt/old/runsc</td></tr>" in page
    sides = json.loads(told)
    assert sides["before"]["gvisor"] == [{"runsc": "/opt/old/runsc", "version": "20221219.0"}]
    assert sides["after"]["gvisor"] == [{"runsc": "/opt/new/runsc", "version": None}]


def test_a_runsc_of_a_hostile_name_is_escaped() -> None:
    made = shells()
    conn = min(made.before.conns)
    side = replace(made.before.side, binaries=(Binary(conn, "/\x1b[2J\n", "\u202e"),))
    made = replace(made, before=replace(made.before, side=side))
    assert all(words.isprintable() for _, words in heads(made))
    assert len(list(heads(made))) == 3
