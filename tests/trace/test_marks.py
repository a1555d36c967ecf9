from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.details import pack_details, unpack_details
from gvtui.trace.excerpts import DisputeMark, ExcerptMark, ExecMark, ExecOrderMark
from gvtui.trace.marks import (
    BinaryMark,
    ClockMark,
    DropsMark,
    GapMark,
    LostMark,
    Mark,
    NoteMark,
    RefusedMark,
    SessionMark,
    read_mark,
)
from gvtui.trace.origin import OriginMark, TraceOrigin
from gvtui.trace.procfs import ProcessesMark, ProcfsEntry

ENTRY = ProcfsEntry(3, 1, 7, "cat", "/bin/cat", ["cat", "-"], "/", (2, 6), (4, 8), [], "inner")
MARKS: tuple[Mark, ...] = (
    SessionMark("session applied", "applied", "c1", "/run/runsc", "{}", 9),
    SessionMark("session applied", "applied", "c1", "/run/runsc", "{}", 9, 1, 2),
    GapMark("gap", "c1", 1, 2),
    LostMark(3, 4),
    LostMark(3, 4, 5, "full"),
    LostMark(0, 4, 5, "late", 6),
    ClockMark(-3_600_000_000_000),
    ProcessesMark("1 process runs", "c1", 5, True, 1, 2, (ENTRY,)),
    BinaryMark("/usr/bin/runsc", "20260905.0", True),
    BinaryMark("/usr/bin/runsc", "", False),
    ExcerptMark("evt.failed = true"),
    ExcerptMark(""),
    ExecMark(("done later", "failed")),
    ExecOrderMark("old", False),
    ExecOrderMark("", True),
    NoteMark("hello"),
    NoteMark("hello", "later"),
    DropsMark(39_723),
    DropsMark(12, is_least=True),
    DropsMark(12, is_left_out=True),
    OriginMark("cut", (TraceOrigin("a.gvtrace", "0a"),), "fd.num = 3"),
    DisputeMark("web"),
)


@pytest.mark.parametrize("mark", MARKS)
def test_what_is_written_is_read(mark: Mark) -> None:
    assert read_mark(unpack_details(pack_details(mark.details()))) == mark


def test_marks_lie_in_recordings_as_they_always_did() -> None:
    session, replaced, gap, lost, *_ = MARKS
    assert session.details() == {
        "kind": "session",
        "text": "session applied",
        "state": "applied",
        "container_id": "c1",
        "root": "/run/runsc",
        "session": "{}",
        "pid": 9,
    }
    assert replaced.details() == {**session.details(), "gap_start_ns": 1, "gap_end_ns": 2}
    assert gap.details() == {
        "kind": "gap",
        "text": "gap",
        "container_id": "c1",
        "start_ns": 1,
        "end_ns": 2,
    }
    refused = RefusedMark(2, "connections", "refused 2")
    assert read_mark(refused.details()) == refused
    assert read_mark({"kind": "refused", "count": -1}) == RefusedMark(0, "", "")
    assert lost.details() == {
        "kind": "lost",
        "messages": 3,
        "since_ns": 4,
        "until_ns": 0,
        "why": "",
        "bytes": 0,
    }
    assert lost.text.startswith("3 messages were lost that could not be written since 1970-01-01")
    assert NoteMark("hello").details() == {"text": "hello"}


def test_what_is_missing_reads_as_nothing() -> None:
    assert read_mark({}) == NoteMark("")
    assert read_mark({"kind": ["session"]}) == NoteMark("")
    assert read_mark({"kind": "session"}) == SessionMark("", "", "", "", "")
    assert read_mark({"kind": "gap", "start_ns": 1 << 70}) == GapMark("", "", 0, 0)
    assert read_mark({"kind": "lost", "messages": True}) == LostMark(0, 0)


def test_sizes_are_limited() -> None:
    long = "x" * 5_000_000
    session = read_mark({"kind": "session", "text": long, "container_id": long, "session": long})
    assert isinstance(session, SessionMark)
    assert max(map(len, (session.text, session.container_id))) == 4096
    assert len(session.session) == 1 << 20


_VALUES: Any = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.booleans() | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
_NAMES = sorted({name for mark in MARKS for name in mark.details()} | {"pid", "args", "pipe_to"})


@given(
    st.sampled_from(["session", "gap", "lost", "processes", "else"]),
    st.dictionaries(st.sampled_from(_NAMES), _VALUES),
    st.dictionaries(st.sampled_from(_NAMES), _VALUES),
)
def test_no_mark_makes_it_fail(kind: str, details: Any, entry: Any) -> None:
    mark = read_mark({**details, "processes": [entry, details.get("processes")], "kind": kind})
    assert mark.kind == kind
    assert isinstance(mark.text, str)
    assert read_mark(mark.details()) == mark
