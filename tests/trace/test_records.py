from __future__ import annotations

import msgpack
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.records import HEAD_SIZE, LogKind, Record, pack_record, scan

payloads = st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=300)), min_size=1, max_size=20)


def build(records: list[tuple[int, bytes]]) -> bytes:
    return b"".join(
        pack_record(kind, conn, 10 + conn, data) for conn, (kind, data) in enumerate(records)
    )


def whole(log: bytes) -> list[Record]:
    return [record for record in scan(log) if isinstance(record, Record)]


def test_a_record_is_a_msgpack_array() -> None:
    record = pack_record(LogKind.MESSAGE, 3, 99, b"abc")
    assert msgpack.unpackb(record) == [1, 3, 99, b"abc"]
    assert len(record) == HEAD_SIZE + 3


@given(payloads)
def test_what_was_packed_is_found(records: list[tuple[int, bytes]]) -> None:
    log = build(records)
    found = whole(log)
    assert [(record.kind, record.payload) for record in found] == records
    assert all(log[r.offset : r.offset + len(r.payload)] == r.payload for r in found)


@given(payloads, st.data())
def test_a_torn_tail_costs_the_torn_record_alone(
    records: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    log = build(records)
    last = len(build(records[-1:]))
    cut = data.draw(st.integers(1, last))
    torn = log[: len(log) - cut]
    items = list(scan(torn))
    kept = [item for item in items if isinstance(item, Record)]
    assert [record.payload for record in kept] == [payload for _, payload in records[:-1]]
    assert sum(item for item in items if isinstance(item, int)) == last - cut


@given(payloads, payloads, st.binary(min_size=1, max_size=50))
def test_damage_in_the_middle_is_passed_over(
    before: list[tuple[int, bytes]], after: list[tuple[int, bytes]], junk: bytes
) -> None:
    # Junk without the byte that opens a record cannot be taken for one.
    junk = junk.replace(b"\x94", b"\x00")
    payload_free = [(kind, payload.replace(b"\x94", b"\x00")) for kind, payload in after]
    found = whole(build(before) + junk + build(payload_free))
    assert [record.payload for record in found] == [p for _, p in before + payload_free]


@given(st.binary(max_size=500))
def test_any_bytes_can_be_scanned(data: bytes) -> None:
    total = sum(
        item if isinstance(item, int) else HEAD_SIZE + len(item.payload) for item in scan(data)
    )
    assert total == len(data)
