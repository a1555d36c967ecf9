from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.remembered import (
    MAX_FILE,
    Remembered,
    RememberError,
    read_remembered,
    remembered_path,
    write_remembered,
)

if TYPE_CHECKING:
    from pathlib import Path

SCALAR = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
PLAIN = SCALAR | st.lists(SCALAR, max_size=4)
MEMORY = st.dictionaries(
    st.text(max_size=9), st.dictionaries(st.text(max_size=9), PLAIN, max_size=3), max_size=3
)


def test_what_was_written_is_read(own_home: Path) -> None:
    assert read_remembered() == Remembered({})
    write_remembered({"screen": {"theme": "gvtui-light"}})
    assert remembered_path() == own_home / "state" / "gvtui" / "viewer.json"
    assert read_remembered() == Remembered({"screen": {"theme": "gvtui-light"}})
    assert remembered_path().stat().st_mode & 0o777 == 0o600
    assert remembered_path().parent.stat().st_mode & 0o777 == 0o700


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("remembered") / "viewer.json"


@given(MEMORY)
def test_all_of_it_comes_back(path: Path, memory: dict[str, dict[str, object]]) -> None:
    write_remembered(memory, path)
    assert read_remembered(path).memory == memory


@given(st.binary(max_size=200) | PLAIN.map(lambda value: json.dumps(value).encode()))
def test_whatever_the_file_holds_costs_only_what_was_remembered(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assert read_remembered(path) == Remembered({}, f"{path} is damaged")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"version": 2, "viewer": {"a": {}}}', "is from a newer version of gvtui"),
        ('{"version": true, "viewer": {}}', "is damaged"),
        ('{"version": 1}', "is damaged"),
        ("[" * 50_000, "is damaged"),
        (" " * (MAX_FILE + 1), "is larger than what gvtui remembers can be"),
    ],
)
def test_what_is_no_memory_is_told(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    assert read_remembered(file) == Remembered({}, f"{file} {problem}")


def test_a_part_that_is_none_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"version": 1, "viewer": {"a": {"b": 1}, "c": 7}}')
    assert read_remembered(file) == Remembered({"a": {"b": 1}})


def test_a_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    assert read_remembered(tmp_path).problem == f"cannot read {tmp_path}: Is a directory"
    with pytest.raises(RememberError, match="cannot write"):
        write_remembered({}, tmp_path)
    (tmp_path / "a").write_text("")
    with pytest.raises(RememberError, match="cannot write"):
        write_remembered({}, tmp_path / "a" / "b.json")


def test_viewers_that_end_together_never_leave_half_a_file(tmp_path: Path) -> None:
    file = tmp_path / "viewer.json"
    memories = [{"screen": {"theme": str(number) * 5000}} for number in range(8)]
    write_remembered(memories[0], file)
    together = threading.Barrier(len(memories) + 1)

    def leave(memory: dict[str, dict[str, str]]) -> None:
        together.wait()
        for _ in range(5):
            write_remembered(memory, file)

    threads = [threading.Thread(target=leave, args=(memory,)) for memory in memories]
    for thread in threads:
        thread.start()
    together.wait()
    while any(thread.is_alive() for thread in threads):
        assert read_remembered(file).memory in memories
    assert read_remembered(file).memory in memories
    assert [path.name for path in tmp_path.iterdir()] == ["viewer.json"]
