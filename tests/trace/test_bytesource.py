from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gvtui.export.repairing import repair
from gvtui.trace import files
from gvtui.trace.bytesource import open_source, opened_source, size_of
from gvtui.trace.reader import Trace
from gvtui.trace.records import TraceError
from gvtui.trace.seal import seal, verify
from tests.export.parts import thinned_folder
from tests.trace.factory import read_message, write_trace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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


@pytest.mark.parametrize("which", [0, 1, -1])
@pytest.mark.parametrize("use", ["read", "repair", "seal", "verify"])
def test_a_link_in_place_of_a_segment_is_refused(tmp_path: Path, which: int, use: str) -> None:
    """Of a piece, and of segments that are whole."""
    live, out = thinned_folder(tmp_path / "live"), tmp_path / "out.gvtrace"
    uses: dict[str, Callable[[], object]] = {
        "read": lambda: Trace.open(live).close(),
        "repair": lambda: repair(live, out),
        "seal": lambda: seal(live),
        "verify": lambda: verify(live),
    }
    if use == "verify":
        seal(live)
    log = list(files.logs_in(live).values())[which]
    elsewhere = log.rename(tmp_path / "elsewhere")
    log.symlink_to(elsewhere)
    with pytest.raises(TraceError, match=f"{log.name} is a symbolic link, which is not followed"):
        uses[use]()
    assert not out.exists()
    log.unlink()
    elsewhere.rename(log)
    uses[use]()


def test_a_link_to_a_recording_leads_to_it(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    (tmp_path / "link.gvtrace").symlink_to(path)
    assert size_of(tmp_path / "link.gvtrace") == size_of(path)
    (tmp_path / "00000001.gvtrace.index").symlink_to(path)
    with pytest.raises(OSError, match="put the file itself there"):
        size_of(tmp_path / "00000001.gvtrace.index")
    os.mkfifo(tmp_path / "00000002.gvtrace")
    with pytest.raises(OSError, match="regular"):
        size_of(tmp_path / "00000002.gvtrace")
