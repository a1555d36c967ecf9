from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.query.processes.process import ProcessId
from gvtui.query.processes.rows import filter_words, processes_filter, row_filter
from gvtui.trace.reader import Trace
from tests.query.processes.box import Box, only, processes_of

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.query.processes.processes import Processes
    from gvtui.query.processes.tree import ProcessTree

FIRST, SECOND = 1_795_455_407_000_000_000, 1_795_455_408_250_000_000
AT_FIRST, AT_SECOND = "2026-11-23T17:36:47.000000000Z", "2026-11-23T17:36:48.250000000Z"


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "box.gvtrace")


def opened(box: Box) -> tuple[Trace, Processes, ProcessTree]:
    box.writer.close()
    trace = Trace.open(box.path)
    processes = processes_of(trace)
    return trace, processes, processes.tree


def read(box: Box, pid: int, start_ns: int, *, conn: int = 1, **fields: Any) -> None:
    given: dict[str, Any] = {
        "thread_group_start_time_ns": start_ns,
        "process_name": "bash",
    } | fields
    box.read(box.context(pid, **given), conn=conn)


def rows_of(trace: Trace, text: str) -> list[int]:
    rows = trace.rows(trace.first_row, trace.end_row)
    mask = compile_filter(text).mask(trace, rows, trace.first_row)
    return [row for row, passes in enumerate(mask.tolist()) if passes]


def test_two_sandboxes_and_an_id_used_twice(box: Box) -> None:
    read(box, 7, FIRST, container_id="web")
    box.writer.opened(2, box.clock, {})
    read(box, 7, FIRST, container_id="db", conn=2)
    read(box, 7, FIRST, container_id="web")
    read(box, 7, SECOND, container_id="web")
    trace, processes, tree = opened(box)
    texts = [row_filter(trace, processes, row) for row in (1, 3, 4, 5)]
    assert texts == [
        f"proc.id = web/7@{AT_FIRST}",
        f"proc.id = db/7@{AT_FIRST}",
        f"proc.id = web/7@{AT_FIRST}",
        f"proc.id = web/7@{AT_SECOND}",
    ]
    assert [rows_of(trace, text) for text in texts[1:]] == [[3], [1, 4], [5]]
    assert row_filter(trace, processes, 2) == ""
    by_row = {process.first_row: process for process in tree}
    for row, text in zip((1, 3, 4, 5), texts, strict=True):
        if row in by_row:
            assert processes_filter(tree, [by_row[row]]) == text
    words = [filter_words(tree, text, zone=UTC) for text in texts]
    assert words == [
        "bash 7 in web since 17:36:47.000",
        "bash 7 in db",
        "bash 7 in web since 17:36:47.000",
        "bash 7 in web since 17:36:48.250",
    ]
    assert filter_words(tree, f"not {texts[1]}") == "not bash 7 in db"
    trace.close()


def test_without_starts_an_id_used_again_is_told_by_its_rows(box: Box) -> None:
    box.clone(1, 2, start_ns=FIRST)
    read(box, 2, 0)
    box.task_exit(box.context(2, thread_group_start_time_ns=0))
    box.clone(1, 2, start_ns=SECOND)
    read(box, 2, 0)
    trace, processes, tree = opened(box)
    first, second = (tree.find(ProcessId("box", 2, start)) for start in (FIRST, SECOND))
    assert first is not None
    assert second is not None
    text = processes_filter(tree, [first])
    assert text == (
        f"proc.id = box/2 and evt.num >= {first.first_row} and evt.num <= {first.last_row}"
    )
    assert 2 in rows_of(trace, text)
    assert row_filter(trace, processes, 2) == text
    assert row_filter(trace, processes, 5) == processes_filter(tree, [second])
    assert 5 in rows_of(trace, row_filter(trace, processes, 5))
    assert 2 not in rows_of(trace, row_filter(trace, processes, 5))
    assert filter_words(tree, row_filter(trace, processes, 5)) == (
        f"bash 2 in box from row {second.first_row}"
    )
    trace.close()


def test_before_the_tree_has_read_a_row_its_message_says_enough(box: Box) -> None:
    read(box, 7, FIRST)
    box.writer.close()
    trace = Trace.open(box.path)
    processes = Analysis(trace).processes
    tree = processes.tree
    text = row_filter(trace, processes, 1)
    assert text == f"proc.id = box/7@{AT_FIRST}"
    assert filter_words(tree, text, name="bash", zone=UTC) == "bash 7 in box"
    assert filter_words(tree, text, zone=UTC) == "pid 7 in box since 17:36:47.000"
    trace.close()


def test_without_a_container_the_connection_is_named(box: Box) -> None:
    read(box, 7, FIRST, container_id="")
    box.writer.opened(2, box.clock, {})
    read(box, 7, FIRST, container_id="", conn=2)
    trace, processes, tree = opened(box)
    text = row_filter(trace, processes, 1)
    assert text == f"proc.id = 7@{AT_FIRST} and conn.num = 1"
    assert rows_of(trace, text) == [1]
    first, _ = tree
    assert processes_filter(tree, [first]) == text
    assert filter_words(tree, text, zone=UTC) == "bash 7 since 17:36:47.000 on connection 1"
    trace.close()


@pytest.mark.parametrize(
    "text",
    [
        "evt.failed = true",
        "proc.id != box/7",
        "proc.id in (box/7, box/8)",
        "proc.id = box/7 or proc.id = box/8",
        "proc.id = box/7 and proc.id = box/8",
        "proc.id = box/7 and evt.failed = true",
        "proc.id = box/7 and not evt.num > 1",
        "evt.num >= 3",
        "",
    ],
)
def test_filters_about_more_than_a_process_stay_as_they_are(box: Box, text: str) -> None:
    read(box, 7, FIRST)
    assert filter_words(box.tree(), text) == ""


def test_a_thread_of_a_process(box: Box) -> None:
    read(box, 7, FIRST, thread_id=9)
    tree = box.tree()
    assert filter_words(tree, "proc.id = box/7 and thread.tid = 9") == "bash 7 in box thread 9"


def test_a_subtree_is_of_process_ids(box: Box) -> None:
    box.start(1, "/bin/sh")
    box.clone(1, 2)
    box.read(box.context(2))
    tree = box.tree()
    assert processes_filter(tree, only(tree, 1).subtree()) == "proc.pid in (1, 2)"
