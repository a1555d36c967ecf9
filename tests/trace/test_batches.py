from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.batches import (
    HEAD,
    LEAD_OF_ONE,
    Batch,
    batch_at,
    checked_body,
    damaged_in,
    lead,
    pack_batch,
    pack_one,
    payloads_in,
    sums_of,
)
from gvtui.trace.records import LogKind
from gvtui.trace.window import Window

SALT = b"salt"
few = st.lists(st.binary(max_size=40), min_size=1, max_size=20)
many = st.lists(st.binary(max_size=12), min_size=97, max_size=120)


def packed(payloads: list[bytes], *, times: bool = False, place: int = 0) -> bytes:
    each = [100 + number for number in range(len(payloads))] if times else None
    return b"".join(pack_batch(LogKind.MESSAGE, 7, 100, SALT, place, payloads, None, each))


def read(data: bytes, position: int = 0) -> Batch:
    batch = batch_at(Window.over(data), position)
    assert batch is not None
    return batch


@given(few | many, st.booleans(), st.integers(0, 9))
def test_what_was_packed_is_read(payloads: list[bytes], times: bool, ahead: int) -> None:
    data = bytes(ahead) + packed(payloads, times=times, place=ahead)
    batch = read(data, ahead)
    assert (batch.kind, batch.conn, batch.salt, batch.place) == (LogKind.MESSAGE, 7, SALT, ahead)
    body, count, damaged = checked_body(Window.over(data), batch)
    assert (payloads_in(batch, body, count), damaged) == (payloads, [])
    assert batch.end == len(data)
    assert batch.lead == lead(len(payloads), has_times=times and len(payloads) > 1)
    told = [batch.time(number) for number in range(len(payloads))]
    assert told == ([100 + n for n in range(len(payloads))] if times else [100] * len(payloads))
    for offset, payload in zip(batch.offsets, payloads, strict=True):
        assert data[offset : offset + len(payload)] == payload


@given(few | many, st.booleans(), st.data())
def test_a_flipped_byte_is_told_and_costs_what_it_is_in(
    payloads: list[bytes], times: bool, data: st.DataObject
) -> None:
    whole = packed(payloads, times=times)
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[place] ^= data.draw(st.integers(1, 255))
    before = read(whole)
    batch = batch_at(Window.over(bytes(flipped)), 0)
    if place < before.lead:
        assert batch is None
        return
    assert batch is not None
    *_, damaged = checked_body(Window.over(bytes(flipped)), batch)
    hit = [
        number
        for number, (offset, size) in enumerate(zip(before.offsets, before.sizes, strict=True))
        if offset <= place < offset + size
    ]
    assert damaged == hit


@given(few | many, st.data())
def test_of_a_batch_that_is_cut_short_the_whole_payloads_are_there(
    payloads: list[bytes], data: st.DataObject
) -> None:
    whole = packed(payloads)
    batch = read(whole)
    cut = data.draw(st.integers(batch.lead, len(whole)))
    body, count, damaged = checked_body(Window.over(whole[:cut]), batch)
    found = payloads_in(batch, body, count)
    assert damaged == []
    assert found == payloads[: len(found)]
    rest = batch.offsets[len(found) :]
    assert all(
        offset + len(payload) > cut
        for offset, payload in zip(rest[:1], payloads[len(found) :][:1], strict=True)
    )


def test_payloads_that_have_changed_places_are_damaged() -> None:
    payloads = [b"ab" * 9, b"ba" * 9] * 40
    whole = packed(payloads)
    batch = read(whole)
    body = whole[batch.lead :]
    swapped = body[18:36] + body[:18] + body[36:]
    assert damaged_in(batch, body) == []
    assert damaged_in(batch, swapped) == [0, 1]


def test_a_whole_that_is_wrong_where_no_part_is_told_is_wrong_in_all() -> None:
    batch = read(packed([b"a", b"b", b"c"]))
    batch.checksum ^= 1
    assert damaged_in(batch, b"abc") == [0, 1, 2]


def test_sums_are_as_they_are_written_down() -> None:
    payloads = [b"\x01", b"\x02\x03\x04\x05\x06\x07\x08\x09", b"", b"\x0a"]
    body = b"".join(payloads)
    want, place = [], 0
    for payload in payloads:
        total = 0
        for byte in payload:
            weight = ((place // 8 + 1) * 0x9E3779B97F4A7C15) & ((1 << 64) - 1) | 1
            total += (byte << 8 * (place % 8)) * weight
            place += 1
        want.append((total & ((1 << 64) - 1)) >> 32)
    ends = np.cumsum([len(payload) for payload in payloads])
    assert sums_of(body.ljust(16, b"\0"), ends).tolist() == want


@pytest.mark.parametrize("place", range(97))
def test_each_byte_of_many_is_told_by_its_payloads_sum(place: int) -> None:
    payloads = [b"\0"] * 97
    batch = read(packed(payloads))
    body = bytearray(97)
    for bit in range(8):
        body[place] = 1 << bit
        assert damaged_in(batch, bytes(body)) == [place]


def test_one_payload_lies_close_behind_its_front() -> None:
    data = pack_one(LogKind.MARK, 3, 99, SALT, 0, b"abc")
    assert data[LEAD_OF_ONE:] == b"abc"
    assert HEAD.unpack_from(data)[-1] == zlib.crc32(b"abc")


def test_a_batch_of_a_later_version_is_not_known() -> None:
    assert read(pack_one(LogKind.SUMMARY, 0, 1, SALT, 0, b"")).is_known
    assert not read(pack_one(7, 0, 1, SALT, 0, b"x")).is_known
    batch = read(packed([b"a"]))
    batch.flags = 8
    assert not batch.is_known


@given(st.binary(max_size=200))
def test_other_bytes_are_no_batch(data: bytes) -> None:
    assert batch_at(Window.over(data), 0) is None
