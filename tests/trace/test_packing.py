from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace import packing as module
from gvtui.trace.batches import Batch, batch_at, checked_body, payloads_in
from gvtui.trace.indexer import Indexer
from gvtui.trace.packing import Packing
from gvtui.trace.row import ROW_DTYPE, ROW_SIZE
from gvtui.trace.strings import StringTable
from gvtui.trace.window import Window
from tests.trace.factory import read_message


def pack(datagrams: list[bytes], times: list[int] | None) -> tuple[list[Batch], bytes, bytes]:
    place = 17
    packing = Packing(3, times[0] if times else 99, times, datagrams)
    pieces, rows = packing.pack(Indexer(StringTable(), "x86_64"), b"salt", place)
    records = b"".join(pieces)
    assert len(records) <= packing.most_bytes
    log = bytes(place) + records
    batches = []
    while place < len(log):
        batch = batch_at(Window.over(log), place)
        assert batch is not None
        batches.append(batch)
        place = batch.end
    assert place == len(log)
    return batches, log, rows


@pytest.mark.parametrize(("most", "count"), [(1 << 20, 1 << 12), (1 << 20, 70), (900, 1 << 12)])
@given(sizes=st.lists(st.integers(0, 300), min_size=1, max_size=150), has_times=st.booleans())
def test_messages_come_back_with_their_rows(
    most: int, count: int, sizes: list[int], has_times: bool
) -> None:
    datagrams = [read_message(fd=fd, name="x" * size) for fd, size in enumerate(sizes)]
    times = [500 + fd for fd in range(len(sizes))] if has_times else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MAX_BODY", most)
        patch.setattr(module, "MAX_COUNT", count)
        batches, log, rows = pack(datagrams, times)
    found: list[bytes] = []
    told: list[int] = []
    for batch in batches:
        body, whole, damaged = checked_body(Window.over(log), batch)
        payloads = payloads_in(batch, body, whole)
        assert damaged == []
        assert batch.place == batch.position
        assert len(payloads) <= count
        assert len(payloads) == 1 or batch.size <= most
        told += [batch.time(number) for number in range(len(payloads))]
        found += payloads
    assert found == datagrams
    assert told == (times or [99] * len(datagrams))
    assert len(rows) == ROW_SIZE * len(datagrams)
    table = np.frombuffer(rows, ROW_DTYPE)
    assert table["recv_ns"].tolist() == told
    for offset, length, data in zip(
        table["offset"].tolist(), table["length"].tolist(), datagrams, strict=True
    ):
        assert log[offset : offset + length] == data
