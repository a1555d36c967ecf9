from __future__ import annotations

import io

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.frames import (
    MOST_FRAME_BYTES,
    NOTE_SIZE,
    FramesNote,
    find_frames,
    packed_frames,
    plain_frame,
    turned,
    turned_back,
)

plain_bytes = st.one_of(
    st.binary(max_size=700),
    st.builds(lambda piece, times: piece * times, st.binary(max_size=9), st.integers(0, 90)),
)
frame_sizes = st.integers(1, 300)


def packed(plain: bytes, frame_bytes: int, width: int = 0) -> bytes:
    note = FramesNote(len(plain), frame_bytes, min(width, frame_bytes))
    return b"".join(packed_frames(lambda size, offset: plain[offset : offset + size], note))


def unpacked(data: bytes) -> bytes | None:
    """What can be read, zeros for a damaged frame; None where it is no compressed file."""
    table = find_frames(lambda size, at: data[at : at + size], len(data), (b"plain",))
    if table is None:
        return None
    pieces = []
    for number, (start, end) in enumerate(zip(table.starts, table.starts[1:], strict=False)):
        size = table.note.plain_size(number)
        decompressor = zstandard.ZstdDecompressor()
        piece = plain_frame(decompressor, data[start:end], size, table.note.width)
        pieces.append(bytes(size) if piece is None else piece)
    return b"".join(pieces)


@given(plain_bytes, frame_sizes, st.integers(0, 100))
def test_what_is_packed_is_read_again(plain: bytes, frame_bytes: int, width: int) -> None:
    assert unpacked(packed(plain, frame_bytes, width)) == plain


@given(plain_bytes, frame_sizes)
def test_any_zstd_reads_it(plain: bytes, frame_bytes: int) -> None:
    source = io.BytesIO(packed(plain, frame_bytes))
    reader = zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True)
    assert reader.read() == plain


@given(st.binary(max_size=500), st.integers(0, 100))
def test_bytes_that_are_turned_are_turned_back(plain: bytes, width: int) -> None:
    assert turned_back(turned(plain, width), width) == plain


def test_the_bytes_of_one_place_in_the_rows_lie_together() -> None:
    assert turned(b"a1b2c3-", 2) == b"abc123-"


@given(plain_bytes, frame_sizes, st.data())
def test_of_a_file_that_was_cut_short_the_whole_frames_are_read(
    plain: bytes, frame_bytes: int, data: st.DataObject
) -> None:
    whole = packed(plain, frame_bytes)
    cut = data.draw(st.integers(0, len(whole) - 1))
    found = unpacked(whole[:cut])
    if cut < NOTE_SIZE:
        assert found is None
    else:
        assert found is not None
        assert plain.startswith(found)
        assert len(found) == len(plain) or len(found) % frame_bytes == 0
        starts = find_frames(lambda size, at: whole[at : at + size], len(whole), ()).starts  # type: ignore[union-attr]
        there = sum(end <= cut for end in starts[1:])
        assert len(found) >= min(there * frame_bytes, len(plain))


@given(plain_bytes.filter(bool), frame_sizes, st.data())
def test_a_changed_byte_costs_no_more_than_its_frame(
    plain: bytes, frame_bytes: int, data: st.DataObject
) -> None:
    whole = bytearray(packed(plain, frame_bytes))
    starts = find_frames(lambda size, at: bytes(whole[at : at + size]), len(whole), ()).starts  # type: ignore[union-attr]
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    found = unpacked(bytes(whole))
    assert found is not None
    assert len(found) == len(plain)
    hit = [n for n in range(len(starts) - 1) if starts[n] <= place < starts[n + 1]]
    for number in range(len(starts) - 1):
        part = slice(number * frame_bytes, (number + 1) * frame_bytes)
        if number not in hit:
            assert found[part] == plain[part]
        else:
            assert found[part] in (plain[part], bytes(len(plain[part])))


@given(st.binary(max_size=400), st.binary(max_size=60))
def test_any_bytes_can_be_looked_at(data: bytes, more: bytes) -> None:
    unpacked(data)
    unpacked(FramesNote(100, 10, 3).pack() + data)
    unpacked(packed(more, 20)[:-1] + data)


def test_a_plain_file_stays_plain_whatever_stands_at_its_end() -> None:
    data = b"plain" + packed(b"hidden" * 20, 30)
    assert unpacked(data) is None


@pytest.mark.parametrize(
    "note",
    [
        FramesNote(100, 0, 0),
        FramesNote(100, MOST_FRAME_BYTES + 1, 0),
        FramesNote(1 << 62, MOST_FRAME_BYTES, 0),
        FramesNote(1 << 33, 1, 0),
        FramesNote(100, 10, 11),
    ],
)
def test_a_note_that_claims_what_cannot_be_is_none(note: FramesNote) -> None:
    assert FramesNote.unpack(note.pack()) is None


def test_a_frame_that_grows_beyond_what_is_told_is_not_unpacked() -> None:
    bomb = zstandard.ZstdCompressor(write_checksum=True).compress(bytes(64 << 20))
    assert plain_frame(zstandard.ZstdDecompressor(), bomb, 100, 0) is None


def test_a_frame_without_checksum_is_not_believed() -> None:
    frame = zstandard.ZstdCompressor(write_checksum=False).compress(b"x" * 10)
    assert plain_frame(zstandard.ZstdDecompressor(), frame, 10, 0) is None


def test_what_became_shorter_meanwhile_is_not_packed() -> None:
    note = FramesNote(100, 10, 0)
    with pytest.raises(EOFError):
        list(packed_frames(lambda size, offset: b"x" * min(size, 95 - offset), note))
