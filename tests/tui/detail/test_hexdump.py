from __future__ import annotations

import pytest

from gvtui.tui.detail import hexdump


def text(messages: list[bytes], place: int) -> str:
    return "".join(words for words, _ in hexdump.line(messages, place))


def test_each_message_has_its_size_and_its_bytes() -> None:
    messages = [bytes(range(17)), b"ab"]
    assert hexdump.height(messages) == 3 + 2
    assert [text(messages, place).split() for place in range(-1, 4)] == [
        ["17", "bytes,", "header", "included"],
        ["000000", *[f"{n:02x}" for n in range(16)], "·" * 16],
        ["000010", "10", "·"],
        ["2", "bytes,", "header", "included"],
        ["000000", "61", "62", "ab"],
    ]


@pytest.mark.parametrize("place", [-2, 4, 100])
def test_outside_is_nothing(place: int) -> None:
    assert text([bytes(17), b"ab"], place) == ""
    assert text([], place) == ""


def test_no_bytes_at_all() -> None:
    assert hexdump.height([b""]) == 1
    assert text([b""], -1).split()[0] == "0"
