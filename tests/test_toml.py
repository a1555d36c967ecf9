from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from gvtui import toml
from gvtui.toml import (
    MAX_FILE,
    MAX_PROBLEMS,
    Problems,
    TomlError,
    place_words,
    read_toml,
    toml_text,
)
from tests.steps import growth, steps

Read = tuple[dict[str, Any], dict[tuple[str, ...], int], list[str]]


def read(path: Path, text: str | bytes) -> Read:
    """What a file says, where, and its problems without the file's name."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    problems = Problems(path)
    document, lines = read_toml(path, problems)
    return document, lines, [each.removeprefix(f"{path}, ") for each in problems.told]


def test_every_setting_has_its_line(tmp_path: Path) -> None:
    text = """\
# A comment.
a = 1
b = {c = 2, d = {e = 3}}

[f.g]
h.i = [
  4,
]

[[k]]
l = 5

[[k]]
l = 6
"""
    document, lines, problems = read(tmp_path / "x.toml", text)
    assert problems == []
    assert document == tomllib.loads(text)
    assert lines == {
        ("a",): 2,
        ("b",): 3,
        ("b", "c"): 3,
        ("b", "d"): 3,
        ("b", "d", "e"): 3,
        ("f",): 5,
        ("f", "g"): 5,
        ("f", "g", "h"): 6,
        ("f", "g", "h", "i"): 6,
        ("k",): 10,
        ("k", "l"): 11,
    }


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('{}[filters]\na = "1"\nwrong\nb = "2"\n', [3]),
        ('{}[filters]\na = "1"\na = "3"\nb = "2"\n', [3]),
        ('{}[filters]\na = "1"\nb = "2"\n[filters]\na = "3"\n', [4]),
        ('{}[filters]\na = "1"\nb = "2"\n[keys\nb = "3"\n', [4]),
        ('{}columns = [\n"x"\n"y"\n]\n[filters]\na = "1"\nb = "2"\n', [1]),
        ('{}theme = """\nx\n[filters]\na = "1"\nb = "2"\n', [1]),
        ('{}[filters]\na = "1"\nb = "2"\nc = "\n', [4]),
    ],
)
def test_a_statement_that_is_no_toml_costs_no_other_one(
    tmp_path: Path, text: str, lines: list[int]
) -> None:
    head = 'signs = "ascii"\n\n'
    document, _, problems = read(tmp_path / "x.toml", text.format(head))
    assert document == {"signs": "ascii", "filters": {"a": "1", "b": "2"}}
    told = [int(each.removeprefix("line ").split(":")[0]) - 2 for each in problems]
    assert told[: len(lines)] == lines


def test_not_everything_is_told(tmp_path: Path) -> None:
    _, _, problems = read(tmp_path / "x.toml", "wrong\n\n" * 100)
    assert len(problems) == MAX_PROBLEMS
    assert problems[1].startswith("line 3: this is no TOML: expected")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("[" * 1500 + "]" * 1500, "it is nested too deep"),
        ("{" + "b." * 500 + "b = 1}", "it is nested too deep"),
        ("{b = " * 70 + "1" + "}" * 70, "it is nested too deep"),
        ("9" * 5000, "a number has more digits than gvtui reads"),
    ],
    ids=["deep", "a long key in it", "deep tables", "digits"],
)
def test_what_no_reader_can_hold_is_told_in_words(tmp_path: Path, value: str, words: str) -> None:
    _, _, problems = read(tmp_path / "x.toml", f"b = 1\na = {value}\n")
    assert problems == [f"line 2: this is no TOML: {words}"]


LONG = 'a.\'b c\' . "d\\"".e-1' + ".a" * 50_000
"""A key with which tomllib would take more memory than there is."""


@pytest.mark.parametrize("statement", [f"{LONG} = 1", f"[{LONG}]\nb = 2", f"[[{LONG}]]\nb = 2"])
def test_a_key_of_very_many_parts_is_not_read(tmp_path: Path, statement: str) -> None:
    document, _, problems = read(tmp_path / "x.toml", f"c = 3\n{statement}\n[e]\nf = 4\n")
    assert document == {"c": 3, "e": {"f": 4}}
    assert problems == ["line 2: this is no TOML: it is nested too deep"]


def test_dots_in_texts_and_numbers_are_no_nesting(tmp_path: Path) -> None:
    text = f'a = \'{"x." * 100}\'\nb = [{"1.5, " * 100}]\nc = "\\"{".y" * 100}" # {"." * 100}\n'
    document, _, problems = read(tmp_path / "x.toml", text)
    assert (set(document), problems) == ({"a", "b", "c"}, [])


@pytest.mark.parametrize(
    "text",
    ["a = 1\n" * 2000, "[a]\n" * 2000, 'a = """\n' + f"{'x' * 100}\n" * 300],
    ids=["one setting", "one table", "text without end"],
)
def test_a_file_that_is_all_wrong_is_not_read_again_and_again(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_bytes: list[int] = []
    loads = tomllib.loads

    def counting(text: str) -> dict[str, Any]:
        read_bytes.append(len(text))
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", counting)
    monkeypatch.setattr(toml, "_MAX_READ", 100_000)
    document, _, problems = read(tmp_path / "x.toml", text)
    assert sum(read_bytes) <= 100_000
    assert not document
    assert problems[0].endswith("too much of it is wrong, so none of it counts")


@pytest.mark.parametrize(
    "line", ["a\n", "[a\n", "[a]]\nb = 2\n", "a = [1\n", "[a{}]\nb = 1\n", "a{} = 1\n"]
)
def test_what_is_wrong_costs_as_much_as_it_is_long(tmp_path: Path, line: str) -> None:
    def cost(count: int) -> int:
        text = "".join(line.format(number) for number in range(count))
        return steps(lambda: read(tmp_path / "x.toml", text))

    assert growth(cost, 200) < 2.5


def test_lines_that_end_as_on_windows(tmp_path: Path) -> None:
    document, lines, problems = read(tmp_path / "x.toml", "a = 1\r\n\r\n[b]\r\nc = 2\r\n")
    assert (document, problems) == ({"a": 1, "b": {"c": 2}}, [])
    assert lines == {("a",): 1, ("b",): 3, ("b", "c"): 4}


def test_a_file_that_cannot_be_read_is_empty_and_told(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    assert toml_text(path) == ""
    assert read(path, b"a = 1\nb = '\xff'") == ({}, {}, ["line 2: this is no UTF-8"])
    with pytest.raises(TomlError, match="line 2: this is no UTF-8"):
        toml_text(path)
    assert read(path, b"#" * (MAX_FILE + 1))[2] == [f"{path} is larger than a configuration can be"]
    assert read(path, b"#" * MAX_FILE) == ({}, {}, [])
    path.unlink()
    path.mkdir()
    with pytest.raises(TomlError, match=f"cannot read {path}: "):
        toml_text(path)


def test_a_place_in_words() -> None:
    assert place_words(Path("/etc/x"), 7) == "/etc/x, line 7"
    assert place_words(Path("/etc/x"), 0) == "/etc/x"


_NAMES = st.text(min_size=1, max_size=8)
_VALUES = st.recursive(
    st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(_NAMES, _VALUES, max_size=5))
def test_what_is_right_is_read_as_toml_reads_it_and_has_its_line(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, Any]
) -> None:
    text = tomlkit.dumps(values)
    document, lines, problems = read(tmp_path_factory.getbasetemp() / "given.toml", text)
    assert (document, problems) == (values, [])
    told = text.split("\n")
    assert {name: set(tomllib.loads(told[lines[name,] - 1])) for name in values} == {
        name: {name} for name in values
    }
