from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace import files
from gvtui.trace.files import INDEX_HEAD_SIZE, IndexHead

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
