from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.records import TraceError
from gvtui.trace.savefile import SIGNATURE, SavedMessage, SaveFileWriter, scan
from gvtui.wire.header import MAX_MESSAGE_SIZE
from tests.trace.factory import TRACES


def saved(datagrams: list[bytes]) -> bytes:
    output = io.BytesIO()
    writer = SaveFileWriter(output)
    for datagram in datagrams:
        writer.message(datagram)
    return output.getvalue()


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.trace")), ids=lambda path: path.stem)
def test_a_file_of_gvisors_comes_out_byte_for_byte(path: object) -> None:
    raw = path.read_bytes()  # type: ignore[attr-defined]
    datagrams = [item.datagram for item in scan(raw) if isinstance(item, SavedMessage)]
    assert saved(datagrams) == raw


@given(st.lists(st.binary(max_size=50)), st.data())
def test_a_torn_tail_is_told(datagrams: list[bytes], data: st.DataObject) -> None:
    raw = saved(datagrams)
    head = len(saved([]))
    cut = data.draw(st.integers(head, len(raw)))
    items = list(scan(raw[:cut]))
    whole = [item for item in items if isinstance(item, SavedMessage)]
    assert [item.datagram for item in whole] == datagrams[: len(whole)]
    torn = sum(item for item in items if isinstance(item, int))
    assert head + sum(8 + len(item.datagram) for item in whole) + torn == cut


@given(st.binary(max_size=100))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    for raw in (data, SIGNATURE + data, saved([]) + data):
        with contextlib.suppress(TraceError):
            list(scan(raw))


@pytest.mark.parametrize(
    "config",
    [
        *(b"{}", b"[]", b"{", b'{"version":2}', b"\xff"),
        *(b"[" * 100_000, b'{"a":' * 50_000, b'{"version":' + b"9" * 5000 + b"}"),
    ],
    ids=range(8),
)
def test_other_versions_are_refused(config: bytes) -> None:
    raw = SIGNATURE + len(config).to_bytes(8, "little") + config
    with pytest.raises(TraceError):
        list(scan(raw))


def test_a_message_over_the_limit_is_refused() -> None:
    with pytest.raises(TraceError, match="does not fit"):
        saved([bytes(MAX_MESSAGE_SIZE + 1)])
