from __future__ import annotations

import os
from pathlib import Path

import pytest

from gvtui.trace.bytesource import open_source, opened_source, size_of


def test_a_plain_file_is_read_from_any_place_as_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"0123456789")
    with opened_source(path) as source:
        assert (source.size, source.disk_bytes) == (10, 10)
        assert source.pread(4, 3) == b"3456"
        assert source.pread(4, 8) == b"89"
        assert source.pread(4, 10) == b""
        buffer = bytearray(4)
        assert source.pread_into(memoryview(buffer), 8) == 2
        assert buffer[:2] == b"89"
        with path.open("ab") as file:
            file.write(b"abc")
        assert (source.size, source.pread(9, 9)) == (13, b"9abc")
    assert size_of(path) == 13


def test_a_duplicate_stays_open_when_the_first_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"0123456789")
    source = open_source(path)
    again = source.duplicate()
    assert again.fileno() != source.fileno()
    source.close()
    assert again.pread(2, 4) == b"45"
    fd = again.fileno()
    again.close()
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(fd)


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_source(tmp_path / "missing")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="regular"):
        open_source(tmp_path / "pipe")
