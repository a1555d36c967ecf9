from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace import compressed
from gvtui.trace.bytesource import opened_source, size_of, source_of
from gvtui.trace.compressed import CompressedFile
from gvtui.trace.frames import NOTE_SIZE, FramesNote, packed_frames


def pack(path: Path, plain: bytes, frame_bytes: int, width: int = 0) -> None:
    note = FramesNote(len(plain), frame_bytes, width)
    pieces = packed_frames(lambda size, offset: plain[offset : offset + size], note)
    path.write_bytes(b"".join(pieces))


@given(st.binary(max_size=500), st.integers(1, 99), st.integers(0, 600), st.integers(0, 600))
def test_any_part_is_read_as_from_a_plain_file(
    tmp_path_factory: pytest.TempPathFactory, plain: bytes, frame: int, start: int, size: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "part.zst"
    pack(path, plain, frame, min(7, frame))
    with opened_source(path) as source:
        assert isinstance(source, CompressedFile)
        assert (source.size, source.disk_bytes) == (len(plain), path.stat().st_size)
        assert source.pread(size, start) == plain[start : start + size]
        buffer = bytearray(size)
        count = source.pread_into(memoryview(buffer), start)
        assert bytes(buffer[:count]) == plain[start : start + size]


def test_a_duplicate_outlives_the_first(tmp_path: Path) -> None:
    pack(tmp_path / "a", b"0123456789" * 9, 20)
    with opened_source(tmp_path / "a") as source:
        again = source.duplicate()
    assert again.pread(5, 43) == b"34567"
    again.close()


def test_a_damaged_frame_reads_as_zeros_and_the_others_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a"
    plain = os.urandom(1000)
    pack(path, plain, 100)
    data = bytearray(path.read_bytes())
    # Random bytes lie in the frames as they are.
    place = data.index(plain[320:340])
    data[place] ^= 1
    path.write_bytes(data)
    with opened_source(path) as source:
        assert source.pread(1000, 0) == plain[:300] + bytes(100) + plain[400:]


def test_what_is_kept_in_memory_is_bounded_over_all_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = compressed._KeptFrames(1000)
    monkeypatch.setattr(compressed, "_kept", kept)
    sources = []
    for name in "abc":
        pack(tmp_path / name, name.encode() * 900, 100)
        sources.append(source_of(os.open(tmp_path / name, os.O_RDONLY)))
    for source in sources:
        for offset in range(0, 900, 50):
            source.pread(20, offset)
            assert kept.kept_bytes <= 1000
    assert kept.kept_bytes == 1000
    for source in sources:
        source.close()
    assert kept.kept_bytes == 0


def test_who_reads_on_does_not_push_out_what_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = compressed._KeptFrames(10_000)
    monkeypatch.setattr(compressed, "_kept", kept)
    pack(tmp_path / "a", b"x" * 2000, 100)
    with opened_source(tmp_path / "a") as source:
        source.pread(10, 0)
        assert kept.kept_bytes == 100
        assert source.pread(2000, 0) == b"x" * 2000
        assert kept.kept_bytes == 100


def test_a_file_whose_first_note_is_damaged_is_read_by_the_second(tmp_path: Path) -> None:
    path = tmp_path / "a"
    pack(path, b"0123456789" * 50, 64)
    path.write_bytes(bytes(NOTE_SIZE) + path.read_bytes()[NOTE_SIZE:])
    assert size_of(path) == 500
