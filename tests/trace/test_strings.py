from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace import strings
from gvtui.trace.records import TraceError
from gvtui.trace.row import EMPTY_STRING, LOST_STRING
from gvtui.trace.strings import MAGIC, StringReader, StringTable

TRACE_ID = bytes(range(16))


def test_numbers_are_given_once() -> None:
    table = StringTable()
    assert table.number("") == EMPTY_STRING
    first = table.number("/etc")
    assert table.number("/usr") == first + 1
    assert table.number("/etc") == first


def test_a_string_that_is_too_long_is_not_kept() -> None:
    assert StringTable().number("x" * (strings.MAX_STRING_BYTES + 1)) == LOST_STRING


def test_a_full_table_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strings, "MAX_STRINGS", 4)
    table = StringTable()
    kept = [table.number(text) for text in ("a", "b", "c", "d")]
    assert kept == [2, 3, LOST_STRING, LOST_STRING]
    assert (table.number("a"), table.refused) == (2, 2)
    assert table.number("of gvtui", is_given=True) == 4


def fill(table: StringTable, conn: int, size: int) -> int:
    """Bring strings of a size until none is kept; how many were."""
    table.charge_to(conn)
    for number in range(strings.MAX_STRINGS):
        if table.number(f"{conn}-{number}".ljust(size)) == LOST_STRING:
            return number
    raise AssertionError("it has no limit")


@pytest.mark.parametrize("size", [12, 4000])
def test_however_many_fill_the_table_each_other_finds_room(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(strings, "MAX_STRINGS", 1 << 15)
    table = StringTable(16 << 20)
    assert fill(table, 1, size) == ((16 << 20) // 4 // size if size > 12 else 1 << 13)
    for conn in range(2, 300):
        fill(table, conn, size)
        table.forget(conn)
    table.charge_to(300)
    kept = [table.number(text) for text in ("c0ffee" * 10, "bash", "/etc/passwd")]
    assert LOST_STRING not in kept
    table.charge_to(1)
    assert table.number("one more") == LOST_STRING
    assert table.number("bash") == kept[1]


@given(st.lists(st.text(min_size=1, max_size=40), unique=True))
def test_strings_are_read_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("s") / "strings"
    table = StringTable()
    numbers = {text: table.number(text) for text in texts}
    path.write_bytes(MAGIC + TRACE_ID + table.pending())
    reader = StringReader(path, TRACE_ID)
    assert {text: reader.texts.index(text) for text in texts} == numbers
    reader.close()


def test_a_growing_table_is_followed_and_a_torn_string_waits(tmp_path: Path) -> None:
    path = tmp_path / "strings"
    table = StringTable()
    table.number("first")
    path.write_bytes(MAGIC + TRACE_ID + table.pending())
    table.written()
    reader = StringReader(path, TRACE_ID)
    table.number("second")
    pending = table.pending()
    with path.open("ab") as file:
        file.write(pending[:-2])
        file.flush()
        reader.refresh()
        assert reader.texts[2:] == ["first"]
        file.write(pending[-2:])
    reader.refresh()
    assert reader.texts[2:] == ["first", "second"]
    reader.close()


def test_the_strings_of_another_trace_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "strings"
    path.write_bytes(MAGIC + bytes(16))
    with pytest.raises(TraceError, match="not the string table"):
        StringReader(path, TRACE_ID)


def test_a_table_may_have_limits_of_its_own() -> None:
    table = StringTable(max_strings=4)
    numbers = [table.number(text) for text in ("a", "b", "c")]
    assert LOST_STRING not in numbers[:2]
    assert numbers[2] == LOST_STRING
    assert table.refused == 1
