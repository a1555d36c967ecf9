from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace import files
from gvtui.trace.files import INDEX_HEAD_SIZE, IndexHead
from gvtui.trace.reader import Trace
from gvtui.trace.records import TraceError

u64 = st.integers(0, (1 << 64) - 1)
u32 = st.integers(0, (1 << 32) - 1)


head = st.builds(IndexHead, st.binary(min_size=16, max_size=16), u64, u64, u64, u32, u64, u32, u32)


@given(head)
def test_a_head_comes_back(head: IndexHead) -> None:
    packed = head.pack()
    assert len(packed) == INDEX_HEAD_SIZE
    assert IndexHead.unpack(packed) == head


@given(st.integers(0, INDEX_HEAD_SIZE - 1), st.integers(1, 255))
def test_any_damage_to_a_head_is_seen(place: int, flip: int) -> None:
    packed = bytearray(IndexHead(bytes(range(16)), 3, 4, 5, 6).pack())
    packed[place] ^= flip
    assert IndexHead.unpack(bytes(packed)) is None


@given(st.binary(max_size=INDEX_HEAD_SIZE + 5))
def test_other_bytes_are_no_head(data: bytes) -> None:
    assert IndexHead.unpack(data) is None


def test_where_files_lie(tmp_path: Path) -> None:
    log = tmp_path / "run.gvtrace"
    assert files.index_path(log).name == "run.gvtrace.index"
    assert files.strings_path(log).name == "run.gvtrace.strings"
    assert files.strings_path(tmp_path).parent == tmp_path
    for number in (12, 3):
        files.segment_path(tmp_path, number).touch()
    log.touch()
    assert files.segment_numbers(tmp_path) == [3, 12]


def test_pieces_count_as_far_as_they_follow_each_other() -> None:
    one, two, three = files.Piece(1, 3, 0), files.Piece(4, 4, 0), files.Piece(5, 6, 2)
    older, whole = files.Piece(5, 6, 1), files.Piece(1, 4, 0)
    assert files.chain([three, older, one, two], 6) == [one, two, three]
    # One of several stands for these, until they are gone.
    assert files.chain([three, one, two, whole], 6) == [whole, three]
    assert files.chain([one, three], 6) == [three]
    assert files.chain([one, two, three], 7) == []


def test_a_piece_is_known_by_its_name(tmp_path: Path) -> None:
    piece = files.Piece(4, 12, 10_000)
    (tmp_path / piece.name).touch()
    files.segment_path(tmp_path, 13).touch()
    for name in ("kept-1-2-3.gvtrace", f"{piece.name}.new", "kept-00000001-00000002-0000.index"):
        (tmp_path / name).touch()
    assert files.pieces_in(tmp_path) == [piece]
    assert list(files.logs_in(tmp_path)) == [12, 13]
    assert files.is_piece(tmp_path / piece.name)
    assert not files.is_piece(files.segment_path(tmp_path, 13))
    assert files.segment_numbers(tmp_path) == [13]


def test_a_folder_of_traces_is_told_from_one_without(tmp_path: Path) -> None:
    for look in (Trace.open, files.logs_of):
        with pytest.raises(TraceError, match=r"holds no trace$"):
            look(tmp_path)
    for name in ("a", "b", "c\x1b[31m"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "00000001.gvtrace").touch()
    (tmp_path / "d").mkdir()
    words = f"a folder of 2 traces: name one of them, such as {tmp_path / 'b'}"
    for look in (Trace.open, files.logs_of):
        with pytest.raises(TraceError) as told:
            look(tmp_path)
        assert str(told.value).endswith(words)
