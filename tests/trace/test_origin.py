from __future__ import annotations

from gvtui.trace.marks import read_mark
from gvtui.trace.origin import MAX_SOURCES, OriginMark, TraceOrigin

SOURCES = (
    TraceOrigin("a.gvtrace", "0a", (("name", "web-1"),), 1_795_455_436_000_000_000),
    TraceOrigin("b.gvtrace", "0b", shift=3),
)


def test_it_comes_back_as_it_was_written() -> None:
    mark = OriginMark("merged", SOURCES, "fd.num = 1", "3 messages were damaged")
    assert read_mark(mark.details()) == mark


def test_text() -> None:
    assert OriginMark("merged", SOURCES, "fd.num = 1").text == (
        "merged from a.gvtrace from 2026-11-23 17:37:16 UTC of web-1, b.gvtrace; "
        "messages that meet fd.num = 1"
    )
    assert OriginMark("merged", SOURCES * 9).text.endswith("13 more")


def test_what_makes_no_sense_is_empty() -> None:
    details = {"kind": "origin", "sources": [1, {"name": 2, "from_ns": -1, "to_ns": 1 << 62}]}
    mark = read_mark(details)
    assert isinstance(mark, OriginMark)
    assert mark.sources == (TraceOrigin("", ""), TraceOrigin("", "", (), 0, 1 << 62))
    assert mark.text
    many = OriginMark("merged", SOURCES * MAX_SOURCES)
    read = read_mark(many.details())
    assert isinstance(read, OriginMark)
    assert len(read.sources) == MAX_SOURCES
