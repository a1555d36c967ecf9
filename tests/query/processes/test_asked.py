"""What messages tell of exec sessions, where gVisor does not send that a process is of none."""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.marks import SessionMark
from gvtui.trace.reader import Trace
from tests.query.processes.box import Box

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.wire.pb import common_pb2

_LATE = 1_800_000_000_000_000_000


class Asking:
    """Asks filters which rows of a made-up sandbox they pass."""

    def __init__(self, box: Box) -> None:
        box.writer.close()
        self._path = box.path
        with closing(Trace.open(box.path)) as trace:
            self.analysis = Analysis(trace)
            while self.analysis.context.advance():
                pass

    def rows(self, text: str) -> set[int]:
        with closing(Trace.open(self._path)) as trace:
            rows = trace.rows(0, trace.end_row)
            condition = compile_filter(text, self.analysis.context)
            return set(condition.mask(trace, rows, 0).nonzero()[0].tolist())

    def told(self) -> str:
        return self.analysis.context.facts.cut_text()


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "made-up.gvtrace")


def _of_session(box: Box, pid: int) -> common_pb2.ContextData:
    return box.context(pid, is_exec_session=True)


def test_false_is_known_where_another_message_of_the_point_has_the_field(box: Box) -> None:
    box.read(box.context(1))
    box.read(_of_session(box, 7))
    box.notify(box.context(7))
    asking = Asking(box)
    # Row 0 is the connection's.
    assert asking.rows("context.is_exec_session = false") == {1}
    assert asking.rows("context.is_exec_session != true") == {1}
    assert asking.rows("context.is_exec_session in (false, 0)") == {1}
    assert asking.rows("context.is_exec_session = true") == {2}
    assert asking.rows("context.is_exec_session != false") == {2}
    assert asking.rows("context.is_exec_session exists") == {1, 2}
    assert asking.rows("proc.is_exec_session = false") == {1}
    assert asking.rows("proc.is_exec_session = true") == {2, 3}
    assert asking.told() == ""


def test_where_nothing_tells_that_it_was_asked_for_nothing_is_claimed_and_that_is_told(
    box: Box,
) -> None:
    box.read(box.context(1))
    box.read(box.context(5))
    asking = Asking(box)
    assert asking.rows("context.is_exec_session = false") == set()
    assert asking.rows("context.is_exec_session exists") == set()
    assert asking.told().startswith("of 2 messages the filter cannot know whether their processes")


def test_a_point_that_is_not_asked_tells_nothing(box: Box) -> None:
    box.read(box.context(1))
    box.task_exit(box.context(1))
    box.read(_of_session(box, 7))
    box.task_exit(box.context(7))
    asking = Asking(box)
    assert asking.rows("context.is_exec_session = false") == {1}
    # Of a session that asks for it here and there, no process is claimed to be of none.
    assert asking.rows("proc.is_exec_session = false") == set()


@pytest.mark.parametrize(
    ("fields", "ignore_missing", "wanted"),
    [(["is_exec_session"], False, {1}), ([], False, set()), (["is_exec_session"], True, set())],
)
def test_the_session_that_a_mark_notes_tells_it_of_each_point(
    tmp_path: Path, fields: list[str], ignore_missing: bool, wanted: set[int]
) -> None:
    box = Box(tmp_path / "noted.gvtrace")
    box.writer.close()
    box = Box(tmp_path / "again.gvtrace")
    box.writer.opened(2, box.clock, {"peer_pid": 42})
    box.read(box.context(1), conn=2)
    points = [{"name": "syscall/read/enter", "context_fields": ["group_id", *fields]}]
    session = {"name": "Default", "points": points, "ignore_missing": ignore_missing}
    text = json.dumps({"trace_session": session})
    mark = SessionMark("session applied", "applied", "box", "/run", text, pid=42)
    box.writer.mark(box.clock, mark.details())
    asking = Asking(box)
    found = asking.rows("context.is_exec_session = false")
    assert {row - 1 for row in found} == wanted


def test_what_comes_late_is_counted_so_that_answers_of_before_are_asked_again(box: Box) -> None:
    box.notify(box.context(7))
    box.read(_of_session(box, 7))
    box.read(box.context(1))
    asking = Asking(box)
    assert asking.analysis.processes.sessions_told > 0
    assert asking.rows("proc.is_exec_session = true") == {1, 2}


def test_a_session_is_named_by_its_first_process(box: Box) -> None:
    box.read(box.context(1))
    box.read(box.context(7, is_exec_session=True, thread_group_start_time_ns=_LATE))
    box.read(box.context(8, is_exec_session=True, parent_thread_group_id=7))
    box.notify(box.context(8, parent_thread_group_id=7))
    asking = Asking(box)
    name = "proc.exec_session = box/7@2027-01-15T08:00:00.000000000Z"
    assert asking.rows(name) == {2, 3, 4}
    assert asking.rows(f"not {name} and proc.pid > 0") == {1}
    assert asking.rows("proc.exec_session exists") == {2, 3, 4}


_ROWS = st.lists(
    st.tuples(st.sampled_from((1, 2, 7, 8)), st.sampled_from(("read", "exit", "notify"))),
    min_size=1,
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=25)
@given(_ROWS, st.sampled_from((frozenset({"read"}), frozenset({"read", "exit"}), frozenset())))
def test_no_message_of_a_session_passes_as_one_of_none(
    sent: list[tuple[int, str]], asked: frozenset[str]
) -> None:
    sent = [(7, "read"), (8, "read"), *sent]
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder) / "made-up.gvtrace")
        for pid, point in sent:
            is_told = pid > 6 and point in asked
            context = box.context(pid, is_exec_session=True) if is_told else box.context(pid)
            send: dict[str, Callable[[common_pb2.ContextData], None]] = {
                "read": box.read,
                "exit": box.task_exit,
                "notify": box.notify,
            }
            send[point](context)
        asking = Asking(box)
        told = {pid for pid, point in sent if pid > 6 and point in asked}
        rows = dict(enumerate(sent, 1))
        of_told = {row for row, (pid, _) in rows.items() if pid in told}
        assert asking.rows("proc.is_exec_session = true") == of_told
        false = asking.rows("context.is_exec_session = false")
        assert not false & of_told
        # What a session's processes have proved of a point holds for all others.
        proved = {point for row, (_, point) in rows.items() if row in of_told} & asked
        known = {row for row, (pid, point) in rows.items() if pid < 7 and point in proved}
        assert known <= false
        assert all(rows[row][1] != "notify" for row in false)
        true = asking.rows("context.is_exec_session = true")
        assert true == {row for row in of_told if rows[row][1] in asked}
