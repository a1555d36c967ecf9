from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from gvtui.trace.output import KEPT_BACK, Output
from tests.disks import filled, small_disk


def test_room_is_had_ahead_and_given_back(tmp_path: Path) -> None:
    out = Output.create(tmp_path / "a")
    out.append(b"one")
    out.reserve(1000)
    assert out.fits(1000)
    assert out.path.stat().st_size == 3
    out.append(b"two")
    out.close()
    assert out.path.read_bytes() == b"onetwo"
    assert out.path.stat().st_blocks * 512 <= 4096


def test_a_full_disk_shows_before_an_append(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "2m") as disk:
        out = Output.create(disk / "a")
        out.reserve(1000)
        with filled(disk):
            room = out.room
            assert out.fits(1000)
            with pytest.raises(OSError, match="No space"):
                out.reserve(room)
            assert not out.fits(room)
            # What has to be noted still goes.
            out.append(bytes(room - KEPT_BACK))
            assert not out.fits(1)
            out.append(bytes(KEPT_BACK))
            with pytest.raises(OSError, match="No space"):
                out.append(bytes(1 << 20))
            assert out.path.stat().st_size == out.size == room
        out.reserve(1000)
        out.close()


def test_less_than_a_step_is_taken_where_there_is_no_more(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "2m") as disk:
        out = Output.create(disk / "a")
        with filled(disk, 256 << 10):
            out.reserve(100 << 10)
            assert out.fits(100 << 10)
            with pytest.raises(OSError, match="No space"):
                out.reserve(100 << 10, 1 << 20)
            assert out.fits(100 << 10)
        out.close()


def test_a_file_system_without_room_ahead_is_written_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> int:
        import ctypes

        ctypes.set_errno(errno.EOPNOTSUPP)
        return -1

    monkeypatch.setattr("gvtui.trace.output._fallocate", refuse)
    out = Output.create(tmp_path / "a")
    out.reserve(1000)
    assert out.fits(1 << 40)
    out.append(b"x")
    out.close()
    assert out.path.read_bytes() == b"x"


def test_an_append_that_fails_half_way_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Output.create(tmp_path / "a")
    out.append(b"whole")
    real = os.write

    def half(fd: int, data: bytes) -> int:
        if len(data) < 4:
            raise OSError(errno.EIO, "Input/output error")
        return real(fd, data[:2])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        with pytest.raises(OSError, match="Input"):
            out.append(b"torn!")
    out.append(b".")
    out.close()
    assert out.path.read_bytes() == b"whole."


def test_whether_it_is_where_it_was(tmp_path: Path) -> None:
    out = Output.create(tmp_path / "a")
    assert out.is_in_place()
    out.path.rename(tmp_path / "b")
    assert (out.is_in_place(), out.has_name()) == (False, True)
    (tmp_path / "a").write_bytes(b"another")
    assert not out.is_in_place()
    (tmp_path / "b").unlink()
    assert not out.has_name()
    out.close()


def test_what_is_kept_back_stays_when_the_rest_is_given_back(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk:
        out = Output.create(disk / "a")
        out.reserve(1 << 20, 1 << 20)
        out.append(b"x")
        out.trim()
        with filled(disk):
            out.append(bytes(KEPT_BACK))
        out.close()
