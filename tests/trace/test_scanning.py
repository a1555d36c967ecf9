from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.batches import pack_batch, pack_one
from gvtui.trace.bytesource import opened_source
from gvtui.trace.details import pack_details
from gvtui.trace.records import LogKind, Record, pack_record
from gvtui.trace.scanning import Begin, Item, Messages, format_of, scan_log
from gvtui.trace.window import Window

Batches = list[tuple[int, list[bytes]]]

batches = st.lists(
    st.tuples(st.integers(1, 9), st.lists(st.binary(max_size=60), min_size=1, max_size=70)),
    min_size=1,
    max_size=6,
)


def segment(
    batches: Batches, *, name: bytes = b"a", number: int = 1, salt: bytes = b"salt"
) -> bytes:
    head = {"format": 2, "id": name * 16, "segment": number}
    log = pack_one(LogKind.HEADER, 0, 1, salt, 0, pack_details(head))
    for conn, payloads in batches:
        log += b"".join(pack_batch(LogKind.MESSAGE, conn, 2, salt, len(log), payloads))
    return log + pack_one(LogKind.SUMMARY, 0, 3, salt, len(log), pack_details({"rows": 1}))


def old(payloads: list[bytes], *, name: bytes = b"o") -> bytes:
    head = {"format": 1, "id": name * 16, "first_row": 0}
    records = [pack_record(LogKind.HEADER, 0, 1, pack_details(head))]
    return b"".join(records + [pack_record(LogKind.MESSAGE, 1, 2, each) for each in payloads])


def messages(items: list[Item]) -> list[bytes]:
    """All messages that are whole."""
    found: list[bytes] = []
    for item in items:
        if isinstance(item, Messages):
            bad = set(item.damaged)
            found += [each for place, each in enumerate(item.payloads()) if place not in bad]
        elif isinstance(item, Record) and item.kind == LogKind.MESSAGE:
            found.append(item.payload)
    return found


def lost(items: list[Item]) -> int:
    return sum(item for item in items if isinstance(item, int))


def is_told(items: list[Item]) -> bool:
    damaged = any(item.damaged for item in items if isinstance(item, Messages))
    records = any(item.is_damaged for item in items if isinstance(item, Record))
    return damaged or records or lost(items) > 0


def all_of(batches: Batches) -> list[bytes]:
    return [payload for _, payloads in batches for payload in payloads]


@given(batches)
def test_what_was_written_is_found(batches: Batches) -> None:
    items = list(scan_log(segment(batches)))
    assert isinstance(items[0], Begin)
    assert items[0].head["segment"] == 1
    assert messages(items) == all_of(batches)
    assert not is_told(items)


@given(batches, st.data())
def test_each_flipped_byte_is_told_and_whole_batches_are_read(
    batches: Batches, data: st.DataObject
) -> None:
    log = bytearray(segment(batches))
    place = data.draw(st.integers(0, len(log) - 1))
    log[place] ^= data.draw(st.integers(1, 255))
    items = list(scan_log(bytes(log)))
    assert is_told(items)
    found = messages(items)
    starts = [item.batch for item in scan_log(segment(batches)) if isinstance(item, Messages)]
    for batch, (_, payloads) in zip(starts, batches, strict=True):
        if not batch.position <= place < batch.end:
            assert all(payload in found for payload in payloads)


@given(batches, st.data())
def test_a_log_that_is_cut_keeps_what_is_whole(batches: Batches, data: st.DataObject) -> None:
    log = segment(batches)
    cut = data.draw(st.integers(0, len(log)))
    found = messages(list(scan_log(log[:cut])))
    whole = [item for item in scan_log(log) if isinstance(item, Messages)]
    least = [each for item in whole if item.batch.end <= cut for each in item.payloads()]
    assert found[: len(least)] == least
    assert found == all_of(batches)[: len(found)]


@given(batches, batches, st.booleans(), st.booleans(), st.integers(0, 60))
def test_recordings_joined_end_to_end_are_told_apart(
    first: Batches, second: Batches, is_old: bool, is_second_old: bool, torn: int
) -> None:
    if is_old:
        torn = 0
    one = old(all_of(first)) if is_old else segment(first)
    one = one[: len(one) - torn]
    other = (
        old(all_of(second), name=b"p")
        if is_second_old
        else segment(second, name=b"b", salt=b"SALT")
    )
    items = list(scan_log(one + other))
    begins = [item for item in items if isinstance(item, Begin)]
    assert [begin.is_joined for begin in begins] == [False, True]
    assert begins[1].position == len(one)
    found = messages(items)
    assert found[len(found) - len(all_of(second)) :] == all_of(second)
    if not torn:
        assert found == all_of(first) + all_of(second)
        assert not is_told(items)


@pytest.mark.parametrize(("number", "is_joined"), [(2, False), (1, True), (0, True)])
def test_a_later_segment_of_a_trace_goes_on_with_it(number: int, is_joined: bool) -> None:
    log = segment([(1, [b"x"])]) + segment([(1, [b"y"])], number=number, salt=b"SALT")
    begins = [item for item in scan_log(log) if isinstance(item, Begin)]
    assert [begin.is_joined for begin in begins] == [False, is_joined]


def test_what_a_sandbox_sent_is_not_taken_for_a_batch() -> None:
    forged = segment([(9, [b"forged"])], name=b"f", salt=b"fake")
    log = bytearray(segment([(1, [b"one", forged, b"two"]), (2, [b"three"])]))
    for place in range(len(segment([])), len(log)):
        log[place] ^= 0x55
        assert b"forged" not in messages(list(scan_log(bytes(log))))
        log[place] ^= 0x55


def test_bytes_that_have_been_taken_out_are_told() -> None:
    log = segment([(1, [b"one"]), (2, [b"two"]), (3, [b"three"])])
    second = [item.batch for item in scan_log(log) if isinstance(item, Messages)][1]
    items = list(scan_log(log[: second.position] + log[second.end :]))
    assert is_told(items)


@pytest.mark.parametrize(("log", "format_"), [(old([b"a"]), 1), (segment([]), 2), (b"", 2)])
def test_the_format_is_told_by_what_can_be_read(log: bytes, format_: int) -> None:
    assert format_of(log) == format_
    if log:
        assert format_of(b"\x00" + log[1:]) == format_


@given(st.binary(max_size=300))
def test_any_bytes_can_be_walked_over(data: bytes) -> None:
    assert lost(list(scan_log(data))) == len(data)


def test_a_file_is_walked_over_in_small_steps(tmp_path: Path) -> None:
    log = segment([(1, [b"x" * 500, b"y"]), (2, [b"z"] * 80)])
    path = tmp_path / "log"
    path.write_bytes(log[:200] + b"?" + log[201:])
    with opened_source(path) as source:
        window = Window(source, len(log), step=64)
        assert list(scan_log(window)) == list(scan_log(path.read_bytes()))
