from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.origins import ORIGIN_NUMBERS
from gvtui.trace.reader import Trace
from gvtui.wire.pb import sentry_pb2
from tests.query.processes.box import Box

DATA = Path(__file__).parents[2] / "data"
MMAP = 35


def rows(trace: Trace, text: str) -> list[int]:
    mask = compile_filter(text).mask(trace, trace.rows(0, trace.end_row), 0)
    return [int(row) for row in mask.nonzero()[0]]


def test_mapped_code_has_the_same_words_as_programs(tmp_path: Path) -> None:
    box = Box(tmp_path / "t.gvtrace")
    layers = {"overlayfs_upper": True, "overlayfs_lower": True}
    for fields in ({}, {"mapped_path": "/x", "mapped_ino": 3, **layers}, {"mapped_path": "/y"}):
        box.send(MMAP, sentry_pb2.MmapInfo(context_data=box.context(1), **fields))
    box.executed(box.context(1), "/z", binary_ino=4)
    box.writer.close()
    trace = Trace.open(box.path)
    assert rows(trace, "evt.origin = memory") == [1]
    assert rows(trace, "evt.origin = modified") == [2]
    assert rows(trace, "evt.origin = elsewhere") == [4]
    assert rows(trace, "not evt.origin exists and evt.kind = message") == [3]
    trace.close()


@pytest.mark.parametrize(
    ("text", "expected"), [("evt.origin = memory", 2), ("evt.origin = elsewhere", 1)]
)
def test_a_recording_s_programs_and_mappings_are_found(text: str, expected: int) -> None:
    trace = Trace.open(DATA / "newest" / "investigation.gvtrace")
    assert len(rows(trace, text)) == expected
    trace.close()
    old = Trace.open(DATA / "traces" / "compile-2024.trace")
    assert rows(old, "evt.origin exists") == []
    old.close()
    assert set(ORIGIN_NUMBERS) == {"image", "modified", "new", "elsewhere", "memory"}
