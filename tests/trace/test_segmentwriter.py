from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from gvtui.trace import files
from gvtui.trace.records import LogKind, Record
from gvtui.trace.scanning import Begin, scan_log
from gvtui.trace.segmentwriter import SegmentWriter

HEAD = {"format": 2, "id": bytes(16), "segment": 1, "first_row": 0}


def test_a_segment_has_header_and_summary(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    segment = SegmentWriter.create(path, {**HEAD, "first_row": 5}, bytes(16), 77)
    segment.append([b""], b"r" * 88)
    segment.close({"rows": 1}, 99, 0)
    begin, record = scan_log(path.read_bytes())
    assert isinstance(begin, Begin)
    assert begin.head == {**HEAD, "first_row": 5}
    assert isinstance(record, Record)
    assert (record.kind, record.recv_ns) == (LogKind.SUMMARY, 99)
    head = files.IndexHead.unpack(files.index_path(path).read_bytes())
    assert head is not None
    assert (head.rows, head.first_row, head.log_size) == (1, 5, path.stat().st_size)


def test_a_segment_that_cannot_be_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.gvtrace"

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            SegmentWriter.create(path, HEAD, bytes(16), 77)
    assert list(tmp_path.iterdir()) == []
    files.index_path(path).touch()
    with pytest.raises(FileExistsError):
        SegmentWriter.create(path, HEAD, bytes(16), 77)
    assert list(tmp_path.iterdir()) == [files.index_path(path)]


def test_a_full_disk_hinders_no_seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.gvtrace"
    segment = SegmentWriter.create(path, HEAD, bytes(16), 77)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        segment.close({"rows": 0}, 99, 0)
    head = files.IndexHead.unpack(files.index_path(path).read_bytes())
    assert head is not None
    assert head.log_size == path.stat().st_size
