from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvtui.trace.batches import LEAD_OF_ONE, pack_one
from gvtui.trace.details import pack_details
from gvtui.trace.reader import Trace
from gvtui.trace.records import LogKind, Record, TraceError
from gvtui.trace.scanning import scan_log
from tests.trace.factory import (
    everything,
    recorded_datagrams,
    to_format_1,
    write_trace,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("seed-example"))] * 3)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x94" * 100, bytes(1000)])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.gvtrace"
    path.write_bytes(content)
    with pytest.raises(TraceError, match="neither a gvtui recording nor"):
        Trace.open(path)


def test_a_recording_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gvtrace"
    head = {"format": 99, "program": "gvtui 9", "id": bytes(16)}
    path.write_bytes(pack_one(LogKind.HEADER, 0, 1, b"salt", 0, pack_details(head)))
    with pytest.raises(TraceError, match=r"later version \(gvtui 9\)"):
        Trace.open(path)


def test_a_recording_that_needs_what_is_not_known_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gvtrace"
    head = {"format": 2, "program": "gvtui 9", "id": bytes(16), "needs": ["compression with zstd"]}
    path.write_bytes(pack_one(LogKind.HEADER, 0, 1, b"salt", 0, pack_details(head)))
    with pytest.raises(TraceError, match=r"by gvtui 9 with compression with zstd, which this"):
        Trace.open(path)


@pytest.mark.parametrize("make", [to_format_1, lambda path: path])
def test_a_recording_with_a_damaged_header_is_read(
    recording: Path, make: Callable[[Path], Path]
) -> None:
    make(recording)
    _, _, payloads = everything(recording)
    whole = recording.read_bytes()
    end = scan_first(whole)
    for place in range(end):
        recording.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        trace = Trace.open(recording)
        assert [trace.payload(row) for row in range(trace.end_row)] == payloads
        trace.close()


def scan_first(log: bytes) -> int:
    """Where the header ends."""
    for item in scan_log(log):
        if isinstance(item, Record):
            is_header = item.kind == LogKind.HEADER
            return item.offset + len(item.payload) if is_header else item.offset - LEAD_OF_ONE
    raise AssertionError
